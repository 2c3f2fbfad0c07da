"""What the tests' members have in their hands, and what they wait for."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

from bot.delivery.markup import Markup
from tests.support.bot.standin import photo
from tests.support.fake_discord import Channel, FakeDiscord, Guild, Interaction, Message, Upload, User
from tests.support.fake_discord.world import MANAGE_GUILD, MEMBER

PATIENCE_S = 90.0


def picture(**order: Any) -> dict[str, Any]:
    """The option `image`, with an order for the stand-in engine."""
    return {"image": Upload("me.png", photo(**order))}


async def own_server(discord: FakeDiscord, name: str, **member: Any) -> tuple[Guild, Channel, User, User]:
    """A new server, its channel, a manager and a member. member: what is special about the last."""
    guild = await discord.join(name)
    manager = discord.world.add_member(guild, discord.world.add_user("Max"), MEMBER | MANAGE_GUILD)
    other = discord.world.add_member(guild, discord.world.add_user("Moe", **member))
    return guild, next(iter(guild.channels.values())), manager, other


def shown(discord: FakeDiscord, sentence: str) -> str:
    """A sentence of the bot's as it arrives: with its commands to be clicked."""
    markup = Markup()
    markup.know_commands(discord.commands.values())
    return markup.dress(sentence)


def held(folder: Path, **order: Any) -> tuple[dict[str, Any], Path]:
    """The option `image` of a picture that is begun and not finished before a file exists; and that file, in `folder`.

    What has to happen in the middle of a picture then does, however busy the machine is.
    """
    gate = folder / f"gate-{uuid.uuid4().hex}"
    return picture(script=[["learning the face", 0.4, str(gate)]], **order), gate


def is_progress(message: Message) -> bool:
    """Whether it is a progress message, which alone has a button to cancel."""
    return any(button["custom_id"].startswith("recede:cancel:") for button in message.buttons())


def final(interaction: Interaction) -> Message | None:
    """The answer, None while there is only a progress message or none."""
    if interaction.ack is not None and interaction.ack["type"] == 4:
        return interaction.original  # said at once, so there is no progress to come
    for message in interaction.messages():
        if not message.loading and (message.attachments or message.text) and not is_progress(message):
            return message
    return None


async def settled(interaction: Interaction, within_s: float = PATIENCE_S) -> Message:
    """The answer once it is there, a picture or a sentence."""
    await interaction.until(lambda: final(interaction), within_s, "a final answer")
    message = final(interaction)
    assert message is not None
    return message


async def working(interaction: Interaction, within_s: float = PATIENCE_S) -> None:
    """Wait until the engine's own steps are shown."""
    await interaction.until(lambda: "▱" in (interaction.original.text if interaction.original else ""), within_s)


async def queued(interaction: Interaction, within_s: float = PATIENCE_S) -> None:
    """Wait until its place behind others is shown."""
    await interaction.until(
        lambda: "number **" in (interaction.original.text if interaction.original else ""), within_s, "a place"
    )
