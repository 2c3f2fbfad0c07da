"""A connection is made again, whatever it dies of."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from nats.aio.msg import Msg
from nats.js import JetStreamContext

from engine.config import QueueConfig
from engine.queue.connection import Connection
from engine.queue.link import LinkLost
from engine.queue.probe import ProbeSettings
from tests.support.faults.harness import Installation, until

UNSENDABLE = bytes(32 * 2**20)  # more than the sockets' buffers hold


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path)
    yield made
    made.end()


@pytest.mark.parametrize("error", [LinkLost("in the middle of it"), RuntimeError("of a kind that nobody expects")])
def test_a_link_survives_what_goes_wrong_while_a_connection_is_prepared(
    installation: Installation, error: Exception
) -> None:
    async def scenario() -> None:
        connection = Connection(QueueConfig(), installation.state, "test")
        prepared = 0

        async def prepare(js: JetStreamContext) -> None:
            nonlocal prepared
            prepared += 1
            if prepared == 2:
                raise error

        connection.prepare.append(prepare)
        await connection.open()
        _kill_broker(installation)
        await until(lambda: connection.connections == 2 and connection.connected, 20.0, "the second connection")
        assert prepared == 3
        await connection.close()

    asyncio.run(scenario())


def test_a_connection_whose_end_the_library_does_not_tell_is_noticed(installation: Installation) -> None:
    """nats-py forgets its callbacks when its last drain raises; here they are taken from it."""

    async def scenario() -> None:
        connection = Connection(QueueConfig(), installation.state, "test")
        await connection.open()
        assert connection._client is not None
        connection._client._closed_cb = connection._client._disconnected_cb = None
        _kill_broker(installation)
        await until(lambda: connection.connections == 2 and connection.connected, 20.0, "the second connection")
        await connection.close()

    asyncio.run(scenario())


def test_a_connection_whose_reader_has_died_is_noticed(installation: Installation) -> None:
    async def scenario() -> None:
        probe = ProbeSettings(ping_interval_s=1, timeout_s=1)
        connection = Connection(QueueConfig(), installation.state, "test", probe=probe)
        await connection.open()
        assert connection._client is not None
        reading = connection._client._reading_task
        assert reading is not None
        reading.cancel()
        await until(lambda: connection.connections == 2 and connection.connected, 20.0, "the second connection")
        await connection.close()

    asyncio.run(scenario())


def test_a_connection_to_a_broker_that_hangs_leaves_nobody_listening(installation: Installation) -> None:
    """What cannot be sent keeps nats-py from closing, and what it leaves behind is complained of in the log."""

    async def scenario() -> None:
        connection = Connection(QueueConfig(), installation.state, "test")
        await connection.open()
        client = connection._client
        assert client is not None
        await connection.subscribe("test", _ignore)
        tasks = [getattr(subscription, "_wait_for_msgs_task", None) for subscription in client._subs.values()]
        listening = [task for task in tasks if task is not None]
        assert listening
        pid = installation.broker_pid()
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        for _ in range(2):  # one that is being sent, and one behind it
            client._pending.append(UNSENDABLE)
            client._pending_data_size += len(UNSENDABLE)
            await client._flush_pending()
            await asyncio.sleep(0.1)
        await connection.close()
        await asyncio.sleep(0)
        assert all(task.done() for task in listening)

    asyncio.run(scenario())


async def _ignore(message: Msg) -> None:
    pass


def _kill_broker(installation: Installation) -> None:
    pid = installation.broker_pid()
    assert pid is not None
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
