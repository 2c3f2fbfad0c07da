"""What the bot tells Discord about itself at every start: where it can be installed, what it is, and its commands."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import discord

from bot.client import PERMISSIONS, ChineseNames, RecedeClient
from bot.delivery.delivery import Network
from bot.delivery.emoji import bar_emoji
from bot.delivery.markup import Markup
from bot.errors import StartFailed
from bot.jobs.intake import PHOTO_ENDINGS
from engine.process.pauses import Pauses

log = logging.getLogger("recede.bot")

ATTACHMENT = 11
# What Discord's group "image" holds; other endings have to be named. Ten entries are the most it takes.
IMAGE_GROUP = frozenset({"png", "gif", "jpg", "jpeg", "jfif", "webp", "avif"})
FILE_TYPES = ("image", *(f".{ending}" for ending in PHOTO_ENDINGS if ending not in IMAGE_GROUP))
# Discord's answer to the same commands does not change by itself: the second try is without what is new at Discord,
# the third is for a 400 that was a mistake of the moment.
REFUSALS = 3
# Discord may hold an answer back for longer than anybody should wait for the start.
FIRST_TRY_S = 20.0
# On the bot's page, 400 characters at most.
DESCRIPTION = (
    "A photo goes bald over twenty years, or gets other hair: /bald, /edit.\n看看二十年后的自己：/秃头、/修图。"
)

_INSTALLS: dict[str, dict[str, Any]] = {
    "0": {"scopes": ["bot", "applications.commands"], "permissions": PERMISSIONS.value},
    "1": {"scopes": ["applications.commands"], "permissions": 0},
}


@dataclass(frozen=True)
class RegistrationPauses:
    """Between two tries, in seconds: after a refusal, as often as it was one; after trouble, from the first to the
    longest."""

    refused_s: float = 2.0
    first_s: float = 2.0
    longest_s: float = 300.0


class Registration:
    """One start's telling. client: the first connection; markup: learns the commands' ids and the emoji."""

    def __init__(self, client: RecedeClient, markup: Markup, pauses: RegistrationPauses = RegistrationPauses()) -> None:
        self._client = client
        self._pauses = pauses
        self._markup = markup
        self._refusals = 0
        self._complained = False

    async def begin(self) -> bool:
        """Tell everything, without waiting for long; whether Discord has taken the commands.

        Raises StartFailed where it never will.
        """
        try:
            async with asyncio.timeout(FIRST_TRY_S):
                await set_up_application(self._client)
                self._markup.know_emoji(await bar_emoji(self._client))
                return await self._try(self._client)
        except TimeoutError:
            self._complain("no answer")
            return False

    async def insist(self, present: Callable[[], discord.Client | None]) -> None:
        """Ask again until Discord has taken the commands. Raises StartFailed where it never will.

        present: the connection of the moment, which may have been replaced since the start.
        """
        pauses = Pauses(self._pauses.first_s, self._pauses.longest_s)
        while True:
            pause_s = pauses.next_s()
            await asyncio.sleep(self._pauses.refused_s * self._refusals or pause_s)
            if await self._try(present() or self._client):
                return

    async def _try(self, client: discord.Client) -> bool:
        assert self._client.application_id is not None
        payload = await commands_payload(self._client, file_types=not self._refusals)
        try:
            known = await client.http.bulk_upsert_global_commands(self._client.application_id, payload)
        except discord.Forbidden as error:
            raise StartFailed(
                "Discord does not let this application have commands: in the portal, page Installation, allow the "
                "scope applications.commands."
            ) from error
        except discord.HTTPException as error:
            if 400 <= error.status < 500 and error.status != 429:
                self._refusals += 1
                if self._refusals >= REFUSALS:
                    raise StartFailed(
                        f"Discord refuses the commands ({reason_of(error)}): in the portal, page Installation, tick "
                        "User Install and Guild Install; if they are, install another version of Recede."
                    ) from error
            self._complain(reason_of(error))
            return False
        except Network as error:
            self._complain(type(error).__name__)
            return False
        self._markup.know_commands(known)
        log.info("%d commands are synced", len(known), extra={"event": "synced"})
        return True

    def _complain(self, why: str) -> None:
        """One line, however often Discord is asked."""
        if not self._complained:
            log.warning(
                "Discord has not taken the commands (%s): it is asked again, and those of the last start are still "
                "there",
                why,
                extra={"event": "sync_failed"},
            )
        self._complained = True


async def set_up_application(client: RecedeClient) -> None:
    """Allow both ways to install, and describe the bot where nobody has; what is set in the portal stays.

    That this fails is told in the log and stops nothing.
    """
    try:
        about: dict[str, Any] = dict(await client.http.application_info())
        installs = about.get("integration_types_config") or {}
        if not set(_INSTALLS) <= set(installs):
            await _allow_installs(client, installs)
        if not about.get("description"):
            await client.http.edit_application_info(reason=None, payload={"description": DESCRIPTION})
    except (discord.HTTPException, *Network) as error:
        why = reason_of(error) if isinstance(error, discord.HTTPException) else type(error).__name__
        log.warning(
            "where the bot can be installed could not be set (%s): in the portal, page Installation, tick User Install "
            "and Guild Install",
            why,
            extra={"event": "application_not_set"},
        )


async def _allow_installs(client: RecedeClient, present: dict[str, Any]) -> None:
    """Add what is missing. An application that is not public may have no link of its own, so then without it."""
    full = {kind: {"oauth2_install_params": parameters} for kind, parameters in _INSTALLS.items()} | present
    bare: dict[str, Any] = {kind: {} for kind in _INSTALLS} | present
    try:
        await client.http.edit_application_info(reason=None, payload={"integration_types_config": full})
    except discord.HTTPException as error:
        if error.status != 400:
            raise
        await client.http.edit_application_info(reason=None, payload={"integration_types_config": bare})
    log.info("the bot can now be installed to servers and to users", extra={"event": "installs_set"})


async def commands_payload(client: RecedeClient, file_types: bool = True) -> list[dict[str, Any]]:
    """The commands as Discord is told them. file_types: have clients offer only pictures, which discord.py cannot say
    yet."""
    translator = client.tree.translator or ChineseNames()
    payload = [await command.get_translated_payload(client.tree, translator) for command in client.tree.get_commands()]
    if file_types:
        _name_file_types(payload)
    return payload


def _name_file_types(entries: list[dict[str, Any]]) -> None:
    for entry in entries:
        if entry.get("type") == ATTACHMENT:
            entry["file_types"] = list(FILE_TYPES)
        _name_file_types(entry.get("options") or [])


def reason_of(error: discord.HTTPException) -> str:
    """What Discord says, in one line."""
    text = " ".join(error.text.split())
    return f"{error.status}, {text}" if text else str(error.status)
