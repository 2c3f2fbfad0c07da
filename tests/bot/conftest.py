"""A bot that many tests share."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack

import pytest

from tests.support.bot.harness import BotInstallation, online
from tests.support.bot.inside import inside
from tests.support.bot.stage import Stage
from tests.support.fake_discord import FakeDiscord


def staged(running: AbstractAsyncContextManager[tuple[FakeDiscord, BotInstallation]]) -> Iterator[Stage]:
    """A running bot and its Discord, until the fixture ends."""
    stack = AsyncExitStack()
    with asyncio.Runner() as runner:
        try:
            fake, installation = runner.run(stack.enter_async_context(running))
            yield Stage(runner, fake, installation)
        finally:
            runner.run(stack.aclose())


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """One bot with the stand-in engine, for a file's tests that leave it whole.

    Its Discord stands still between two tests, which no connection outlives for long: hence one for each file.
    """
    yield from staged(online(tmp_path_factory.mktemp("bot")))


@pytest.fixture(scope="module")
def inner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The same with the bot in this process; a file's own fixture `stage` may be this one."""
    yield from staged(inside(tmp_path_factory.mktemp("bot")))
