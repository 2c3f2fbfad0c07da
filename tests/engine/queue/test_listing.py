"""Which jobs wait or run, as a process of its own is told."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from nats.aio.msg import Msg

from engine.queue.connection import Connection
from engine.queue.listing import Listing
from engine.queue.subjects import Subjects
from tests.support.faults.harness import Installation, receiving
from tests.support.faults.shared_broker import SharedBroker

JOBS = 25
HEARD = 10  # of each answer


class Stuttering(Connection):
    """Hears the beginning of a long answer alone, as one whose broker is too slow for it."""

    async def ask(self, subject: str, payload: bytes, wait_s: float, most: int = 1) -> list[Msg]:
        return (await super().ask(subject, payload, wait_s, most))[:HEARD]


@pytest.fixture
def installation(tmp_path: Path, shared_broker: SharedBroker) -> Iterator[Installation]:
    made = Installation(tmp_path, "max_jobs_per_user = 60\n" + shared_broker.lines())
    yield made
    made.end()


def test_a_list_that_comes_in_pieces_is_read_to_its_end(installation: Installation) -> None:
    async def scenario() -> None:
        async with receiving(installation) as receiver:
            jobs = [await receiver.submit() for _ in range(JOBS)]
            config = installation.config.queue
            connection = Stuttering(config, installation.state, "looker")
            await connection.open()
            try:
                listing = Listing(connection, Subjects(config.name), "looker")
                assert [ticket.job_id for ticket in await listing.look()] == jobs
                assert await receiver.queue.cancel(jobs[3])
                assert [ticket.job_id for ticket in await listing.look()] == jobs[:3] + jobs[4:]
            finally:
                await connection.close()

    asyncio.run(scenario())
