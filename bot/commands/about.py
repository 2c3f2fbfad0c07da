"""/recede: help, privacy and statistics for everybody; settings, blocks and pauses for those in charge."""

from __future__ import annotations

import importlib.metadata
import time

import discord
from discord import app_commands
from discord.app_commands import Choice, Range

from bot.client import Interaction, reader, say_here, tell
from bot.errors import Refused
from bot.manners import EVERYWHERE, GuildSettings, mentions
from bot.messages import say, say_duration
from bot.order import Language
from bot.views import opt_out_view, privacy_text
from engine.errors import RecedeError
from engine.protocol import EngineStatus

PRESETS = [Choice(name="fast", value="fast"), Choice(name="fine", value="fine")]
CHOICES = [Choice(name="opt out", value="out"), Choice(name="opt in", value="in")]
MAX_COOLDOWN_S = 86_400
MAX_JOBS = 20


class Recede(app_commands.Group):
    """The group of commands."""

    def __init__(self) -> None:
        super().__init__(name="recede", description="About the bot, and its settings")

    @app_commands.command(name="help", description="What the bot can do")
    async def help(self, interaction: Interaction) -> None:
        """What there is."""
        await tell(interaction, say_here(interaction, "help"))

    @app_commands.command(name="privacy", description="What is kept, and how to opt out")
    @app_commands.describe(choice="Whether others may use your picture")
    @app_commands.choices(choice=CHOICES)
    async def privacy(self, interaction: Interaction, choice: Choice[str] | None = None) -> None:
        """What is kept; or note a wish."""
        parts = interaction.client.parts
        if choice is not None:
            out = choice.value == "out"
            await interaction.response.defer(ephemeral=True)
            await parts.opt_out(interaction.user.id, out)
            await tell(interaction, say_here(interaction, "opted_out_now" if out else "opted_in_now"))
            return
        await tell(interaction, privacy_text(interaction), opt_out_view(interaction))

    @app_commands.command(name="stats", description="How the bot is doing")
    async def stats(self, interaction: Interaction) -> None:
        """What bot, queue and engines say about themselves."""
        parts, language = interaction.client.parts, reader(interaction)
        await interaction.response.defer(ephemeral=True)
        counts = await parts.storage.counts()
        answered = counts.pop("ok", 0)
        total, engines = "?", say(language, "stats_no_engine")
        try:
            total = str(len(await parts.desk.queue.tickets()))
            statuses = await parts.desk.queue.engines()
            engines = "; ".join(engine_line(language, status) for status in statuses) or engines
        except RecedeError:
            pass  # a broker that does not answer is part of the picture
        latency_s = interaction.client.latency
        text = say(
            language,
            "stats",
            version=installed_version(),
            uptime=say_duration(language, time.monotonic() - parts.started_s),
            answered=answered,
            failed=sum(value for name, value in counts.items() if name not in ("cancelled", "withdrawn", "reencoded")),
            under_way=len(parts.desk.active()),
            total=total,
            engines=engines,
            guilds=len(interaction.client.guilds),
            shards=len(interaction.client.shards),
            latency_ms=round(1000 * latency_s) if latency_s == latency_s and latency_s < 1e3 else "?",
        )
        await tell(interaction, text)

    @app_commands.command(name="settings", description="Show or change this server's settings")
    @app_commands.describe(
        allow_channel="Allow the bot in this channel or category; as soon as one is allowed, the others are not",
        forbid_channel="Keep the bot out of this channel or category",
        all_channels="Forget both lists: the bot may be used in every channel",
        cooldown="Seconds between two requests of a member",
        jobs_per_user="Pictures that one member may have under way",
        preset="fast, or fine: twice as long and closer to the person",
        avatars="Whether members' avatars may be used",
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
        preset: Choice[str] | None = None,
        avatars: bool | None = None,
        spoiler: bool | None = None,
    ) -> None:
        """Change what was given, and show how it is then."""
        guild_id = check_manager(interaction)
        manners = interaction.client.parts.manners
        settings = manners.of(guild_id)
        changes: dict[str, object] = {
            "cooldown_s": None if cooldown is None else float(cooldown),
            "jobs_per_user": jobs_per_user,
            "preset": None if preset is None else preset.value,
            "avatars": avatars,
            "spoiler": spoiler,
        }
        changes = {name: value for name, value in changes.items() if value is not None}
        await interaction.response.defer(ephemeral=True)
        if all_channels:
            settings = await manners.open_channels(guild_id)
        if allow_channel is not None:
            settings = await manners.allow_channel(guild_id, allow_channel.id)
        if forbid_channel is not None:
            settings = await manners.forbid_channel(guild_id, forbid_channel.id)
        if changes:
            settings = await manners.change(guild_id, **changes)
        await tell(interaction, settings_text(reader(interaction), settings))

    @app_commands.command(name="block", description="Keep someone from using the bot")
    @app_commands.describe(user="Whom", off="Lift it again", everywhere="In all servers (the bot's owners only)")
    async def block(
        self, interaction: Interaction, user: discord.User, off: bool = False, everywhere: bool = False
    ) -> None:
        """Block or unblock."""
        guild_id = await self._where(interaction, everywhere)
        await interaction.client.parts.manners.block(guild_id, user.id, not off)
        key = f"{'unblock' if off else 'block'}{'_everywhere' if everywhere else ''}_done"
        await tell(interaction, say_here(interaction, key, user=f"<@{user.id}>"))

    @app_commands.command(name="drain", description="Take nothing new, finish what there is")
    @app_commands.describe(off="Take pictures again", everywhere="In all servers (the bot's owners only)")
    async def drain(self, interaction: Interaction, off: bool = False, everywhere: bool = False) -> None:
        """Pause or go on."""
        guild_id = await self._where(interaction, everywhere)
        await interaction.client.parts.manners.change(guild_id, draining=not off)
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


def installed_version() -> str:
    """Recede's version; a checkout that was never installed has none."""
    try:
        return importlib.metadata.version("recede")
    except importlib.metadata.PackageNotFoundError:
        return "0"


def check_manager(interaction: Interaction) -> int:
    """The server that this member manages. Raises Refused."""
    if interaction.guild_id is None or not interaction.is_guild_integration():
        raise Refused("server_only")
    if not interaction.permissions.manage_guild:
        raise Refused("managers_only")
    return interaction.guild_id


def settings_text(language: Language, settings: GuildSettings) -> str:
    """A server's settings in words."""

    def yes(value: bool) -> str:
        return say(language, "yes" if value else "no")

    return say(
        language,
        "settings",
        channels=mentions(settings.channels) or say(language, "everywhere"),
        forbidden=mentions(settings.forbidden) or say(language, "none"),
        cooldown=f"{settings.cooldown_s:g}",
        jobs=settings.jobs_per_user,
        preset=say(language, f"preset_{settings.preset}"),
        avatars=yes(settings.avatars),
        spoiler=yes(settings.spoiler),
        draining=yes(settings.draining),
    )


def engine_line(language: Language, status: EngineStatus) -> str:
    """One engine in words."""
    mean = say_duration(language, status.mean_job_s) if status.mean_job_s else say(language, "not_known")
    line = say(
        language, "stats_engine", state=say(language, f"state_{status.state}"), device=status.device or "?", mean=mean
    )
    return say(language, "stats_silent", engine=line, parts=", ".join(status.silent)) if status.silent else line
