"""/recede: help, privacy, statistics, and being forgotten."""

from __future__ import annotations

import importlib.metadata
import time

from discord import app_commands
from discord.app_commands import Choice

from bot.client import Interaction, reader, say_here, tell
from bot.components.views import consent_view, forget_view, privacy_text
from bot.messages import say, say_duration
from bot.order import Language
from bot.policy.policy import Consent
from engine.errors import RecedeError
from engine.protocol import EngineStatus

CHOICES = [
    Choice(name="opt out", value="out"),
    Choice(name="ask me first", value="ask"),
    Choice(name="opt in", value="in"),
]


class Recede(app_commands.Group):
    """The group of commands."""

    def __init__(self) -> None:
        super().__init__(name="recede", description="About the bot, and what it knows of you")

    @app_commands.command(name="help", description="What the bot can do")
    async def help(self, interaction: Interaction) -> None:
        """What there is."""
        await tell(interaction, say_here(interaction, "help"))

    @app_commands.command(name="privacy", description="What is kept, and how to opt out")
    @app_commands.describe(choice="Whether others may use your picture")
    @app_commands.choices(choice=CHOICES)
    async def privacy(self, interaction: Interaction, choice: Choice[str] | None = None) -> None:
        """What is kept; or note a wish."""
        resources = interaction.client.resources
        if choice is not None:
            consent: Consent = choice.value  # type: ignore[assignment]  # one of CHOICES
            await interaction.response.defer(ephemeral=True)
            await resources.set_consent(interaction.user.id, consent)
            await tell(interaction, say_here(interaction, f"consent_{consent}_now"))
            return
        await tell(interaction, privacy_text(interaction), consent_view(interaction))

    @app_commands.command(name="stats", description="How the bot is doing")
    async def stats(self, interaction: Interaction) -> None:
        """What bot, queue and engines say about themselves."""
        resources, language = interaction.client.resources, reader(interaction)
        await interaction.response.defer(ephemeral=True)
        counts = await resources.storage.counts()
        answered = counts.pop("ok", 0)
        total, engines = "?", say(language, "stats_no_engine")
        try:
            total = str(len(await resources.desk.queue.tickets()))
            statuses = await resources.desk.queue.engines()
            engines = "; ".join(engine_line(language, status) for status in statuses) or engines
        except RecedeError:
            pass  # a broker that does not answer is part of the picture
        latency_s = interaction.client.latency
        text = say(
            language,
            "stats",
            version=installed_version(),
            uptime=say_duration(language, time.monotonic() - resources.started_s),
            answered=answered,
            failed=sum(value for name, value in counts.items() if name not in ("cancelled", "withdrawn", "reencoded")),
            under_way=len(resources.desk.under_way.active()),
            total=total,
            engines=engines,
            guilds=len(interaction.client.guilds),
            shards=len(interaction.client.shards),
            latency_ms=round(1000 * latency_s) if latency_s == latency_s and latency_s < 1e3 else "?",
        )
        await tell(interaction, text)

    @app_commands.command(name="forget-me", description="Have everything about you deleted")
    async def forget_me(self, interaction: Interaction) -> None:
        """Say what that means, with a button."""
        await tell(interaction, say_here(interaction, "forget_me"), forget_view(interaction))


def installed_version() -> str:
    """Recede's version; a checkout that was never installed has none."""
    try:
        return importlib.metadata.version("recede")
    except importlib.metadata.PackageNotFoundError:
        return "0"


def engine_line(language: Language, status: EngineStatus) -> str:
    """One engine in words."""
    mean = say_duration(language, status.mean_job_s) if status.mean_job_s else say(language, "not_known")
    line = say(
        language, "stats_engine", state=say(language, f"state_{status.state}"), device=status.device or "?", mean=mean
    )
    return say(language, "stats_silent", engine=line, parts=", ".join(status.silent)) if status.silent else line
