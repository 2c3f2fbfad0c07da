"""What is asked of the engine, and what it answers. Nothing behind these imports needs torch or NumPy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from engine.errors import BadOption

Preset = Literal["fast", "fine"]
AnimationFormat = Literal["gif", "webp", "mp4"]

YEARS = 20
MIB = 2**20


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
            raise BadOption(f"'{self.faces}' is no choice of faces: use largest, all, or a number from 1 on.")
        if not 1 <= self.stage <= 7:
            raise BadOption(f"Stage {self.stage} does not exist: the Norwood scale goes from 1 to 7.")
        if self.preset not in get_args(Preset):
            raise BadOption(f"'{self.preset}' is no preset: use fast or fine.")


@dataclass(frozen=True)
class AnimationOptions:
    """How the years become a file.

    frames: pictures from year 0 to year 20, both included; size_px: long side; max_bytes: upper limit of the
    file; counter: draw the year; sheet: also deliver the years 0, 5, 10, 15, 20 side by side as PNG.
    """

    format: AnimationFormat = "gif"
    frames: int = 24
    size_px: int = 640
    max_bytes: int = 8 * MIB
    counter: bool = True
    sheet: bool = False

    def __post_init__(self) -> None:
        if self.format not in get_args(AnimationFormat):
            raise BadOption(f"'{self.format}' is no format: use gif, webp or mp4.")
        if not 2 <= self.frames <= 240:
            raise BadOption(f"{self.frames} frames cannot be made: choose 2 to 240.")
        if not 64 <= self.size_px <= 2048:
            raise BadOption(f"A long side of {self.size_px} px cannot be made: choose 64 to 2048.")
        if self.max_bytes < 16 * 1024:
            raise BadOption(f"{self.max_bytes} bytes are too few for any animation: allow at least 16384.")


@dataclass(frozen=True)
class StageProgress:
    """Where a job stands: the step's name, the whole job's fraction 0..1, and a small JPEG once there is one."""

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
