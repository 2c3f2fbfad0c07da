"""What is said to engines besides jobs, and what they say of themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

EngineState = Literal["warming", "ready", "draining"]


@dataclass(frozen=True)
class Cancel:
    """Stop working on a job."""

    job_id: str


@dataclass(frozen=True)
class Forget:
    """Drop at once what has been prepared of the photos that these users asked for. users: as in Job."""

    users: tuple[str, ...]


@dataclass(frozen=True)
class EngineQuery:
    """Asks every engine for its EngineStatus."""


@dataclass(frozen=True)
class EngineStatus:
    """What an engine says about itself.

    mean_job_s: over its recent jobs, 0 when there was none yet. silent: its parts that have not lived for half a
    minute. revived: how often one of its parts failed and was started again.
    """

    engine_id: str
    host: str
    pid: int
    device: str
    state: EngineState
    stage: str
    workers: int
    running: tuple[str, ...]
    succeeded: int
    failed: int
    mean_job_s: float
    memory_bytes: int
    uptime_s: float
    silent: tuple[str, ...] = ()
    revived: int = 0
