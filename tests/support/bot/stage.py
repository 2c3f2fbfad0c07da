"""A bot that many tests share, and the people on its Discord."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from tests.support.bot.harness import BotInstallation
from tests.support.fake_discord import FakeDiscord, User

T = TypeVar("T")


class Stage:
    """A running bot, and the loop in which its Discord lives. Every test brings members of its own."""

    def __init__(self, runner: asyncio.Runner, discord: FakeDiscord, installation: BotInstallation) -> None:
        self._runner = runner
        self.discord = discord
        self.installation = installation

    def run(self, scenario: Coroutine[Any, Any, T]) -> T:
        """Run one test's coroutine; afterwards Discord must have nothing to hold against the bot."""
        result = self._runner.run(scenario)
        wrong = self.discord.misbehaviour()
        assert wrong == [], "\n".join(map(str, wrong))
        return result

    def member(self, name: str = "Mia", locale: str = "en-US", avatar: bytes | None = None) -> User:
        """A new member of the server."""
        world = self.discord.world
        return world.add_member(world.guild, world.add_user(name, locale, avatar))
