"""A bot that many tests share."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack
from typing import Any, TypeVar

import pytest

from tests.bot.fake_discord import FakeDiscord, User
from tests.bot.harness import BotInstallation, online

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
        assert self.discord.misbehaviour() == []
        return result

    def member(self, name: str = "Mia", locale: str = "en-US", avatar: bytes | None = None) -> User:
        """A new member of the server."""
        world = self.discord.world
        return world.add_member(world.guild, world.add_user(name, locale, avatar))


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """One bot with the stand-in engine, for a file's tests that leave it whole.

    Its Discord stands still between two tests, which no connection outlives for long: hence one for each file.
    """
    stack = AsyncExitStack()
    with asyncio.Runner() as runner:
        try:
            fake, installation = runner.run(stack.enter_async_context(online(tmp_path_factory.mktemp("bot"))))
            yield Stage(runner, fake, installation)
        finally:
            runner.run(stack.aclose())
