"""Discord's rules on commands that its OpenAPI document does not hold, and what a client offers of them."""

from __future__ import annotations

import re
from typing import Any

from tests.support.fake_discord.errors import Payload
from tests.support.fake_discord.world import ADMINISTRATOR, Channel, User

SLASH, ON_USER, ON_MESSAGE = 1, 2, 3
SUBCOMMAND, GROUP, STRING, INTEGER, BOOLEAN, USER, CHANNEL, ROLE, NUMBER, ATTACHMENT = 1, 2, 3, 4, 5, 6, 7, 8, 10, 11
# Lower-case letters of any script, digits, - and _ and ': no blanks, no capitals.
NAME = re.compile(r"[-_'\w]{1,32}")
MAX_TOTAL = 8000
# What an attachment's file_types may be: up to ten endings, or groups of them as Discord's clients know them.
MAX_FILE_TYPES = 10
FILE_GROUPS: dict[str, tuple[str, ...]] = {
    "image": (".png", ".gif", ".jpg", ".jpeg", ".jfif", ".webp", ".avif"),
    "video": (".mp4", ".mov", ".qt", ".webm"),
    "audio": (".mp3", ".m4a", ".wav", ".ogg", ".opus", ".flac"),
}
MOST = {SLASH: 100, ON_USER: 15, ON_MESSAGE: 15}


class NotOffered(Exception):
    """A client would not let its user do this."""


def check_commands(commands: list[Payload], installs: set[int] | None = None) -> None:
    """Raises ValueError where Discord would refuse these commands. installs: the ways in which the application can be
    installed, None for all."""
    names = [(command["name"], command.get("type", SLASH)) for command in commands]
    if len(set(names)) < len(names):
        raise ValueError("APPLICATION_COMMANDS_DUPLICATE_NAME")
    for kind, most in MOST.items():
        if sum(command.get("type", SLASH) == kind for command in commands) > most:
            raise ValueError(f"more than {most} commands of type {kind}")
    for command in commands:
        kind = command.get("type", SLASH)
        if installs is not None and not set(command.get("integration_types") or []) <= installs:
            raise ValueError(f"'{command['name']}' is for a way of installing that the application does not allow")
        for name in _names(command):
            if kind == SLASH:
                _check_name(name)
            elif not 1 <= len(name) <= 32:
                raise ValueError(f"the name '{name}' has not 1 to 32 characters")
        if kind == SLASH:
            for text in _texts(command, "description"):
                if not 1 <= len(text) <= 100:
                    raise ValueError(f"/{command['name']}: a description has not 1 to 100 characters")
            _check_options(command["name"], command.get("options") or [])
            if _size(command) > MAX_TOTAL:
                raise ValueError(f"/{command['name']} has more than {MAX_TOTAL} characters in all")
        elif command.get("description") or command.get("options"):
            raise ValueError(f"'{command['name']}' is a context menu: it has neither description nor options")


def _check_options(where: str, options: list[Payload]) -> None:
    if len(options) > 25:
        raise ValueError(f"/{where} has more than 25 options")
    for locale in {None, *(loc for option in options for loc in option.get("name_localizations") or {})}:
        names = [(option.get("name_localizations") or {}).get(locale, option["name"]) for option in options]
        if len(set(names)) < len(names):
            raise ValueError(f"/{where}: two options have one name in {locale}")
    required = [bool(option.get("required")) for option in options]
    if required != sorted(required, reverse=True):
        raise ValueError(f"/{where}: required options must come first")
    for option in options:
        for name in _names(option):
            _check_name(name)
        for text in _texts(option, "description"):
            if not 1 <= len(text) <= 100:
                raise ValueError(f"/{where} {option['name']}: a description has not 1 to 100 characters")
        _check_file_types(where, option)
        if option.get("choices") and option.get("autocomplete"):
            raise ValueError(f"/{where} {option['name']}: choices and autocomplete exclude each other")
        for choice in option.get("choices") or []:
            for name in _names(choice):
                if not 1 <= len(name) <= 100:
                    raise ValueError(f"/{where} {option['name']}: a choice has not 1 to 100 characters")
        _check_options(f"{where} {option['name']}", option.get("options") or [])


def _check_file_types(where: str, option: Payload) -> None:
    types = option.get("file_types")
    if types is None:
        return
    if option["type"] != ATTACHMENT:
        raise ValueError(f"/{where} {option['name']}: only attachments have file types")
    if not 1 <= len(types) <= MAX_FILE_TYPES or len(set(types)) < len(types):
        raise ValueError(f"/{where} {option['name']}: {len(types)} file types, or one twice")
    for kind in types:
        if kind not in FILE_GROUPS and not re.fullmatch(r"\.[a-z0-9]{1,10}", kind):
            raise ValueError(f"/{where} {option['name']}: '{kind}' is neither a group nor an ending with its dot")


def _names(entry: Payload) -> list[str]:
    return _texts(entry, "name")


def _texts(entry: Payload, key: str) -> list[str]:
    return [entry.get(key) or "", *(entry.get(f"{key}_localizations") or {}).values()]


def _check_name(name: str) -> None:
    if not NAME.fullmatch(name) or name != name.lower():
        raise ValueError(f"'{name}' cannot be the name of a command or an option")


def _size(entry: Payload) -> int:
    own = max(map(len, _texts(entry, "name"))) + max(map(len, _texts(entry, "description")))
    choices = sum(max(map(len, _names(c))) + len(str(c["value"])) for c in entry.get("choices") or [])
    return own + choices + sum(_size(option) for option in entry.get("options") or [])


def localised(entry: Payload, locale: str, key: str = "name") -> str:
    """The name or description as a reader of `locale` sees it."""
    return str((entry.get(f"{key}_localizations") or {}).get(locale) or entry[key])


def find_command(commands: dict[tuple[str, int], Payload], name: str, kind: int, user: User) -> Payload:
    """The command that `user` picks by the name that their client shows, or by its plain one."""
    for command in commands.values():
        if command["type"] == kind and name in (command["name"], localised(command, user.locale)):
            return command
    raise NotOffered(f"there is no command '{name}'; there are {sorted(name for name, _ in commands)}")


def check_offered(command: Payload, user: User, channel: Channel) -> None:
    """Raises NotOffered where a client does not show this command to this person here."""
    guild = channel.guild
    contexts = command.get("contexts")
    context = 0 if guild else 1
    if contexts is not None and context not in contexts:
        raise NotOffered(f"'{command['name']}' is not for context {context}")
    if contexts is None and guild is None and command.get("dm_permission") is False:
        raise NotOffered(f"'{command['name']}' is not for direct messages")
    kinds = command.get("integration_types") or [0]
    to_guild = guild is not None and guild.installed and 0 in kinds
    if not (to_guild or (1 in kinds and user.installed) or (guild is None and 0 in kinds)):
        raise NotOffered(f"'{command['name']}' is installed neither here nor by {user.name}")
    wanted = command.get("default_member_permissions")
    if wanted is not None and guild is not None:
        mine = guild.member_permissions(user)
        if int(wanted) & ~mine and not mine & ADMINISTRATOR:
            raise NotOffered(f"{user.name} may not use '{command['name']}'")


def check_value(option: Payload, value: Any) -> None:
    """Raises NotOffered where a client does not accept `value` for `option`."""
    kind, name = option["type"], option["name"]
    fits: dict[int, tuple[type, ...]] = {STRING: (str,), INTEGER: (int,), BOOLEAN: (bool,), NUMBER: (int, float)}
    if kind == ATTACHMENT and option.get("file_types") and not value.old_client:
        endings = {end for group in option["file_types"] for end in FILE_GROUPS.get(group, (group,))}
        if not str(value.name).lower().endswith(tuple(endings)):
            raise NotOffered(f"{name} does not take the file {value.name}: {sorted(endings)}")
    if kind in fits and type(value) not in fits[kind]:
        raise NotOffered(f"{name} does not take {value!r}")
    if option.get("choices") and value not in [choice["value"] for choice in option["choices"]]:
        raise NotOffered(f"{name} has no choice {value!r}: {option['choices']}")
    if kind in (INTEGER, NUMBER):
        low, high = option.get("min_value"), option.get("max_value")
        if (low is not None and value < low) or (high is not None and value > high):
            raise NotOffered(f"{name} goes from {low} to {high}, {value} is outside")
    if kind == STRING and not option.get("min_length", 0) <= len(value) <= option.get("max_length", 6000):
        raise NotOffered(f"{name} does not take a text of {len(value)} characters")
