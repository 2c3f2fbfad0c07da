"""Whether a connection still lives, whatever nats-py says about it."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass

from nats.aio.client import Client

from engine.queue.tasks import start


@dataclass(frozen=True)
class ProbeSettings:
    """How a connection is tried, in seconds: nats-py's own pings do not show that its reader has died, nor that a drain
    of its socket never returns."""

    # Between two looks whether it still lives.
    period_s: float = 1.0
    # Between two pings, nats-py's and ours, and for the answer to one; whole seconds, as nats-py takes them.
    ping_interval_s: int = 4
    timeout_s: int = 15


async def until_gone(
    client: Client, lost: asyncio.Event, lives: Callable[[], None], settings: ProbeSettings = ProbeSettings()
) -> None:
    """Returns once the connection is gone: `lost` is set, or nats-py has closed it, or it answers no ping. lives:
    called every period until then."""
    probe: asyncio.Task[None] | None = None
    sent_s = time.monotonic()
    try:
        while not lost.is_set() and not client.is_closed:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(settings.period_s):
                    await lost.wait()
            lives()
            if probe is not None and probe.done():
                if probe.cancelled() or probe.exception() is not None:
                    return
                probe = None
            if probe is None and time.monotonic() - sent_s > settings.ping_interval_s:
                sent_s = time.monotonic()
                probe = start(client.flush(settings.timeout_s))
    finally:
        if probe is not None:
            probe.cancel()
