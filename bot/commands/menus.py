"""The Apps menu of a message and of a member."""

from __future__ import annotations

import discord
from discord import app_commands

from bot.client import Interaction
from bot.commands.bald import bald_wish
from bot.components.choices import Choice, Purpose, begin_with
from bot.components.modals import Given, show_form
from bot.jobs.intake import discord_hosts
from bot.requests.pictures import pictured_in, pictures_in
from bot.requests.requests import ask, avatar_of, check, check_pictured


@app_commands.context_menu(name="Bald this picture")
async def bald_this_picture(interaction: Interaction, message: discord.Message) -> None:
    """A picture of a message, which its author may have forbidden."""
    await begin_with(interaction, _choice(interaction, message, "bald"))


@app_commands.context_menu(name="Edit this picture")
async def edit_this_picture(interaction: Interaction, message: discord.Message) -> None:
    """The same, with a form for what is to change."""
    await begin_with(interaction, _choice(interaction, message, "edit"))


@app_commands.context_menu(name="Bald this avatar")
async def bald_this_avatar(interaction: Interaction, user: discord.User) -> None:
    """A member's avatar."""
    await ask(interaction, lambda: bald_wish(interaction, None, user))


@app_commands.context_menu(name="Edit this avatar")
async def edit_this_avatar(interaction: Interaction, user: discord.User) -> None:
    """The same, with a form for what is to change."""
    pictured_id = 0 if user.bot else user.id
    check(interaction)
    check_pictured(interaction, pictured_id)
    await show_form(interaction, Given(avatar_of(interaction, user), pictured_id))


def _choice(interaction: Interaction, message: discord.Message, purpose: Purpose) -> Choice:
    hosts = discord_hosts(interaction.client.resources.settings.endpoints.cdn)
    return Choice(pictures_in(message, hosts), pictured_in(message), purpose)
