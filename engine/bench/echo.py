"""Pipelines that do nothing but note the time: what is left is the queue itself.

Times are of time.monotonic, which all processes of one machine share.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from engine.config import EngineConfig
from engine.pipeline.recent import Recent
from engine.protocol import Job, Rendered, StageProgress
from engine.runtime.progress import Hear
from engine.server.worker import Run


def device_of(device: str) -> str:
    """A name of its own, so that a benchmark can run beside a real engine."""
    return "bench"


def load(settings: EngineConfig, hear: Hear, recent: Recent[Any], films: Recent[Any]) -> Mapping[str, Run]:
    """Nothing to load."""
    return {"bald": echo}


def echo(job: Job, hear: Hear) -> Rendered:
    """Answer with `job.animation.max_bytes` bytes, after one progress whose stage is the time at which it was made."""
    begun_s = time.monotonic()
    hear(StageProgress(repr(time.monotonic()), 0.5))
    answer = job.photo[:1] * job.animation.max_bytes
    return Rendered(answer, "gif", 64, 64, 2, "", (), {"begun_s": begun_s, "ended_s": time.monotonic()})
