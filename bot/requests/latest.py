"""The latest picture that a member has posted in a channel, as far as Discord lets the bot see it."""

from __future__ import annotations

import asyncio
import logging

import discord

from bot.client import Interaction
from bot.delivery.delivery import Network
from bot.errors import Refused
from bot.jobs.intake import Found, check_found, discord_hosts
from bot.order import LAST_ORDER, PhotoSource, from_json
from bot.requests.pictures import pictures_in

log = logging.getLogger("recede.bot")

# So many messages are looked at, in one request.
LOOKED_AT = 100
PATIENCE_S = 5.0


async def latest_picture(interaction: Interaction) -> tuple[PhotoSource, str]:
    """The asker's latest picture here, and an Order's origin: from the channel where its messages can be read, else
    from the asker's last order here. Raises Refused where there is none, and PhotoError.

    Discord shows the contents of a server's messages only to applications with the intent Message Content, which this
    bot does not need for anything else; direct messages with the bot are always open.
    """
    if _may_read(interaction):
        try:
            async with asyncio.timeout(PATIENCE_S):
                found = await _in_channel(interaction)
        except (discord.HTTPException, *Network) as error:
            log.info("a channel could not be read: %s", error, extra={"event": "history_failed"})
            found = None
        if found is not None:
            picture, link = found
            return check_found(picture, interaction.client.resources.settings.bot.max_photo_bytes), link
    return await _in_memory(interaction)


def _may_read(interaction: Interaction) -> bool:
    if interaction.guild_id is None:
        return interaction.context.dm_channel
    rights = interaction.app_permissions
    return interaction.is_guild_integration() and rights.view_channel and rights.read_message_history


async def _in_channel(interaction: Interaction) -> tuple[Found, str] | None:
    hosts = discord_hosts(interaction.client.resources.settings.endpoints.cdn)
    channel = interaction.client.get_partial_messageable(interaction.channel_id or 0, guild_id=interaction.guild_id)
    async for message in channel.history(limit=LOOKED_AT):
        if message.author.id == interaction.user.id and not message.message_snapshots:
            pictures = pictures_in(message, hosts)
            if pictures:
                return pictures[0], message.jump_url
    return None


async def _in_memory(interaction: Interaction) -> tuple[PhotoSource, str]:
    text = await interaction.client.resources.storage.last_post(interaction.user.id, interaction.channel_id or 0)
    try:
        order = from_json(text) if text is not None else None
    except ValueError:  # of another version
        order = None
    if order is None or order.pictured_id not in (0, interaction.user.id):
        raise Refused("no_photo_given")
    return order.photo, LAST_ORDER
