"""A job, how it gets on, and how it ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from engine.errors import BadOption, RecedeError, error_from_code
from engine.protocol.animation import MIB, AnimationFormat, AnimationOptions
from engine.protocol.names import check_name
from engine.protocol.options import BaldOptions, EditOptions

MAX_PHOTO_BYTES = 25 * MIB

Lane = Literal["high", "low"]
# From this fraction on (the networks have drawn all heads, and these are laid into the photo) a job leaves an engine
# room for the next.
NEARLY_DONE = 0.824
JOB_KINDS: Mapping[str, type] = {"bald": BaldOptions, "edit": EditOptions}


@dataclass(frozen=True)
class Job:
    """One photo and what is to become of it.

    job_id: the same id is the same job, however often it is handed in. user: whose share of the queue it takes.
    receiver: the name under which results() of the asking side listens. expires_at_s: seconds since 1970; a job
    that has not begun by then ends as expired and is not run. lane: every "high" job goes before every "low".
    Raises BadOption for names that `names.is_name` does not take, and for a photo above MAX_PHOTO_BYTES.
    """

    job_id: str
    user: str
    receiver: str
    photo: bytes
    options: BaldOptions | EditOptions
    animation: AnimationOptions
    expires_at_s: float
    lane: Lane = "low"

    def __post_init__(self) -> None:
        check_name("job", self.job_id)
        check_name("user", self.user)
        check_name("receiver", self.receiver)
        if len(self.photo) > MAX_PHOTO_BYTES:
            raise BadOption(f"A photo of {len(self.photo)} bytes does not fit: send at most {MAX_PHOTO_BYTES}.")

    @property
    def kind(self) -> str:
        """The name of what is asked for, a key of JOB_KINDS."""
        return next(kind for kind, options in JOB_KINDS.items() if isinstance(self.options, options))


@dataclass(frozen=True)
class StageProgress:
    """Where a job stands: the stage's name, the whole job's fraction 0..1, and a small JPEG once there is one."""

    stage: str
    fraction: float
    preview_jpeg: bytes | None = None


@dataclass(frozen=True)
class Progress:
    """Where a job stands, as the asking side hears it.

    stage: "waiting", "starting", or a stage of the pipeline; fraction: of the whole job, 0..1; queue_position: 1 is
    next, None once it has begun; seconds_left: estimate until the result.
    """

    job_id: str
    stage: str
    fraction: float
    queue_position: int | None = None
    seconds_left: float | None = None
    preview_jpeg: bytes | None = None


@dataclass(frozen=True)
class Rendered:
    """A finished animation. animation: the file; width_px, height_px, frames: what it shows; alt_text: in English.

    gave_up: what the byte limit cost, in words, empty when nothing; measured: plain numbers by name (seconds per
    stage, norwood_stage of today, faces).
    """

    animation: bytes
    format: AnimationFormat
    width_px: int
    height_px: int
    frames: int
    alt_text: str
    gave_up: tuple[str, ...] = ()
    measured: Mapping[str, float] = field(default_factory=dict)
    sheet_png: bytes | None = None


@dataclass(frozen=True)
class Failure:
    """A RecedeError on its way across the queue: its code, its sentence in English, and what the sentence names."""

    code: str
    sentence: str
    details: Mapping[str, str | int | float] = field(default_factory=dict)

    @classmethod
    def of(cls, error: RecedeError) -> Failure:
        """The crossing form of `error`."""
        return cls(error.code, error.sentence, dict(error.details))

    def error(self) -> RecedeError:
        """The error again, ready to be raised."""
        error = error_from_code(self.code, self.sentence)
        error.details = dict(self.details)
        return error


@dataclass(frozen=True)
class Result:
    """How a job ended: an animation or an error, never both. tries: how often the job was begun. Raises BadOption for
    both or neither."""

    job_id: str
    rendered: Rendered | None = None
    failure: Failure | None = None
    tries: int = 1

    def __post_init__(self) -> None:
        check_name("job", self.job_id)
        if (self.rendered is None) == (self.failure is None):
            raise BadOption("A result is either an animation or an error.")

    def unwrap(self) -> Rendered:
        """The animation. Raises the job's error where there is none."""
        if self.rendered is None:
            assert self.failure is not None
            raise self.failure.error()
        return self.rendered
