"""A message with several pictures: the menu of thumbnails from which one is picked, and what is done with it then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import discord

from bot.client import Interaction, say_here
from bot.components.modals import Given, show_form
from bot.delivery.buttons import Handle, button
from bot.delivery.delivery import NO_MENTIONS
from bot.errors import Refused
from bot.jobs.intake import Found, check_found
from bot.requests.requests import Wish, ask, check, check_explicit, check_pictured
from engine.protocol import BaldOptions

Purpose = Literal["bald", "edit"]
PICK_ACTIONS = tuple(f"pick{number}" for number in range(10))
BUTTONS_IN_ROW = 5


@dataclass(frozen=True)
class Choice:
    """Pictures of which one is to be picked. pictured_id: whose they are, 0 if unknown."""

    pictures: tuple[Found, ...]
    pictured_id: int
    purpose: Purpose


async def begin_with(interaction: Interaction, choice: Choice) -> None:
    """Take the only picture, or show all of them to be picked from. Raises Refused and PhotoError."""
    if not choice.pictures:
        raise Refused("no_picture_in_message")
    if len(choice.pictures) == 1:
        await use(interaction, choice.pictures[0], choice)
        return
    check(interaction)
    check_pictured(interaction, choice.pictured_id)
    key = str(interaction.id)
    interaction.client.resources.menus.keep(key, choice)
    await interaction.response.send_message(
        view=_thumbnails(interaction, key, choice), ephemeral=True, allowed_mentions=NO_MENTIONS
    )


async def use(interaction: Interaction, picture: Found, choice: Choice) -> None:
    """Do with the picture what it was picked for. Raises Refused and PhotoError where a form would be in vain."""
    resources = interaction.client.resources

    def wish() -> Wish:
        photo = check_found(picture, resources.settings.bot.max_photo_bytes)
        preset = resources.policy.of(interaction.guild_id or 0).preset
        return Wish(photo, BaldOptions(preset=preset), "gif", choice.pictured_id)

    if choice.purpose == "bald":
        await ask(interaction, wish)
        return
    check(interaction)
    check_pictured(interaction, choice.pictured_id)
    photo = wish().photo
    check_explicit(interaction, photo)
    await show_form(interaction, Given(photo, choice.pictured_id))


async def use_picked(interaction: Interaction, handle: Handle) -> None:
    """The picture whose number was clicked. Raises Refused and PhotoError."""
    choice = interaction.client.resources.menus.find(handle.post_id)
    number = PICK_ACTIONS.index(handle.action)
    if not isinstance(choice, Choice) or number >= len(choice.pictures):
        raise Refused("choice_forgotten")
    await use(interaction, choice.pictures[number], choice)


def _thumbnails(interaction: Interaction, key: str, choice: Choice) -> discord.ui.LayoutView:
    view = discord.ui.LayoutView(timeout=None)
    view.add_item(discord.ui.TextDisplay(say_here(interaction, "which_picture", count=len(choice.pictures))))
    items = [
        discord.MediaGalleryItem(picture.source.url, spoiler=picture.source.spoiler or picture.source.explicit)
        for picture in choice.pictures
    ]
    view.add_item(discord.ui.MediaGallery(*items))
    row: discord.ui.ActionRow[Any] = discord.ui.ActionRow()
    for number, action in enumerate(PICK_ACTIONS[: len(choice.pictures)], start=1):
        if number > 1 and number % BUTTONS_IN_ROW == 1:
            view.add_item(row)
            row = discord.ui.ActionRow()
        row.add_item(button(str(number), Handle(action, key, interaction.user.id, 0).custom_id))
    view.add_item(row)
    view.stop()
    return view
