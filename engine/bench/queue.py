"""How much the queue costs: an idle engine that does nothing, beside the same call made in this process."""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine.bench.echo import echo
from engine.bench.launch import running_engine
from engine.protocol import MIB, AnimationOptions, BaldOptions, Job, Progress, Rendered, Result, StageProgress
from engine.queue import Queue

PHOTO_BYTES = 200_000  # a usual photo from a phone, as Discord passes it on
LARGE_BYTES = 8 * MIB  # the largest animation by default
SMALL_BYTES = 64 * 1024
READY_TIMEOUT_S = 30.0


def run(jobs: int = 200, large_jobs: int = 40) -> dict[str, Any]:
    """Measure `jobs` small jobs and `large_jobs` with an 8 MiB result, each through the queue and in this process.

    The answer holds submit_to_start_ms (from the call of submit to the job's first line), progress_ms (from
    the job's progress to the callback) and result_8mib_ms (from the job's end to the callback), each as
    {"p50", "p99"}, and the same under "in_process".
    """
    with tempfile.TemporaryDirectory(prefix="recede-bench-") as folder:
        return asyncio.run(_measure(Path(folder), jobs, large_jobs))


async def _measure(folder: Path, jobs: int, large_jobs: int) -> dict[str, Any]:
    async with running_engine(folder, "engine.bench.echo", "bench", READY_TIMEOUT_S) as (queue, _):
        through = await _Probe.open(queue)
        starts, progress, results = await _through_queue(through, jobs, large_jobs)
    direct = _in_process(jobs, large_jobs)
    return {
        "jobs": jobs,
        "large_jobs": large_jobs,
        "submit_to_start_ms": percentiles(starts),
        "progress_ms": percentiles(progress),
        "result_8mib_ms": percentiles(results),
        "in_process": {
            "submit_to_start_ms": percentiles(direct[0]),
            "progress_ms": percentiles(direct[1]),
            "result_8mib_ms": percentiles(direct[2]),
        },
    }


class _Probe:
    """Hands in one job at a time and notes when its answers arrive."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue
        self._progress_s: list[float] = []
        self._arrived: asyncio.Future[tuple[float, Result]] | None = None

    @classmethod
    async def open(cls, queue: Queue) -> _Probe:
        """A probe that listens."""
        probe = cls(queue)
        await queue.progress(probe._on_progress)
        await queue.results(probe._on_result)
        return probe

    async def ask(self, photo: bytes, result_bytes: int) -> tuple[float, float, float]:
        """Seconds from submit to start, from progress to callback, from end to callback, of one job."""
        self._arrived = asyncio.get_running_loop().create_future()
        self._progress_s.clear()
        options = AnimationOptions(max_bytes=result_bytes)
        begin_s = time.monotonic()
        job_id = uuid.uuid4().hex
        await self._queue.submit(Job(job_id, "bench", "bench", photo, BaldOptions(), options, time.time() + 60.0))
        arrived_s, result = await asyncio.wait_for(self._arrived, 60.0)
        measured = result.unwrap().measured
        return measured["begun_s"] - begin_s, self._progress_s[-1], arrived_s - measured["ended_s"]

    async def _on_progress(self, progress: Progress) -> None:
        if progress.fraction == 0.5:
            self._progress_s.append(time.monotonic() - float(progress.stage))

    async def _on_result(self, result: Result) -> None:
        if self._arrived is not None and not self._arrived.done():
            self._arrived.set_result((time.monotonic(), result))


async def _through_queue(probe: _Probe, jobs: int, large_jobs: int) -> tuple[list[float], list[float], list[float]]:
    photo = os.urandom(PHOTO_BYTES)
    await probe.ask(photo, SMALL_BYTES)  # the first one makes this user's consumer and opens files
    small = []
    for _ in range(jobs):
        small.append(await probe.ask(photo, SMALL_BYTES))
        await asyncio.sleep(0.02)  # the engine is to be idle: the last job's bytes are being overwritten
    large = []
    for _ in range(large_jobs):
        large.append(await probe.ask(photo, LARGE_BYTES))
        await asyncio.sleep(0.1)
    return [row[0] for row in small], [row[1] for row in small], [row[2] for row in large]


def _in_process(jobs: int, large_jobs: int) -> tuple[list[float], list[float], list[float]]:
    photo = os.urandom(PHOTO_BYTES)

    def ask(result_bytes: int) -> tuple[float, float, float]:
        heard: list[float] = []

        def hear(progress: StageProgress) -> None:
            heard.append(time.monotonic() - float(progress.stage))

        begin_s = time.monotonic()
        animation = AnimationOptions(max_bytes=result_bytes)
        rendered: Rendered = echo(Job("plain", "plain", "plain", photo, BaldOptions(), animation, 0.0), hear)
        return rendered.measured["begun_s"] - begin_s, heard[0], time.monotonic() - rendered.measured["ended_s"]

    small = [ask(SMALL_BYTES) for _ in range(jobs)]
    large = [ask(LARGE_BYTES) for _ in range(large_jobs)]
    return [row[0] for row in small], [row[1] for row in small], [row[2] for row in large]


def percentiles(seconds: Sequence[float]) -> dict[str, float]:
    """Median and 99th percentile in milliseconds (nearest rank)."""
    ordered = sorted(seconds)
    rank = max(0, -(-99 * len(ordered) // 100) - 1)
    return {"p50": round(ordered[len(ordered) // 2] * 1e3, 3), "p99": round(ordered[rank] * 1e3, 3)}


def as_text(figures: dict[str, Any]) -> str:
    """The figures as a table."""
    lines = [
        f"{'':20}{'through the queue':>24}{'in process':>24}",
        f"{'':20}{'p50':>12}{'p99':>12}{'p50':>12}{'p99':>12}",
    ]
    for key in ("submit_to_start_ms", "progress_ms", "result_8mib_ms"):
        there, here = figures[key], figures["in_process"][key]
        lines.append(f"{key:20}{there['p50']:12.2f}{there['p99']:12.2f}{here['p50']:12.3f}{here['p99']:12.3f}")
    return "\n".join(lines)
