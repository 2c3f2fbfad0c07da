"""What is said to engines besides jobs, and what they say of themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from engine.protocol.animation import AnimationOptions
from engine.protocol.names import check_name

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
class Reencode:
    """Make another file of an answer whose pictures an engine still has: its result comes as that of the job `job_id`,
    without there being such a job. answered_id: the job whose answer it was; user, receiver: as in Job, the same user
    as that job's."""

    job_id: str
    answered_id: str
    user: str
    receiver: str
    animation: AnimationOptions

    def __post_init__(self) -> None:
        check_name("job", self.job_id)
        check_name("job", self.answered_id)
        check_name("user", self.user)
        check_name("receiver", self.receiver)


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
