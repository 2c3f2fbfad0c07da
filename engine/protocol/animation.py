"""How the years become a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from engine.errors import BadOption

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


@dataclass(frozen=True)
class AnimationOptions:
    """How the years become a file.

    frames: 2..240 pictures from year 0 to year 20, both included; size_px: long side, 64..2048; max_bytes: upper limit
    of the file, 16 KiB or more; counter: draw the year; sheet: also deliver the years 0, 5, 10, 15, 20 side by side as
    PNG. before: of a still, the first year beside the last. language: of the counter's word. Raises BadOption out of
    these ranges, and for more pixels in all than MAX_FILM_PIXELS.
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
