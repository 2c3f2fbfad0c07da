"""The bot's life in the test's own process: what keeps it from starting, what ends it, and what it leaves behind."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from bot.errors import StartFailed
from bot.messages import say
from bot.service import FATAL_CLOSES
from tests.support.bot.inside import installed
from tests.support.bot.loops import in_loop
from tests.support.bot.members import held, picture, working
from tests.support.fake_discord import FakeDiscord

PATIENCE_S = 60.0


@in_loop
async def test_a_token_that_discord_refuses_is_told_with_where_to_get_one(tmp_path: Path) -> None:
    async with FakeDiscord() as fake:
        with installed(tmp_path, fake) as (service, _):
            fake.token = "another.token"
            with pytest.raises(StartFailed, match="copy it again from the developer portal"):
                await asyncio.wait_for(service.run(), PATIENCE_S)


@in_loop
async def test_a_port_that_is_taken_is_told_by_its_key(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        async with FakeDiscord() as fake:
            with (
                installed(tmp_path, fake, metrics_port=taken.getsockname()[1]) as (service, _),
                pytest.raises(StartFailed, match="metrics_port is taken"),
            ):
                await asyncio.wait_for(service.run(), PATIENCE_S)


@in_loop
async def test_a_connection_that_discord_closes_for_good_ends_the_bot_with_the_reason(tmp_path: Path) -> None:
    async with FakeDiscord() as fake:
        with installed(tmp_path, fake) as (service, _):
            running = asyncio.create_task(service.run())
            await fake.online()
            await fake.gateway.close(4014)
            with pytest.raises(StartFailed) as told:
                await asyncio.wait_for(running, PATIENCE_S)
            assert str(told.value) == FATAL_CLOSES[4014]


@in_loop
async def test_a_bot_without_an_engine_ends_at_once_and_tells_who_waits_that_it_goes_on(tmp_path: Path) -> None:
    async with FakeDiscord() as fake:
        with installed(tmp_path, fake, start_engine=False, watch_period_s=0.1) as (service, _):
            running = asyncio.create_task(service.run())
            await fake.online()
            waiting = await fake.slash("bald", picture())
            await waiting.until(lambda: waiting.original and "place" in waiting.original.text, PATIENCE_S)
            service.stop()
            await asyncio.wait_for(running, PATIENCE_S)
            assert waiting.original is not None
            assert say("en", "restarting") in waiting.original.text


@in_loop
async def test_the_second_stop_does_not_wait_for_what_is_being_made(tmp_path: Path) -> None:
    async with FakeDiscord() as fake:
        with installed(tmp_path, fake, drain_s=3600.0) as (service, _):
            running = asyncio.create_task(service.run())
            await fake.online()
            image, _gate = held(tmp_path)
            begun = await fake.slash("bald", image)
            await working(begun)
            service.stop()
            await asyncio.sleep(0)
            assert not running.done()
            service.stop()
            await asyncio.wait_for(running, PATIENCE_S)
            assert begun.original is not None
            assert say("en", "restarting") in begun.original.text
