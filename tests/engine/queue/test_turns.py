"""Whose job is next, as an engine asks the broker for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import pytest
from nats.js import JetStreamContext

from engine.queue import turns
from engine.queue.connection import Connection
from engine.queue.link import PATIENCE_S
from engine.queue.subjects import Subjects
from engine.queue.troubles import Service
from engine.queue.turns import Turns
from tests.support.faults.harness import Installation, receiving
from tests.support.faults.shared_broker import SharedBroker

Answer = TypeVar("Answer")


class Counting(Connection):
    """Counts what the broker is asked."""

    asked = 0

    async def call(
        self,
        operation: Callable[[JetStreamContext], Awaitable[Answer]],
        patience_s: float = PATIENCE_S,
        service: Service = "ask",
    ) -> Answer:
        self.asked += 1
        return await super().call(operation, patience_s, service)


@pytest.fixture
def installation(
    tmp_path: Path, shared_broker: SharedBroker, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Installation]:
    monkeypatch.setattr(turns, "KNOWN_S", 3600.0)  # so that a busy machine's pauses change nothing
    made = Installation(tmp_path, shared_broker.lines())
    yield made
    made.end()


@asynccontextmanager
async def giving(installation: Installation) -> AsyncIterator[tuple[Turns, Counting]]:
    """The turns of an engine that works on nothing, and its connection."""
    config = installation.config.queue
    connection = Counting(config, installation.state, "engine")
    await connection.open()
    try:
        yield Turns(connection, Subjects(config.name)), connection
    finally:
        await connection.close()


def test_the_broker_is_asked_for_the_order_again_when_something_has_changed_and_not_before(
    installation: Installation,
) -> None:
    async def scenario() -> None:
        async with receiving(installation) as receiver, giving(installation) as (given, connection):
            for user in ("ann", "bob"):
                await receiver.submit(user=user)
            assert await given.order(()) == [("low", "ann"), ("low", "bob")]
            asked = connection.asked
            given.had("ann")
            assert await given.order(()) == [("low", "bob"), ("low", "ann")]
            assert connection.asked == asked
            await receiver.submit(user="eve", lane="high")
            given.changed()
            assert await given.order(()) == [("high", "eve"), ("low", "bob"), ("low", "ann")]

    asyncio.run(scenario())


def test_a_user_without_a_job_to_begin_is_left_out_until_the_broker_is_asked_again(installation: Installation) -> None:
    async def scenario() -> None:
        async with receiving(installation) as receiver, giving(installation) as (given, _):
            await receiver.submit(user="ann")
            assert await given.order(()) == [("low", "ann")]
            assert await given.pull("low", "ann") is not None
            assert await given.pull("low", "ann") is None
            assert await given.order(()) == []
            given.changed()
            assert await given.order(()) == [("low", "ann")]  # its job is there, in somebody's hands

    asyncio.run(scenario())
