"""/recede-admin: settings, blocks and pauses. Discord hides whole commands from members, never parts of one."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.app_commands import Choice, Range

from bot.client import Interaction, reader, say_here, tell
from bot.components.panel import check_manager, settings_panel
from bot.errors import Refused
from bot.policy.settings import EVERYWHERE, user_mentions

PRESETS = [Choice(name="fast", value="fast"), Choice(name="fine", value="fine")]
MAX_COOLDOWN_S = 86_400
MAX_JOBS = 20
MAX_PER_DAY = 100_000


class Admin(app_commands.Group):
    """The group of commands, for those who manage the server unless it is told otherwise."""

    def __init__(self) -> None:
        super().__init__(
            name="recede-admin",
            description="The bot's settings in this server",
            default_permissions=discord.Permissions(manage_guild=True),
            allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=False, private_channel=False),
            allowed_installs=app_commands.AppInstallationType(guild=True, user=False),
        )

    @app_commands.command(name="settings", description="Show or change this server's settings")
    @app_commands.describe(
        allow_channel="Allow the bot in this channel or category; as soon as one is allowed, the others are not",
        forbid_channel="Keep the bot out of this channel or category",
        all_channels="Forget both lists: the bot may be used in every channel",
        cooldown="Seconds between two requests of a member",
        jobs_per_user="Pictures that one member may have under way",
        per_day="Pictures of the whole server per day; 0 for any number",
        preset="fast, or fine: twice as long and closer to the person",
        avatars="Whether members' avatars may be used",
        own_only="Only one's own picture or avatar may be used",
        spoiler="Hide every answer until it is clicked",
    )
    @app_commands.choices(preset=PRESETS)
    async def settings(
        self,
        interaction: Interaction,
        allow_channel: app_commands.AppCommandChannel | app_commands.AppCommandThread | None = None,
        forbid_channel: app_commands.AppCommandChannel | app_commands.AppCommandThread | None = None,
        all_channels: bool = False,
        cooldown: Range[int, 0, MAX_COOLDOWN_S] | None = None,
        jobs_per_user: Range[int, 1, MAX_JOBS] | None = None,
        per_day: Range[int, 0, MAX_PER_DAY] | None = None,
        preset: Choice[str] | None = None,
        avatars: bool | None = None,
        own_only: bool | None = None,
        spoiler: bool | None = None,
    ) -> None:
        """Change what was given, and show the panel with everything as it is then. Raises Refused.

        Discord's options are this signature, so that it cannot be shorter; /edit's likewise.
        """
        guild_id = check_manager(interaction)
        policy = interaction.client.resources.policy
        changes: dict[str, object] = {
            "cooldown_s": None if cooldown is None else float(cooldown),
            "jobs_per_user": jobs_per_user,
            "per_day": per_day,
            "preset": None if preset is None else preset.value,
            "avatars": avatars,
            "own_only": own_only,
            "spoiler": spoiler,
        }
        changes = {name: value for name, value in changes.items() if value is not None}
        await interaction.response.defer(ephemeral=True)
        if all_channels:
            await policy.open_channels(guild_id)
        if allow_channel is not None:
            await policy.allow_channel(guild_id, allow_channel.id)
        if forbid_channel is not None:
            await policy.forbid_channel(guild_id, forbid_channel.id)
        if changes:
            await policy.change(guild_id, **changes)
        await interaction.followup.send(
            view=settings_panel(reader(interaction), guild_id, policy.of(guild_id), policy.today(guild_id)),
            ephemeral=True,
        )

    @app_commands.command(name="block", description="Keep someone from using the bot")
    @app_commands.describe(user="Whom", off="Lift it again", everywhere="In all servers (the bot's owners only)")
    async def block(
        self, interaction: Interaction, user: discord.User, off: bool = False, everywhere: bool = False
    ) -> None:
        """Block or unblock."""
        guild_id = await self._where(interaction, everywhere)
        await interaction.client.resources.policy.block(guild_id, user.id, not off)
        key = f"{'unblock' if off else 'block'}{'_everywhere' if everywhere else ''}_done"
        await tell(interaction, say_here(interaction, key, user=f"<@{user.id}>"))

    @app_commands.command(name="blocks", description="Who cannot use the bot")
    @app_commands.describe(everywhere="In all servers (the bot's owners only)")
    async def blocks(self, interaction: Interaction, everywhere: bool = False) -> None:
        """The list."""
        guild_id = await self._where(interaction, everywhere)
        users = interaction.client.resources.policy.blocked_in(guild_id)
        key = "blocks" if users else "no_blocks"
        await tell(interaction, say_here(interaction, key, users=user_mentions(users), count=len(users)))

    @app_commands.command(name="drain", description="Take nothing new, finish what there is")
    @app_commands.describe(off="Take pictures again", everywhere="In all servers (the bot's owners only)")
    async def drain(self, interaction: Interaction, off: bool = False, everywhere: bool = False) -> None:
        """Pause or go on."""
        guild_id = await self._where(interaction, everywhere)
        await interaction.client.resources.policy.change(guild_id, draining=not off)
        key = f"drain{'_everywhere' if everywhere else ''}_{'off' if off else 'on'}"
        await tell(interaction, say_here(interaction, key))

    async def _where(self, interaction: Interaction, everywhere: bool) -> int:
        """The server meant, or EVERYWHERE; acknowledged when this returns. Raises Refused for who may not."""
        if not everywhere:
            guild_id = check_manager(interaction)
            await interaction.response.defer(ephemeral=True)
            return guild_id
        await interaction.response.defer(ephemeral=True)
        if interaction.user.id not in await interaction.client.owners():
            raise Refused("owners_only")
        return EVERYWHERE
