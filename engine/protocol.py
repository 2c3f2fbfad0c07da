"""What is asked of the engine, and what it answers. Nothing behind these imports needs torch or NumPy."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from engine.errors import BadOption, RecedeError, error_from_code

Preset = Literal["draft", "fast", "fine"]
AnimationFormat = Literal["gif", "webp", "mp4", "png"]
CounterLanguage = Literal["en", "zh"]
# Those that move; png is a still of the last frame.
FILM_FORMATS: tuple[AnimationFormat, ...] = ("gif", "webp", "mp4")

YEARS = 20
MIB = 2**20
# All frames of an animation are held at once: 24 at 2048 px, or 240 at 640 px, are about 300 MiB.
MAX_FILM_PIXELS = 24 * 2048**2
# Two frames are the least that move; 240 are ten seconds at 24 a second.
FRAMES = (2, 240)
# Of the long side: from where a face can be made out to twice the generator's own size.
SIZES_PX = (64, 2048)
# A limit below it is taken for a mistake.
MIN_FILM_BYTES = 16 * 1024
MAX_PHOTO_BYTES = 25 * MIB

Lane = Literal["high", "low"]
EngineState = Literal["warming", "ready", "draining"]

# What /edit and `recede edit` can change.
EDIT_ATTRIBUTES = (
    "bald",
    "receding_hairline",
    "bangs",
    "wavy",
    "straight",
    "black",
    "brown",
    "blond",
    "gray",
    "beard",
    "mustache",
    "sideburns",
    "long_hair",
)
# What an edit can be told to leave as it is, besides the above.
HELD_ATTRIBUTES = ("age", "gender", "glasses", "smile", "yaw", "hat")
MAX_STRENGTH = 3.0

# Job, user and receiver are parts of subjects and of consumers' names at the broker, where dots, blanks, slashes
# and wildcards mean something.
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True)
class BaldOptions:
    """How bald, and who.

    faces: "largest", "all", or "1", "2", ... counted from left to right.
    stage: Norwood stage 1..7 at which the last year stops; 7 is the horseshoe.
    clean: remove the sides too.
    seed: of everything random (the order in which strands fall, texture of the filled background).
    """

    faces: str = "largest"
    stage: int = 7
    clean: bool = False
    preset: Preset = "fast"
    seed: int = 0

    def __post_init__(self) -> None:
        if self.faces not in ("largest", "all") and not (self.faces.isdecimal() and int(self.faces) >= 1):
            raise BadOption(f"'{self.faces}' does not choose faces: use largest, all, or a number from 1 on.")
        if not 1 <= self.stage <= 7:
            raise BadOption(f"The stage must be 1 to 7 on the Norwood scale, got {self.stage}.")
        if self.preset not in get_args(Preset):
            raise BadOption(f"'{self.preset}' is not a preset: use draft, fast or fine.")


@dataclass(frozen=True)
class AttributeEdit:
    """One change. strength: -3..3 standard deviations of that attribute's score over people at large.

    attribute: one of EDIT_ATTRIBUTES, or a user's own that the engine has installed; the engine checks the name.
    """

    attribute: str
    strength: float

    def __post_init__(self) -> None:
        if not is_name(self.attribute):
            raise BadOption(f"'{self.attribute}' cannot be an attribute's name: see recede attributes.")
        if not -MAX_STRENGTH <= self.strength <= MAX_STRENGTH:
            raise BadOption(f"A strength must be -3 to 3, got {self.strength:g}.")


@dataclass(frozen=True)
class EditOptions:
    """What to change, and on whom.

    edits: at least one, each attribute once; they are added. hold: attributes to keep as they are; None holds what
    each attribute's table row names. faces, preset, seed: as in BaldOptions.
    """

    edits: tuple[AttributeEdit, ...]
    hold: tuple[str, ...] | None = None
    faces: str = "largest"
    preset: Preset = "fast"
    seed: int = 0

    def __post_init__(self) -> None:
        names = [edit.attribute for edit in self.edits]
        if not names:
            raise BadOption("There is nothing to edit: name an attribute and a strength.")
        if len(set(names)) < len(names):
            raise BadOption("An attribute is named twice: give each once, with its whole strength.")
        BaldOptions(faces=self.faces, preset=self.preset)


@dataclass(frozen=True)
class AnimationOptions:
    """How the years become a file.

    frames: pictures from year 0 to year 20, both included; size_px: long side; max_bytes: upper limit of the
    file; counter: draw the year; sheet: also deliver the years 0, 5, 10, 15, 20 side by side as PNG. before: of a
    still, the first year beside the last. language: of the counter's word.
    """

    format: AnimationFormat = "gif"
    frames: int = 24
    size_px: int = 640
    max_bytes: int = 8 * MIB
    counter: bool = True
    sheet: bool = False
    before: bool = False
    language: CounterLanguage = "en"

    def __post_init__(self) -> None:
        if self.language not in get_args(CounterLanguage):
            raise BadOption(f"The counter does not speak '{self.language}': use en or zh.")
        if self.format not in get_args(AnimationFormat):
            raise BadOption(f"'{self.format}' is not a format: use gif, webp, mp4, or png for a still.")
        if not FRAMES[0] <= self.frames <= FRAMES[1]:
            raise BadOption(f"Frames must be {FRAMES[0]} to {FRAMES[1]}, got {self.frames}.")
        if not SIZES_PX[0] <= self.size_px <= SIZES_PX[1]:
            raise BadOption(f"The long side must be {SIZES_PX[0]} to {SIZES_PX[1]} px, got {self.size_px}.")
        if self.frames * self.size_px**2 > MAX_FILM_PIXELS:
            raise BadOption(
                f"{self.frames} frames at {self.size_px} px are too much for one animation: choose fewer or smaller."
            )
        if self.max_bytes < MIN_FILM_BYTES:
            raise BadOption(f"The animation's limit must be {MIN_FILM_BYTES} bytes or more, got {self.max_bytes}.")


@dataclass(frozen=True)
class StageProgress:
    """Where a job stands: the stage's name, the whole job's fraction 0..1, and a small JPEG once there is one."""

    stage: str
    fraction: float
    preview_jpeg: bytes | None = None


@dataclass(frozen=True)
class Rendered:
    """A finished animation.

    gave_up: what the byte limit cost, in words, empty when nothing; measured: plain numbers by name (seconds per
    step, norwood_stage of today, faces).
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


JOB_KINDS: Mapping[str, type] = {"bald": BaldOptions, "edit": EditOptions}


def is_name(text: str) -> bool:
    """Whether `text` may name a job, a user or a receiver: 1 to 64 of A-Z, a-z, 0-9, _ and -."""
    return _NAME.fullmatch(text) is not None


def check_name(what: str, text: str) -> None:
    """Raises BadOption where `text` cannot name a job, a user or a receiver."""
    if not is_name(text):
        raise BadOption(f"The {what} has no usable name: use 1 to 64 letters, digits, _ or -.")


@dataclass(frozen=True)
class Job:
    """One photo and what is to become of it.

    job_id: the same id is the same job, however often it is handed in. user: whose share of the queue it takes.
    receiver: the name under which results() of the asking side listens. expires_at_s: seconds since 1970; a job
    that has not begun by then is reported as expired and not run. lane: every "high" job goes before every "low".
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
class Failure:
    """A RecedeError on its way across the queue."""

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
    """How a job ended: an animation or an error, never both. tries: how often the job was begun."""

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
