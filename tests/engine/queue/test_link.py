"""A link outlives whatever its connection dies of."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from nats.js import JetStreamContext

from engine.config import QueueConfig
from engine.queue.link import Link, _Lost
from tests.support.faults.harness import Installation, until


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path)
    yield made
    made.end()


@pytest.mark.parametrize("error", [_Lost("in the middle of it"), RuntimeError("of a kind that nobody expects")])
def test_a_link_survives_what_goes_wrong_while_a_connection_is_prepared(
    installation: Installation, error: Exception
) -> None:
    async def scenario() -> None:
        link = Link(QueueConfig(), installation.state, "test")
        prepared = 0

        async def prepare(js: JetStreamContext) -> None:
            nonlocal prepared
            prepared += 1
            if prepared == 2:
                raise error

        link.prepare.append(prepare)
        await link.open()
        _kill_broker(installation)
        await until(lambda: link.connections == 2 and link.connected, 20.0, "the second connection")
        assert prepared == 3
        await link.close()

    asyncio.run(scenario())


def test_a_connection_whose_end_the_library_does_not_tell_is_noticed(installation: Installation) -> None:
    """nats-py forgets its callbacks when its last drain raises; here they are taken from it."""

    async def scenario() -> None:
        link = Link(QueueConfig(), installation.state, "test")
        await link.open()
        assert link._client is not None
        link._client._closed_cb = link._client._disconnected_cb = None
        _kill_broker(installation)
        await until(lambda: link.connections == 2 and link.connected, 20.0, "the second connection")
        await link.close()

    asyncio.run(scenario())


def test_a_connection_whose_reader_has_died_is_noticed(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.queue.link.PROBE_TIMEOUT_S", 1)
    monkeypatch.setattr("engine.queue.link.PING_INTERVAL_S", 1)

    async def scenario() -> None:
        link = Link(QueueConfig(), installation.state, "test")
        await link.open()
        assert link._client is not None
        reading = link._client._reading_task
        assert reading is not None
        reading.cancel()
        await until(lambda: link.connections == 2 and link.connected, 20.0, "the second connection")
        await link.close()

    asyncio.run(scenario())


def _kill_broker(installation: Installation) -> None:
    pid = installation.broker_pid()
    assert pid is not None
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
