"""/bald: a photo, or a member's avatar, goes bald over twenty years."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.app_commands import Choice, Range

from bot.client import Interaction, asker
from bot.commands import options
from bot.errors import Refused
from bot.jobs.intake import check_attachment
from bot.requests.latest import latest_picture
from bot.requests.requests import Wish, ask, ask_again, avatar_of
from engine.protocol import AnimationFormat, BaldOptions

FACES = [Choice(name="the largest face", value="largest"), Choice(name="everyone", value="all")]


@app_commands.command(name="bald", description="Watch a photo go bald over twenty years")
@app_commands.describe(
    image=f"{options.IMAGE}; without one, your latest picture here",
    user="Take this member's avatar (or, with an image, say who is in it)",
    faces="Whose hair goes, when there are several people",
    stage="Where to stop on the Norwood scale: 2 (temples) to 7 (only the sides are left)",
    format=options.FORMAT,
    private=options.PRIVATE,
)
@app_commands.choices(faces=FACES)
async def bald(
    interaction: Interaction,
    image: discord.Attachment | None = None,
    user: discord.User | None = None,
    faces: Choice[str] | None = None,
    stage: Range[int, 2, 7] = 7,
    format: options.Formats = "gif",  # the option's name in Discord
    private: bool = False,
) -> None:
    """Refuse, or begin."""
    chosen = faces.value if faces is not None else "largest"

    def wish() -> Wish:
        return bald_wish(interaction, image, user, chosen, stage, format)

    async def latest() -> Wish:
        photo, origin = await latest_picture(interaction)
        return Wish(photo, bald_options(interaction, chosen, stage), format, interaction.user.id, origin)

    if image is None and user is None:
        await ask_again(interaction, latest, interaction.user.id, private)
    else:
        await ask(interaction, wish, private)


def bald_wish(
    interaction: Interaction,
    image: discord.Attachment | None,
    user: discord.User | discord.Member | None,
    faces: str = "largest",
    stage: int = 7,
    chosen: AnimationFormat = "gif",
) -> Wish:
    """What is asked for with a photo or somebody's avatar. Raises Refused and PhotoError."""
    resources = interaction.client.resources
    if image is not None:
        photo = check_attachment(image, resources.settings.bot.max_photo_bytes)
    elif user is not None:
        resources.policy.check_pictured(asker(interaction), user.id)
        photo = avatar_of(interaction, user)
    else:
        raise Refused("no_photo_given")
    pictured_id = user.id if user is not None and not user.bot else 0
    return Wish(photo, bald_options(interaction, faces, stage), chosen, pictured_id)


def bald_options(interaction: Interaction, faces: str, stage: int) -> BaldOptions:
    """As that server has it."""
    preset = interaction.client.resources.policy.of(interaction.guild_id or 0).preset
    return BaldOptions(faces=faces, stage=stage, preset=preset)
