"""The panel of a server's settings: menus for channels and roles, switches for the rest, found by their ids alone."""

from __future__ import annotations

from typing import Any, cast

import discord

from bot.client import Interaction, RecedeClient, reader
from bot.components.views import Component
from bot.delivery.buttons import Handle, button, template
from bot.errors import Refused
from bot.messages import say
from bot.order import Language
from bot.policy.settings import GuildSettings, mentions, role_mentions

# By the action in a menu's or switch's id.
LISTS = {
    "setchannels": "channels",
    "setforbidden": "forbidden",
    "setroles": "roles",
    "setnoroles": "forbidden_roles",
}
SWITCHES = {
    "setavatars": "avatars",
    "setownonly": "own_only",
    "setspoiler": "spoiler",
    "setbuttons": "asker_buttons",
    "setdraining": "draining",
}
MOST_IN_MENU = 25
CHANNEL_KINDS = [
    discord.ChannelType.text,
    discord.ChannelType.category,
    discord.ChannelType.forum,
    discord.ChannelType.voice,
    discord.ChannelType.media,
]


class PanelMenu(Component, template=template(*LISTS)):
    """A list of channels or roles."""

    async def act(self, interaction: Interaction) -> None:
        """Keep what is chosen now."""
        chosen = tuple(sorted(int(value) for value in cast("dict[str, Any]", interaction.data or {}).get("values", ())))
        await _change(interaction, LISTS[self.handle.action], chosen)


class PanelSwitch(Component, template=template(*SWITCHES)):
    """A setting that is on or off."""

    async def act(self, interaction: Interaction) -> None:
        """The other way round."""
        name = SWITCHES[self.handle.action]
        settings = interaction.client.resources.policy.of(check_manager(interaction))
        await _change(interaction, name, not getattr(settings, name))


async def _change(interaction: Interaction, name: str, value: object) -> None:
    guild_id = check_manager(interaction)
    policy = interaction.client.resources.policy
    settings = await policy.change(guild_id, **{name: value})
    await interaction.response.edit_message(
        view=settings_panel(reader(interaction), guild_id, settings, policy.today(guild_id))
    )


def check_manager(interaction: Interaction) -> int:
    """The server that this member manages. Raises Refused."""
    if interaction.guild_id is None or not interaction.is_guild_integration():
        raise Refused("server_only")
    if not interaction.permissions.manage_guild:
        raise Refused("managers_only")
    return interaction.guild_id


def settings_panel(language: Language, guild_id: int, settings: GuildSettings, today: int) -> discord.ui.LayoutView:
    """A server's settings in words, and what changes them."""
    view = discord.ui.LayoutView(timeout=None)
    view.add_item(discord.ui.TextDisplay(settings_text(language, settings, today)))
    for action, name in LISTS.items():
        view.add_item(discord.ui.ActionRow(_menu(language, action, guild_id, getattr(settings, name))))
    switches = [
        button(
            say(language, f"switch_{name}"),
            Handle(action, str(guild_id), 0, 0).custom_id,
            "✅" if getattr(settings, name) else "⬜",
        )
        for action, name in SWITCHES.items()
    ]
    view.add_item(discord.ui.ActionRow(*switches))
    view.stop()
    return view


def settings_text(language: Language, settings: GuildSettings, today: int = 0) -> str:
    """A server's settings in words; the switches say the rest."""
    return say(
        language,
        "settings",
        channels=mentions(settings.channels) or say(language, "everywhere"),
        forbidden=mentions(settings.forbidden) or say(language, "none"),
        roles=role_mentions(settings.roles) or say(language, "everybody"),
        forbidden_roles=role_mentions(settings.forbidden_roles) or say(language, "none"),
        cooldown=f"{settings.cooldown_s:g}",
        jobs=settings.jobs_per_user,
        preset=say(language, f"preset_{settings.preset}"),
        per_day=settings.per_day or say(language, "any_number"),
        today=today,
    )


def _menu(
    language: Language, action: str, guild_id: int, chosen: tuple[int, ...]
) -> discord.ui.ChannelSelect[Any] | discord.ui.RoleSelect[Any]:
    """A menu that shows what is chosen; a list that is longer than any menu is left to the command's options."""
    long = len(chosen) > MOST_IN_MENU
    options: dict[str, Any] = {
        "custom_id": Handle(action, str(guild_id), 0, 0).custom_id,
        "placeholder": say(language, f"menu_{LISTS[action]}"),
        "min_values": 0,
        "max_values": MOST_IN_MENU,
        "disabled": long,
    }
    ids = () if long else chosen
    if "roles" in LISTS[action]:
        kind = discord.SelectDefaultValueType.role
        defaults = [discord.SelectDefaultValue(id=entry, type=kind) for entry in ids]
        return discord.ui.RoleSelect(default_values=defaults, **options)
    kind = discord.SelectDefaultValueType.channel
    defaults = [discord.SelectDefaultValue(id=entry, type=kind) for entry in ids]
    return discord.ui.ChannelSelect(channel_types=CHANNEL_KINDS, default_values=defaults, **options)


def add_panel(client: RecedeClient) -> None:
    """Have `client` find the panel's parts by their ids."""
    client.add_dynamic_items(PanelMenu, PanelSwitch)
