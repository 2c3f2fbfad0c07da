"""The Apps menu of a message and of a member."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import discord
from discord import app_commands

from bot.asking import Wish, ask
from bot.buttons import handle_in
from bot.client import Interaction
from bot.commands.bald import bald_wish
from bot.errors import Refused
from bot.intake import looks_like_photo


@app_commands.context_menu(name="Bald this picture")
async def bald_this_picture(interaction: Interaction, message: discord.Message) -> None:
    """The first picture of a message, which its author may have forbidden."""

    def wish() -> Wish:
        image = picture_in(message)
        if image is None:
            raise Refused("no_picture_in_message")
        return replace(bald_wish(interaction, image, None), pictured_id=pictured_in(message))

    await ask(interaction, wish)


@app_commands.context_menu(name="Bald this avatar")
async def bald_this_avatar(interaction: Interaction, user: discord.User) -> None:
    """A member's avatar."""
    await ask(interaction, lambda: bald_wish(interaction, None, user))


def picture_in(message: discord.Message) -> discord.Attachment | None:
    """The first picture among a message's attachments, those of a forwarded message included."""
    attachments = [*message.attachments, *(file for part in message.message_snapshots for file in part.attachments)]
    return next((attachment for attachment in attachments if looks_like_photo(attachment)), None)


def pictured_in(message: discord.Message) -> int:
    """Whose picture a message shows, as far as anybody knows: its author's; below an answer of ours, forwarded or
    not, its buttons say who is pictured, or who had posted the photo. 0 where another bot has posted it."""
    if message.author.bot or message.message_snapshots:
        parts: list[Any] = [message, *message.message_snapshots]
        for custom_id in (found for part in parts for found in _custom_ids(part.components)):
            handle = handle_in(custom_id)
            if handle is not None:
                return handle.pictured_id or handle.owner_id
    return 0 if message.author.bot else message.author.id


def _custom_ids(components: Any) -> Iterator[str]:
    for component in components:
        if custom_id := getattr(component, "custom_id", None):
            yield custom_id
        yield from _custom_ids(getattr(component, "children", ()))
