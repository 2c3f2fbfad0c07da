"""What people do in their clients: commands, menus on messages and users, clicks, choices, forms."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from typing import Any

from tests.support.fake_discord.command_rules import (
    ATTACHMENT,
    CHANNEL,
    GROUP,
    ON_MESSAGE,
    ON_USER,
    ROLE,
    SLASH,
    SUBCOMMAND,
    USER,
    NotOffered,
    check_offered,
    check_value,
    find_command,
    localised,
)
from tests.support.fake_discord.errors import Payload
from tests.support.fake_discord.gateway import Gateway
from tests.support.fake_discord.interactions import AUTOCOMPLETE, COMMAND, COMPONENT, MODAL_SUBMIT, Interaction, Message
from tests.support.fake_discord.messages import Messages
from tests.support.fake_discord.world import MIB, Channel, Upload, World, snowflake
from tests.support.fake_discord.world import User as Person

Options = Mapping[str, Any]
# Components of forms.
SELECT, FILE_UPLOAD, RADIO, CHECKBOX = 3, 19, 21, 23


class Hands:
    """The members' side. Every method sends one interaction and returns at once.

    user and channel default to the member and the channel that every world has. Anything that a client would not
    offer raises NotOffered.
    """

    world: World
    gateway: Gateway
    messages: Messages
    commands: dict[tuple[str, int], Payload]
    interactions: dict[str, Interaction]

    async def slash(
        self,
        name: str,
        options: Options | None = None,
        *,
        user: Person | None = None,
        channel: Channel | None = None,
        focus: str | None = None,
        upload_limit: int | None = None,
    ) -> Interaction:
        """Type a command, as "bald" or "recede settings show"; focus: the option whose choices are being asked for."""
        user, channel = user or self.world.member, channel or self.world.channel
        first, *path = name.split(" ")
        command = find_command(self.commands, first, SLASH, user)
        check_offered(command, user, channel)
        resolved: dict[str, dict[str, Payload]] = {}
        level, chain = command, []
        for step in path:
            level = _option(level, step, user, (SUBCOMMAND, GROUP))
            chain.append(level)
        values = self._values(level, dict(options or {}), user, channel, resolved, focus)
        for step_option in reversed(chain):
            values = [{"name": step_option["name"], "type": step_option["type"], "options": values}]
        data: Payload = {"id": command["id"], "name": command["name"], "type": SLASH, "options": values}
        if resolved:
            data["resolved"] = resolved
        return await self.send(AUTOCOMPLETE if focus else COMMAND, data, user, channel, upload_limit=upload_limit)

    async def on_message(
        self, name: str, message: Message, *, user: Person | None = None, upload_limit: int | None = None
    ) -> Interaction:
        """Apps, then `name`, in a message's menu."""
        user = user or self.world.member
        command = find_command(self.commands, name, ON_MESSAGE, user)
        check_offered(command, user, message.channel)
        resolved = {"messages": {message.id: message.payload}}
        data = {"id": command["id"], "name": command["name"], "type": ON_MESSAGE, "target_id": message.id}
        return await self.send(COMMAND, data | {"resolved": resolved}, user, message.channel, upload_limit=upload_limit)

    async def on_user(
        self, name: str, target: Person, *, user: Person | None = None, channel: Channel | None = None
    ) -> Interaction:
        """Apps, then `name`, in a person's menu."""
        user, channel = user or self.world.member, channel or self.world.channel
        command = find_command(self.commands, name, ON_USER, user)
        check_offered(command, user, channel)
        resolved: dict[str, dict[str, Payload]] = {}
        self._resolve_user(target, channel, resolved)
        data = {"id": command["id"], "name": command["name"], "type": ON_USER, "target_id": target.id}
        return await self.send(COMMAND, data | {"resolved": resolved}, user, channel)

    async def click(
        self, message: Message, button: str, *, user: Person | None = None, upload_limit: int | None = None
    ) -> Interaction:
        """Press the button with that label, emoji or custom_id."""
        for part in message.buttons():
            names = (part.get("label"), (part.get("emoji") or {}).get("name"), part.get("custom_id"))
            if button in names:
                if part.get("disabled"):
                    raise NotOffered(f"the button {button} is disabled")
                data = {"custom_id": part["custom_id"], "component_type": 2, "id": part["id"]}
                return await self._component(message, data, user, upload_limit)
        raise NotOffered(f"there is no button {button}; there are {[part.get('label') for part in message.buttons()]}")

    async def choose(
        self, message: Message, values: list[str], *, user: Person | None = None, menu_number: int = 0
    ) -> Interaction:
        """Pick `values` in one of the message's menus; of those for channels and roles, ids."""
        menu = message.selects()[menu_number]
        offered = [option["value"] for option in menu.get("options", [])]
        if menu["type"] == 3 and not set(values) <= set(offered):
            raise NotOffered(f"the menu offers {offered}, not {values}")
        data = {"custom_id": menu["custom_id"], "component_type": menu["type"], "id": menu["id"], "values": values}
        return await self._component(message, data, user, None)

    async def submit(self, interaction: Interaction, values: Mapping[str, Any]) -> Interaction:
        """Fill in the form that answered `interaction`, by custom_id, and send it; what is not given stays as it is
        shown."""
        assert interaction.ack is not None
        assert interaction.ack["type"] == 9, "no form was shown"
        resolved: dict[str, dict[str, Payload]] = {}
        rows = []
        for number, label in enumerate(interaction.ack["data"]["components"], start=1):
            field = label["component"]
            value = values.get(field["custom_id"], _preset(field))
            if value in (None, [], "") and field.get("required", True):
                raise NotOffered(f"{field['custom_id']} is required")
            filled = {"type": field["type"], "id": 100 + number, "custom_id": field["custom_id"]}
            if field["type"] == FILE_UPLOAD:
                stored = self.messages.store(value, interaction.channel, ephemeral=True)
                resolved.setdefault("attachments", {})[stored["id"]] = stored
                filled["values"] = [stored["id"]]
            elif field["type"] == SELECT:
                _check_offered(field, value)
                filled["values"] = value
            else:
                if field["type"] == RADIO:
                    _check_offered(field, [value])
                filled["value"] = value
            rows.append({"type": 18, "id": number, "component": filled})
        data: Payload = {"custom_id": interaction.ack["data"]["custom_id"], "components": rows}
        if resolved:
            data["resolved"] = resolved
        message = interaction.payload.get("message")
        return await self.send(MODAL_SUBMIT, data, interaction.user, interaction.channel, message)

    async def repeat(self, interaction: Interaction) -> None:
        """Deliver the same interaction again, as Discord does after some reconnects."""
        await self.gateway.dispatch("INTERACTION_CREATE", interaction.payload, interaction.channel.guild)

    async def send(
        self,
        kind: int,
        data: Payload,
        user: Person,
        channel: Channel,
        message: Payload | None = None,
        upload_limit: int | None = None,
    ) -> Interaction:
        """Send one interaction."""
        guild = channel.guild
        limit = upload_limit or (guild.upload_limit if guild else 10 * MIB)
        token = f"interaction-{secrets.token_hex(16)}"
        owners = {"0": guild.id} if guild and guild.installed else {"1": user.id} if user.installed else {"0": "0"}
        payload: Payload = {
            "id": snowflake(),
            "application_id": self.world.bot.id,
            "type": kind,
            "data": data,
            "token": token,
            "version": 1,
            "locale": user.locale,
            "context": 0 if guild else 1,
            "attachment_size_limit": limit,
            "entitlements": [],
            "app_permissions": str(channel.bot_permissions()),
            "authorizing_integration_owners": owners,
            "channel_id": channel.id,
            "channel": channel.payload(),
        }
        if guild is None:
            payload["user"] = user.payload()
        else:
            permissions = {"permissions": str(guild.member_permissions(user))}
            payload |= {"member": guild.member(user) | permissions, "guild_id": guild.id, "guild_locale": guild.locale}
            payload["guild"] = {"id": guild.id, "locale": guild.locale, "features": []}
        if message is not None:
            payload["message"] = message
        interaction = Interaction(payload["id"], token, time.monotonic(), user, channel, payload)
        self.interactions[token] = interaction
        await self.gateway.dispatch("INTERACTION_CREATE", payload, guild)
        return interaction

    async def _component(
        self, message: Message, data: Payload, user: Person | None, upload_limit: int | None
    ) -> Interaction:
        if message.deleted:
            raise NotOffered("that message is gone")
        user = user or self.world.member
        return await self.send(COMPONENT, data, user, message.channel, message.payload, upload_limit)

    def _values(
        self,
        command: Payload,
        given: dict[str, Any],
        user: Person,
        channel: Channel,
        resolved: dict[str, dict[str, Payload]],
        focus: str | None,
    ) -> list[Payload]:
        values = []
        for option in command.get("options") or []:
            names = [name for name in (option["name"], localised(option, user.locale)) if name in given]
            if not names:
                if option.get("required") and focus is None:
                    raise NotOffered(f"{option['name']} is required")
                continue
            value = given.pop(names[0])
            focused = focus in (names[0], option["name"])
            if not focused:
                check_value(option, value)
            entry = {"name": option["name"], "type": option["type"]}
            entry["value"] = self._resolve(option["type"], value, channel, resolved)
            values.append(entry | ({"focused": True} if focused else {}))
        if given:
            raise NotOffered(f"'{command['name']}' has no option {', '.join(given)}")
        return values

    def _resolve(self, kind: int, value: Any, channel: Channel, resolved: dict[str, dict[str, Payload]]) -> Any:
        if kind == ATTACHMENT:
            assert isinstance(value, Upload)
            stored = self.messages.store(value, channel, ephemeral=True)
            resolved.setdefault("attachments", {})[stored["id"]] = stored
            return stored["id"]
        if kind == USER:
            assert isinstance(value, Person)
            self._resolve_user(value, channel, resolved)
            return value.id
        if kind == CHANNEL:
            assert isinstance(value, Channel)
            resolved.setdefault("channels", {})[value.id] = value.payload() | {"permissions": "0"}
            return value.id
        if kind == ROLE:
            raise NotOffered("there are no roles here")
        return value

    @staticmethod
    def _resolve_user(person: Person, channel: Channel, resolved: dict[str, dict[str, Payload]]) -> None:
        resolved.setdefault("users", {})[person.id] = person.payload()
        if channel.guild is not None and person.id in channel.guild.members:
            member = channel.guild.member(person, with_user=False)
            member["permissions"] = str(channel.guild.member_permissions(person))
            resolved.setdefault("members", {})[person.id] = member


def _preset(field: Payload) -> Any:
    """What a form's field holds before anybody has touched it."""
    chosen = [option["value"] for option in field.get("options") or [] if option.get("default")]
    if field["type"] == SELECT:
        return chosen
    return field.get("default", False) if field["type"] == CHECKBOX else next(iter(chosen), None)


def _check_offered(field: Payload, values: list[Any]) -> None:
    offered = [option["value"] for option in field["options"]]
    if not set(values) <= set(offered):
        raise NotOffered(f"{field['custom_id']} offers {offered}, not {values}")


def _option(level: Payload, name: str, user: Person, kinds: tuple[int, ...]) -> Payload:
    for option in level.get("options") or []:
        if option["type"] in kinds and name in (option["name"], localised(option, user.locale)):
            found: Payload = option
            return found
    raise NotOffered(f"'{level['name']}' has no subcommand {name}")
