"""What a long queue costs: photos that wait, an engine that takes them, and results that wait for their receiver."""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from engine.bench.launch import start_engine, until_ready
from engine.bench.queue import percentiles
from engine.bench.soak import resident_mib
from engine.broker.private import PrivateBroker
from engine.config import QueueConfig
from engine.protocol import MIB, AnimationOptions, BaldOptions, Job, Result
from engine.queue import MemoryLedger, Queue, open_queue
from engine.queue.tasks import start

PHOTO_BYTES = 20_000
SMALL_RESULT_BYTES, LARGE_RESULT_BYTES = 20_000, 8 * MIB
JOBS_PER_USER = 5
TICK_S = 0.01
LOOKS = 5
WATCHED_S = 6.0  # three sweeps
WORKED_S = 20.0  # long enough for a few hundred jobs
LARGE_RESULTS = 64
# For an engine's start, and for all large results, on a machine that others keep busy.
READY_S, LARGE_S = 60.0, 600.0


def run(
    waiting: int, watched_s: float = WATCHED_S, worked_s: float = WORKED_S, large: int = LARGE_RESULTS
) -> dict[str, Any]:
    """Hand in so many photos, with a receiver that watches them; then have an engine take them that does nothing.

    The answer holds submit_ms as {"p50", "p99"}, stall_ms (the longest time for which the receiver's event loop did
    nothing else while it watched), watch_cpu (the share of a core that watching took), first_look_ms and look_ms
    (reading all tickets, and again), broker_mib, all without an engine; jobs_per_s (of the results that arrived within
    `worked_s` of the first) and engine_mib, its worker included, with one; and "large" with what `large` results
    of 8 MiB that nobody fetches take of both, and how long it takes then to fetch all (fetch_s).
    """
    with _broker_folder() as folder:
        figures = asyncio.run(_measure(folder, waiting, watched_s, worked_s))
    with _broker_folder() as folder:
        return {**figures, "large": asyncio.run(_measure_large(folder, large))}


@contextmanager
def _broker_folder() -> Iterator[Path]:
    """A state folder, whose broker is ended with it: it would stay with the photos in it."""
    with tempfile.TemporaryDirectory(prefix="recede-bench-") as name:
        try:
            yield Path(name)
        finally:
            address = PrivateBroker(Path(name)).address()
            if address is not None:
                broker = psutil.Process(address.pid)
                broker.terminate()
                broker.wait()


class _Engine:
    """An engine that answers with as many bytes as it is asked for."""

    def __init__(self, folder: Path, max_jobs: int) -> None:
        self._process = start_engine(folder, "engine.bench.echo", max_jobs)

    def mib(self) -> float:
        """Its resident memory, the worker's included."""
        return round(resident_mib(self._process.pid), 1)

    def end(self) -> None:
        """End it at once."""
        self._process.kill()
        self._process.wait()


async def _measure(folder: Path, waiting: int, watched_s: float, worked_s: float) -> dict[str, Any]:
    config = QueueConfig(max_jobs=waiting + 1)
    queue = await open_queue(config, "load", folder, MemoryLedger())
    other = await open_queue(config, "other", folder, MemoryLedger())
    arrived: list[float] = []

    async def arrive(result: Result) -> None:
        arrived.append(time.monotonic())

    try:
        await queue.results(arrive)
        submits = []
        for number in range(waiting):
            begun_s = time.perf_counter()
            await queue.submit(_job(number, SMALL_RESULT_BYTES))
            submits.append(time.perf_counter() - begun_s)
        stalls: list[float] = []
        ticking = start(_tick(stalls))
        before_s = time.process_time()
        await asyncio.sleep(watched_s)
        watch_cpu = (time.process_time() - before_s) / watched_s
        ticking.cancel()
        looks = [await _look(other, waiting) for _ in range(LOOKS)]
        figures = {
            "waiting": waiting,
            "submit_ms": percentiles(submits),
            "stall_ms": round(max(stalls) * 1e3, 1),
            "watch_cpu": round(watch_cpu, 3),
            "first_look_ms": round(looks[0] * 1e3, 1),
            "look_ms": round(min(looks[1:]) * 1e3, 1),
            "broker_mib": _broker_mib(folder),
        }
        engine = _Engine(folder, config.max_jobs)
        try:
            deadline_s = time.monotonic() + READY_S
            while not arrived and time.monotonic() < deadline_s:
                await asyncio.sleep(TICK_S)
            deadline_s = time.monotonic() + worked_s
            while len(arrived) < waiting and time.monotonic() < deadline_s:
                await asyncio.sleep(TICK_S)
            figures["jobs_per_s"] = _per_s(arrived)
            figures["engine_mib"] = engine.mib()
        finally:
            engine.end()
        return figures
    finally:
        await queue.close()
        await other.close()


async def _measure_large(folder: Path, count: int) -> dict[str, Any]:
    config = QueueConfig()
    queue = await open_queue(config, "load", folder, MemoryLedger())
    engine = _Engine(folder, config.max_jobs)
    arrived: list[Result] = []

    async def arrive(result: Result) -> None:
        arrived.append(result)

    try:
        await until_ready(queue, READY_S)
        for number in range(count):
            await queue.submit(_job(number, LARGE_RESULT_BYTES))
        deadline_s = time.monotonic() + LARGE_S
        while (await queue.stored())["recede-results"] < count and time.monotonic() < deadline_s:
            await asyncio.sleep(0.1)
        figures = {"results": count, "broker_mib": _broker_mib(folder), "engine_mib": engine.mib()}
        begun_s = time.monotonic()
        await queue.results(arrive)
        while len(arrived) < count and time.monotonic() < deadline_s:
            await asyncio.sleep(TICK_S)
        return {**figures, "fetched": len(arrived), "fetch_s": round(time.monotonic() - begun_s, 1)}
    finally:
        engine.end()
        await queue.close()


def _broker_mib(folder: Path) -> float:
    address = PrivateBroker(folder).address()
    return round(resident_mib(address.pid), 1) if address is not None else 0.0


def _per_s(arrived_s: Sequence[float]) -> float:
    """Results in a second after the first, 0 where no other came."""
    return round((len(arrived_s) - 1) / (arrived_s[-1] - arrived_s[0]), 1) if len(arrived_s) > 1 else 0.0


async def _look(queue: Queue, waiting: int) -> float:
    begun_s = time.perf_counter()
    assert len(await queue.tickets()) == waiting
    return time.perf_counter() - begun_s


async def _tick(stalls: list[float]) -> None:
    while True:
        begun_s = time.perf_counter()
        await asyncio.sleep(TICK_S)
        stalls.append(time.perf_counter() - begun_s - TICK_S)


def _job(number: int, result_bytes: int) -> Job:
    user, photo = f"user{number // JOBS_PER_USER}", os.urandom(PHOTO_BYTES)
    animation = AnimationOptions(max_bytes=result_bytes)
    return Job(uuid.uuid4().hex, user, "load", photo, BaldOptions(), animation, time.time() + 3000.0)
