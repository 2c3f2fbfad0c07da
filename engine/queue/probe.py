"""Whether a connection still lives, whatever nats-py says about it."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable

from nats.aio.client import Client

from engine.queue.tasks import start

PING_INTERVAL_S = 4
# nats-py's own pings do not show that its reader has died, nor that a drain of its socket never returns.
PROBE_PERIOD_S = 1.0
PROBE_TIMEOUT_S = 15


async def until_gone(client: Client, lost: asyncio.Event, lives: Callable[[], None]) -> None:
    """Returns once the connection is gone: `lost` is set, or nats-py has closed it, or it answers no ping. lives:
    called every second until then."""
    probe: asyncio.Task[None] | None = None
    sent_s = time.monotonic()
    try:
        while not lost.is_set() and not client.is_closed:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(PROBE_PERIOD_S):
                    await lost.wait()
            lives()
            if probe is not None and probe.done():
                if probe.cancelled() or probe.exception() is not None:
                    return
                probe = None
            if probe is None and time.monotonic() - sent_s > PING_INTERVAL_S:
                sent_s = time.monotonic()
                probe = start(client.flush(PROBE_TIMEOUT_S))
    finally:
        if probe is not None:
            probe.cancel()
