"""The form in which an edit is chosen by looking instead of typing."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any, cast

import discord

from bot.client import Interaction, reader, tell
from bot.errors import Refused
from bot.jobs.intake import check_attachment
from bot.messages import say, say_attribute
from bot.order import Language, PhotoSource
from bot.requests.requests import Wish, ask
from engine.protocol import EDIT_ATTRIBUTES, AnimationFormat, AttributeEdit, EditOptions

log = logging.getLogger("recede.bot")

# As long as an interaction's token; who is asked for more than that has gone.
FORM_LIFE_S = 900.0
# The words for a strength, and what the engine is told.
AMOUNTS = {"little": 1.0, "clearly": 2.0, "lot": 3.0, "less": -2.0}
USUAL_AMOUNT = "clearly"
MAX_OPTIONS = 25


@dataclass(frozen=True)
class Given:
    """What is given before the form opens. photo: None where the form has to ask for one; pictured_id: whose picture
    it is, 0 if unknown; attribute: the engine's name, empty for none."""

    photo: PhotoSource | None
    pictured_id: int = 0
    attribute: str = ""
    format: AnimationFormat = "gif"
    private: bool = False


class EditForm(discord.ui.Modal):
    """Which attribute, how much, who sees it, and, where there is no photo yet, a place for one."""

    def __init__(self, language: Language, given: Given) -> None:
        super().__init__(title=say(language, "form_title"), timeout=FORM_LIFE_S)
        self._given = given
        self.file: discord.ui.FileUpload[Any] = discord.ui.FileUpload(custom_id="photo", min_values=1, max_values=1)
        if given.photo is None:
            self._ask(language, "form_photo", self.file)
        self.attribute: discord.ui.Select[Any] = discord.ui.Select(
            custom_id="attribute",
            options=[
                discord.SelectOption(label=say_attribute(language, name), value=name, default=name == given.attribute)
                for name in EDIT_ATTRIBUTES[:MAX_OPTIONS]
            ],
        )
        self._ask(language, "form_attribute", self.attribute)
        self.amount: discord.ui.RadioGroup[Any] = discord.ui.RadioGroup(custom_id="amount")
        for name in AMOUNTS:
            self.amount.add_option(label=say(language, f"amount_{name}"), value=name, default=name == USUAL_AMOUNT)
        self._ask(language, "form_amount", self.amount)
        self.private: discord.ui.Checkbox[Any] = discord.ui.Checkbox(custom_id="private", default=given.private)
        self._ask(language, "form_private", self.private)

    def _ask(self, language: Language, key: str, component: discord.ui.Item[Any]) -> None:
        self.add_item(discord.ui.Label(text=say(language, key), component=component))

    async def interaction_check(self, interaction: discord.Interaction[Any], /) -> bool:
        """Take each form once, however often Discord hands it in."""
        first: bool = interaction.client.resources.first_time(interaction.id)
        return first

    async def on_submit(self, interaction: discord.Interaction[Any], /) -> None:
        """Refuse, or begin."""
        here = cast("Interaction", interaction)
        await ask(here, lambda: self._wish(here), self.private.value)

    # What has an item besides is another kind of view.
    async def on_error(  # type: ignore[override]
        self, interaction: discord.Interaction[Any], error: Exception, /
    ) -> None:
        """Tell the member something, whatever went wrong."""
        log.error("a form failed", exc_info=error, extra={"event": "form_failed"})
        await tell(cast("Interaction", interaction), Refused("unexpected"))

    def _wish(self, interaction: Interaction) -> Wish:
        resources = interaction.client.resources
        photo = self._given.photo
        if photo is None:
            if not self.file.values:
                raise Refused("no_photo_given")
            photo = check_attachment(self.file.values[0], resources.settings.bot.max_photo_bytes)
        if not self.attribute.values or self.amount.value not in AMOUNTS:
            raise Refused("unexpected")
        edit = AttributeEdit(self.attribute.values[0], AMOUNTS[self.amount.value])
        preset = resources.policy.of(interaction.guild_id or 0).preset
        return Wish(photo, EditOptions((edit,), preset=preset), self._given.format, self._given.pictured_id)


async def show_form(interaction: Interaction, given: Given) -> None:
    """Open the form on the member's screen."""
    await interaction.response.send_modal(EditForm(reader(interaction), given))
