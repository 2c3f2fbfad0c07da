"""Whose job is next, as an engine asks the broker for it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import pytest
from nats.aio.msg import Msg
from nats.js import JetStreamContext

from engine.queue.connection import Connection
from engine.queue.consumer import Consumer
from engine.queue.link import PATIENCE_S as LINK_PATIENCE_S
from engine.queue.subjects import Subjects, Ticket, read_stored
from engine.queue.troubles import Service
from engine.queue.turns import Turns, TurnSettings
from tests.support.faults.harness import PATIENCE_S, Installation, receiving, until
from tests.support.faults.shared_broker import SharedBroker

Answer = TypeVar("Answer")


class Counting(Connection):
    """Counts what the broker is asked."""

    asked = 0

    async def call(
        self,
        operation: Callable[[JetStreamContext], Awaitable[Answer]],
        patience_s: float = LINK_PATIENCE_S,
        service: Service = "ask",
    ) -> Answer:
        self.asked += 1
        return await super().call(operation, patience_s, service)


# So that a busy machine's pauses change nothing.
ASKED_ONCE = TurnSettings(known_s=3600.0, longest_known_s=3600.0)


@pytest.fixture
def installation(tmp_path: Path, shared_broker: SharedBroker) -> Iterator[Installation]:
    made = Installation(tmp_path, "lease_s = 1.0\n" + shared_broker.lines())
    yield made
    made.end()


@asynccontextmanager
async def giving(installation: Installation) -> AsyncIterator[tuple[Turns, Counting]]:
    """The turns of an engine that works on nothing, and its connection."""
    config = installation.config.queue
    connection = Counting(config, installation.state, "engine")
    await connection.open()
    try:
        yield Turns(connection, Subjects(config.name), ASKED_ONCE), connection
    finally:
        await connection.close()


def test_the_broker_is_asked_for_the_order_once_and_what_comes_takes_its_place(installation: Installation) -> None:
    async def scenario() -> None:
        async with receiving(installation) as receiver, giving(installation) as (given, connection):
            for user in ("ann", "bob"):
                await receiver.submit(user=user)
            assert await given.order(()) == [("low", "ann"), ("low", "bob")]
            asked = connection.asked
            given.had("ann")
            assert await given.order(()) == [("low", "bob"), ("low", "ann")]
            given.came("low", "cid", 3)
            given.came("high", "eve", 4)
            assert await given.order(()) == [("high", "eve"), ("low", "bob"), ("low", "ann"), ("low", "cid")]
            assert connection.asked == asked
            given.start_over()
            assert await given.order(()) == [("low", "bob"), ("low", "ann")]

    asyncio.run(scenario())


def test_a_user_without_a_job_to_begin_is_left_out_until_one_comes_or_comes_back(installation: Installation) -> None:
    async def scenario() -> None:
        async with receiving(installation) as receiver, giving(installation) as (given, _):
            await receiver.submit(user="ann")
            assert await given.order(()) == [("low", "ann")]
            assert await given.pull("low", "ann") is not None
            assert await given.pull("low", "ann") is None
            assert await given.order(()) == []
            given.came("low", "ann", 1)
            assert await given.order(()) == [("low", "ann")]

    asyncio.run(scenario())


def test_a_users_consumer_is_forgotten_unless_their_job_is_being_worked_on(installation: Installation) -> None:
    """Or the thousandth user within the hour is the last one that is served."""

    async def scenario() -> None:
        async with receiving(installation) as receiver, giving(installation) as (given, connection):
            subjects = Subjects(installation.config.queue.name)
            working = Consumer(connection, subjects, lambda: pytest.fail("nobody asks"))
            await receiver.submit(user="ann")
            claim = await working.next(PATIENCE_S)
            assert claim is not None
            await given.pull("low", "bob")
            assert await _consumers(connection, subjects) == {"low-ann", "low-bob"}
            deadline_s = time.monotonic() + PATIENCE_S
            while await _consumers(connection, subjects) != {"low-ann"}:
                assert time.monotonic() < deadline_s, "it was not forgotten"
                await asyncio.sleep(0.1)
            await working.give_back(claim)

    asyncio.run(scenario())


async def _consumers(connection: Connection, subjects: Subjects) -> set[str]:
    """The names of those that stay: of users, not of lists."""
    known = await connection.call(lambda js: js.consumers_info(subjects.jobs))
    return {info.name for info in known if info.config.durable_name}


def test_an_engine_hears_whose_job_has_been_stored(installation: Installation) -> None:
    async def scenario() -> None:
        async with receiving(installation) as receiver, giving(installation) as (_, connection):
            subjects = Subjects(installation.config.queue.name)
            heard: list[Ticket] = []

            async def hear(message: Msg) -> None:
                heard.append(read_stored(subjects, message.headers))

            await connection.subscribe(subjects.subject("stored", "job", "*", "*"), hear)
            job_id = await receiver.submit(user="ann", lane="high")
            await until(lambda: bool(heard), PATIENCE_S, "word of the job")
            assert heard == await receiver.queue.tickets()
            assert heard[0].job_id == job_id

    asyncio.run(scenario())
