"""A bot that many tests share."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack

import pytest

from tests.support.bot.harness import online
from tests.support.bot.inside import inside
from tests.support.bot.stage import Stage


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


@pytest.fixture(scope="module")
def inner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The same with the bot in this process; a file's own fixture `stage` may be this one."""
    stack = AsyncExitStack()
    with asyncio.Runner() as runner:
        try:
            fake, installation = runner.run(stack.enter_async_context(inside(tmp_path_factory.mktemp("bot"))))
            yield Stage(runner, fake, installation)
        finally:
            runner.run(stack.aclose())
