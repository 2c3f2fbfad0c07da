"""/edit: change hair or beard in a photo."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.app_commands import Choice, Range

from bot.client import Interaction, reader
from bot.commands import options
from bot.components.modals import Given, show_form
from bot.delivery.variations import FIRST_STRENGTH
from bot.errors import Refused
from bot.jobs.intake import check_attachment
from bot.messages import say_attribute
from bot.messages.synonyms import attribute_meant
from bot.requests.requests import Wish, ask, check, check_explicit
from engine.protocol import EDIT_ATTRIBUTES, AttributeEdit, EditOptions, is_name

MAX_CHOICES = 25
MAX_ECHOED_CHARS = 40


@app_commands.command(name="edit", description="Change hair or beard in a photo")
@app_commands.describe(
    image=options.IMAGE,
    attribute="What to change",
    strength="How much: -3 (much less) to 3 (much more)",
    second_attribute="What else to change",
    second_strength="How much: -3 (much less) to 3 (much more)",
    format=options.FORMAT,
    private=options.PRIVATE,
)
async def edit(
    interaction: Interaction,
    image: discord.Attachment | None = None,
    attribute: str | None = None,
    strength: Range[float, -3.0, 3.0] = FIRST_STRENGTH,
    second_attribute: str | None = None,
    second_strength: Range[float, -3.0, 3.0] | None = None,
    format: options.Formats = "gif",  # the option's name in Discord
    private: bool = False,
) -> None:
    """Refuse, or begin; where a photo or what to change is missing, show a form. Raises Refused and PhotoError."""
    resources = interaction.client.resources
    if image is None or attribute is None:
        check(interaction)
        photo = None if image is None else check_attachment(image, resources.settings.bot.max_photo_bytes)
        if photo is not None:
            check_explicit(interaction, photo)
        name = attribute_named(attribute) if attribute else ""
        await show_form(interaction, Given(photo, attribute=name, format=format, private=private))
        return

    def wish() -> Wish:
        if (second_attribute is None) != (second_strength is None):
            raise Refused("half_second")
        if 0 in (strength, second_strength):
            raise Refused("no_strength")
        edits = [AttributeEdit(attribute_named(attribute), strength)]
        if second_attribute is not None and second_strength is not None:
            edits.append(AttributeEdit(attribute_named(second_attribute), second_strength))
        if len({entry.attribute for entry in edits}) < len(edits):
            raise Refused("same_attribute")
        photo = check_attachment(image, resources.settings.bot.max_photo_bytes)
        preset = resources.policy.of(interaction.guild_id or 0).preset
        return Wish(photo, EditOptions(tuple(edits), preset=preset), format)

    await ask(interaction, wish, private)


@edit.autocomplete("attribute")
@edit.autocomplete("second_attribute")
async def attributes(interaction: Interaction, typed: str) -> list[Choice[str]]:
    """The attributes whose name, in the reader's language or the engine's, holds what was typed."""
    language, wanted = reader(interaction), typed.strip().casefold()
    named = [(say_attribute(language, name), name) for name in EDIT_ATTRIBUTES]
    fitting = [Choice(name=label, value=name) for label, name in named if wanted in f"{label} {name}".casefold()]
    if not fitting and (meant := attribute_meant(wanted)) is not None:
        fitting = [Choice(name=say_attribute(language, meant), value=meant)]
    return fitting[:MAX_CHOICES]


def attribute_named(typed: str) -> str:
    """The engine's name for an attribute that was typed instead of chosen; others are the engine's to judge.

    Raises Refused for what can be no attribute's name.
    """
    wanted = typed.strip().casefold()
    name = attribute_meant(wanted) or wanted.replace(" ", "_")
    if not is_name(name):
        raise unknown_attribute(typed)
    return name


def unknown_attribute(typed: str) -> Refused:
    """The refusal that names what there is."""
    return Refused("unknown_attribute", name=discord.utils.escape_markdown(typed.strip()[:MAX_ECHOED_CHARS]))
