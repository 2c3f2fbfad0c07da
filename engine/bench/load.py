"""What a long queue costs whoever submits and watches: photos that wait, and nobody who takes them."""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

import psutil

from engine.bench.queue import percentiles
from engine.broker.private import PrivateBroker
from engine.config import QueueConfig
from engine.protocol import MIB, AnimationOptions, BaldOptions, Job, Result
from engine.queue import MemoryLedger, Queue, open_queue
from engine.queue.tasks import start

PHOTO_BYTES = 20_000
JOBS_PER_USER = 5
TICK_S = 0.01
LOOKS = 5
WATCHED_S = 6.0  # three sweeps


def run(waiting: int, watched_s: float = WATCHED_S) -> dict[str, Any]:
    """Hand in so many photos, with a receiver that watches them, and no engine.

    The answer holds submit_ms as {"p50", "p99"}, stall_ms (the longest time for which the receiver's event loop did
    nothing else while it watched), first_look_ms and look_ms (reading all tickets, and again), broker_mib.
    """
    with tempfile.TemporaryDirectory(prefix="recede-bench-") as folder:
        try:
            return asyncio.run(_measure(Path(folder), waiting, watched_s))
        finally:  # it would stay with the photos in it
            address = PrivateBroker(Path(folder)).address()
            if address is not None:
                broker = psutil.Process(address.pid)
                broker.terminate()
                broker.wait()


async def _measure(folder: Path, waiting: int, watched_s: float) -> dict[str, Any]:
    config = QueueConfig(max_jobs=waiting + 1)
    queue = await open_queue(config, "load", folder, MemoryLedger())
    other = await open_queue(config, "other", folder, MemoryLedger())
    try:
        await queue.results(_nothing)
        submits = []
        for number in range(waiting):
            begun_s = time.perf_counter()
            await queue.submit(_job(number))
            submits.append(time.perf_counter() - begun_s)
        stalls: list[float] = []
        ticking = start(_tick(stalls))
        await asyncio.sleep(watched_s)
        ticking.cancel()
        looks = [await _look(other, waiting) for _ in range(LOOKS)]
        address = PrivateBroker(folder).address()
        assert address is not None
        return {
            "waiting": waiting,
            "submit_ms": percentiles(submits),
            "stall_ms": round(max(stalls) * 1e3, 1),
            "first_look_ms": round(looks[0] * 1e3, 1),
            "look_ms": round(min(looks[1:]) * 1e3, 1),
            "broker_mib": round(psutil.Process(address.pid).memory_info().rss / MIB, 1),
        }
    finally:
        await queue.close()
        await other.close()


async def _look(queue: Queue, waiting: int) -> float:
    begun_s = time.perf_counter()
    assert len(await queue.tickets()) == waiting
    return time.perf_counter() - begun_s


async def _tick(stalls: list[float]) -> None:
    while True:
        begun_s = time.perf_counter()
        await asyncio.sleep(TICK_S)
        stalls.append(time.perf_counter() - begun_s - TICK_S)


async def _nothing(result: Result) -> None:
    """Nobody answers."""


def _job(number: int) -> Job:
    user, photo = f"user{number // JOBS_PER_USER}", os.urandom(PHOTO_BYTES)
    expires_at_s = time.time() + 3000.0
    return Job(uuid.uuid4().hex, user, "load", photo, BaldOptions(), AnimationOptions(), expires_at_s)
