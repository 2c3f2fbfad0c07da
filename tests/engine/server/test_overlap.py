"""Which of a worker's jobs may be under way together: by itself, and with real processes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.errors import Crashed
from engine.server.overlap import Overlap
from tests.support.faults.harness import Installation, receiving
from tests.support.faults.shared_broker import SharedBroker

# What has to wait would have begun by then.
SOON_S = 0.05


class Work:
    """A job that goes on until it is told to end."""

    def __init__(self) -> None:
        self.begun, self.goes_on = asyncio.Event(), asyncio.Event()
        self.nearly_done: Callable[[], None] = lambda: None

    async def __call__(self, nearly_done: Callable[[], None]) -> None:
        self.nearly_done = nearly_done
        self.begun.set()
        await self.goes_on.wait()


class FailingWork(Work):
    """One that ends with an error."""

    async def __call__(self, nearly_done: Callable[[], None]) -> None:
        await super().__call__(nearly_done)
        raise Crashed("it did")


async def has_room(overlap: Overlap) -> bool:
    try:
        await asyncio.wait_for(overlap.room(), SOON_S)
    except TimeoutError:
        return False
    return True


def test_there_is_room_for_another_job_as_soon_as_one_is_nearly_done() -> None:
    async def scenario() -> None:
        overlap, first = Overlap(), Work()
        assert await has_room(overlap)
        overlap.begin(first, alone=False)
        assert not await has_room(overlap)
        first.nearly_done()
        assert await has_room(overlap)
        await overlap.end()

    asyncio.run(scenario())


def test_there_are_never_more_than_two() -> None:
    async def scenario() -> None:
        overlap, first, second = Overlap(), Work(), Work()
        for work in (first, second):
            overlap.begin(work, alone=False)
            await work.begun.wait()
            work.nearly_done()
        assert not await has_room(overlap)
        first.goes_on.set()
        assert await has_room(overlap)
        await overlap.end()

    asyncio.run(scenario())


def test_a_job_that_has_failed_before_has_the_worker_to_itself() -> None:
    async def scenario() -> None:
        overlap, first, again = Overlap(), Work(), Work()
        overlap.begin(first, alone=False)
        await first.begun.wait()
        first.nearly_done()
        await overlap.room()
        overlap.begin(again, alone=True)
        assert not await has_room(overlap)
        assert not again.begun.is_set()
        first.goes_on.set()
        await again.begun.wait()
        again.nearly_done()
        assert not await has_room(overlap)
        again.goes_on.set()
        assert await has_room(overlap)

    asyncio.run(scenario())


def test_what_one_raises_is_raised_once_and_leaves_the_other_at_work() -> None:
    async def scenario() -> None:
        overlap, first, second = Overlap(), FailingWork(), Work()
        overlap.begin(first, alone=False)
        await first.begun.wait()
        first.nearly_done()
        await overlap.room()
        overlap.begin(second, alone=False)
        await second.begun.wait()
        first.goes_on.set()
        second.nearly_done()
        with pytest.raises(Crashed):
            await overlap.room()
        assert await has_room(overlap)
        second.goes_on.set()
        await overlap.ended()

    asyncio.run(scenario())


@pytest.fixture
def installation(tmp_path: Path, shared_broker: SharedBroker) -> Iterator[Installation]:
    """One of its own for each test."""
    made = Installation(tmp_path, shared_broker.lines())
    yield made
    made.end()


def test_a_waiting_job_is_done_beside_one_that_is_nearly_done(installation: Installation) -> None:
    gate = installation.state / "gate"

    async def scenario() -> None:
        installation.start_engine()
        async with receiving(installation) as receiver:
            first = await receiver.submit("nearly", user="one", gate=str(gate))
            second = await receiver.submit("echo", user="two")
            assert (await receiver.result(second)).rendered is not None
            assert first not in receiver.results
            gate.touch()
            assert (await receiver.result(first)).rendered is not None

    asyncio.run(scenario())


def test_who_is_hurt_by_the_job_beside_is_done_again_alone(installation: Installation) -> None:
    gate, tries = installation.state / "gate", installation.state / "tries"

    async def scenario() -> None:
        installation.start_engine()
        async with receiving(installation) as receiver:
            hurt = await receiver.submit("nearly", user="one", gate=str(gate), log=str(tries))
            await receiver.begun(hurt)
            poison = await receiver.submit("die", user="two", log=str(tries))
            while tries.exists() and tries.read_text().count(hurt) < 2:
                await asyncio.sleep(SOON_S)
            gate.touch()
            assert (await receiver.result(hurt)).tries == 2
            assert (await receiver.result(poison)).tries == 3

    asyncio.run(scenario())
