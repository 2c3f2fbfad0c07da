"""The Apps menu of a message and of a member."""

from __future__ import annotations

import discord
from discord import app_commands

from bot.asking import Wish, ask
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
        return bald_wish(interaction, image, message.author)

    await ask(interaction, wish)


@app_commands.context_menu(name="Bald this avatar")
async def bald_this_avatar(interaction: Interaction, user: discord.User) -> None:
    """A member's avatar."""
    await ask(interaction, lambda: bald_wish(interaction, None, user))


def picture_in(message: discord.Message) -> discord.Attachment | None:
    """The first picture among a message's attachments, those of a forwarded message included."""
    attachments = [*message.attachments, *(file for part in message.message_snapshots for file in part.attachments)]
    return next((attachment for attachment in attachments if looks_like_photo(attachment)), None)
