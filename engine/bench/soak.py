"""Whether engine and broker keep their size: many jobs in a row, resident memory early and late."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import time
import uuid
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from engine.bench.launch import running_engine
from engine.broker.private import PrivateBroker
from engine.protocol import AnimationOptions, BaldOptions, Job, Preset, Result
from engine.server.serve import REAL_PIPELINES

JOB_TIMEOUT_S = 600.0


@dataclass(frozen=True)
class SoakSettings:
    """How long: jobs, at most, and seconds after which no other begins. settled_s: when photos of every size have been
    met, so that whatever grows from then on is a leak."""

    jobs: int = 300
    limit_s: float = 1200.0
    settled_s: float = 600.0


def run(
    photos: Sequence[bytes],
    animation: AnimationOptions,
    settings: SoakSettings = SoakSettings(),
    preset: Preset = "fast",
    pipelines: str = REAL_PIPELINES,
) -> dict[str, Any]:
    """Run as many jobs as the settings allow, over `photos` in turn, through an engine of its own.

    The answer holds jobs, failed, seconds, and for "engine" (its worker included) and "broker" the resident MiB
    after `settled_s` (or half of the time where there was less) and at the end, and their "growth" as a share. Each of
    the two figures is the median over ten jobs, since a worker's size breathes. settled_s: as told. Raises QueueError
    where broker or engine do not start, TimeoutError where a job is not answered.
    """
    with tempfile.TemporaryDirectory(prefix="recede-soak-") as folder:
        return asyncio.run(_soak(Path(folder), photos, animation, settings, preset, pipelines))


async def _soak(
    folder: Path,
    photos: Sequence[bytes],
    animation: AnimationOptions,
    settings: SoakSettings,
    preset: Preset,
    pipelines: str,
) -> dict[str, Any]:
    sizes: dict[str, list[float]] = {"engine": [], "broker": []}
    ended_s: list[float] = []
    failed = 0
    options = BaldOptions(preset=preset)
    async with running_engine(folder, pipelines, "soak", JOB_TIMEOUT_S) as (queue, engine_pid):
        arrived: asyncio.Queue[Result] = asyncio.Queue()
        await queue.results(arrived.put)
        begun_s = time.monotonic()
        while len(sizes["engine"]) < settings.jobs and time.monotonic() - begun_s < settings.limit_s:
            photo = photos[len(sizes["engine"]) % len(photos)]
            expires_at_s = time.time() + JOB_TIMEOUT_S
            await queue.submit(Job(uuid.uuid4().hex, "soak", "soak", photo, options, animation, expires_at_s))
            result = await asyncio.wait_for(arrived.get(), JOB_TIMEOUT_S)
            failed += result.failure is not None
            ended_s.append(time.monotonic() - begun_s)
            address = PrivateBroker(folder).address()
            sizes["engine"].append(resident_mib(engine_pid))
            sizes["broker"].append(resident_mib(address.pid if address else 0))
        seconds = time.monotonic() - begun_s
    figures: dict[str, Any] = {"jobs": len(sizes["engine"]), "failed": failed, "seconds": round(seconds, 1)}
    settled_s = min(settings.settled_s, seconds / 2)
    figures["settled_s"] = round(settled_s, 1)
    for name, row in sizes.items():
        settled = bisect_left(ended_s, settled_s)
        early, late = _median(row[max(0, settled - 5) : settled + 5]), _median(row[-10:])
        figures[name] = {
            "settled_mib": round(early, 1),
            "end_mib": round(late, 1),
            "growth": round(late / early - 1.0, 4) if early else 0.0,
        }
    return figures


def resident_mib(pid: int) -> float:
    """Resident memory of a process and its children."""
    total = 0
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        for one in (process, *process.children(recursive=True)):
            with contextlib.suppress(psutil.Error):
                total += one.memory_info().rss
    return total / 2**20


def _median(row: Sequence[float]) -> float:
    return sorted(row)[len(row) // 2] if row else 0.0
