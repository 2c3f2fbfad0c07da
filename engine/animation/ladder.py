"""A file below a limit on bytes: what is given up, in which order, and the sentence that says so."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.animation.counter import draw_years
from engine.animation.cutout import laid_down
from engine.animation.gif import write_gif
from engine.animation.mp4 import write_mp4
from engine.animation.sheet import write_before_after, write_still
from engine.animation.sizing import Frame, fit_frames, fitted_size
from engine.animation.timing import Shot, play_order
from engine.animation.webp import write_webp
from engine.errors import ResultTooLarge
from engine.protocol import AnimationFormat, AnimationOptions

Writer = Callable[[Sequence[Frame], Sequence[Shot], int], bytes]

SMALLEST_SIDE_PX = 64


@dataclass(frozen=True)
class Encoded:
    """A finished file: its bytes, what it shows, and what the byte limit cost, in sentences."""

    data: bytes
    width_px: int
    height_px: int
    frames: int
    gave_up: tuple[str, ...]


@dataclass(frozen=True)
class Codec:
    """How one format is written: its levels of detail, best first, and the share of bytes that each needs.

    name: what a lower level costs, in words, empty where there is but one; even: sides must be; still: one frame;
    opaque: it has no transparency.
    """

    write: Writer
    levels: tuple[int, ...]
    costs: tuple[float, ...]
    name: str
    even: bool = False
    still: bool = False
    opaque: bool = False


CODECS: Mapping[AnimationFormat, Codec] = {
    "gif": Codec(write_gif, (255, 127, 63, 31), (1.0, 0.80, 0.62, 0.48), "{now} colours instead of {best}"),
    "webp": Codec(
        write_webp, (95, 85, 70, 50, 30), (1.6, 1.0, 0.65, 0.45, 0.33), "picture quality {now} instead of {best}"
    ),
    "mp4": Codec(
        write_mp4,
        (20, 25, 30, 36),
        (1.0, 0.55, 0.30, 0.15),
        "compression factor {now} instead of {best}",
        even=True,
        opaque=True,
    ),
    "png": Codec(write_still, (0, 0, 0, 0), (1.0, 1.0, 1.0, 1.0), "", still=True),
}


@dataclass(frozen=True)
class Rung:
    """One way to save bytes: the level of detail (0 is best), the scale, and which share of frames stays."""

    level: int
    scale: float
    every: int

    def cost(self, codec: Codec) -> float:
        """Bytes in comparison with the first rung, roughly: half of them belong to the first frame."""
        return codec.costs[self.level] * self.scale**2 * (0.5 + 0.5 / self.every)


# Detail goes first, while it is hardly seen; then size; frames last, because a jerky change is no longer a change.
RUNGS = (
    Rung(0, 1.0, 1),
    Rung(1, 1.0, 1),
    Rung(1, 0.85, 1),
    Rung(1, 0.7, 1),
    Rung(2, 0.7, 1),
    Rung(2, 0.6, 1),
    Rung(2, 0.6, 2),
    Rung(2, 0.5, 2),
    Rung(3, 0.4, 2),
    Rung(3, 0.3, 2),
    Rung(3, 0.25, 2),
    Rung(3, 0.2, 3),
    Rung(3, 0.15, 3),
    Rung(3, 0.1, 4),
    Rung(3, 0.05, 4),
)
# The estimate is only trusted to skip a rung that it puts this far above the limit.
DOUBT = 1.25


def encode(
    frames: Iterable[Frame],
    years: Sequence[float],
    options: AnimationOptions,
    progress: Callable[[float], None] | None = None,
) -> Encoded:
    """The frames, one for each year, as a file of the wanted format of at most ``options.max_bytes`` bytes.

    ``frames``: uint8 arrays of one shape, (H, W, 3) RGB or (H, W, 4) RGBA; ``progress`` is called with fractions 0..1
    and may raise to stop the work. Nothing is ever enlarged above the photo's own size. Raises ResultTooLarge when
    even the last rung's file is above the limit.
    """
    tell = progress or (lambda fraction: None)
    codec = CODECS[options.format]
    if codec.still and options.before:
        codec = replace(codec, write=write_before_after)
    fitted = fit_frames(map(laid_down, frames) if codec.opaque else frames, options.size_px, codec.even)
    height, width = fitted[0].shape[:2]
    data = b""
    current: Rung | None = None
    for number, rung in enumerate(RUNGS):
        if current is not None and number < len(RUNGS) - 1:
            expected = len(data) * rung.cost(codec) / current.cost(codec)
            if expected > DOUBT * options.max_bytes:
                continue
        if current is not None and codec.still and rung.scale == current.scale:
            continue  # a still has neither levels nor frames to give up
        tell(number / len(RUNGS))
        chosen = _every(len(fitted), rung.every)
        small = _scaled([fitted[index] for index in chosen], rung.scale, codec.even)
        if options.counter:
            small = draw_years(small, [years[index] for index in chosen], options.language)
        data, current = codec.write(small, play_order(len(small)), codec.levels[rung.level]), rung
        if len(data) <= options.max_bytes:
            tell(1.0)
            small_height, small_width = small[0].shape[:2]
            gave_up = []
            if rung.level and codec.name:
                now, best = codec.levels[rung.level], codec.levels[0]
                gave_up.append(_sentence(codec.name.format(now=now, best=best)))
            if max(small_width, small_height) < max(width, height):
                sides = max(small_width, small_height), max(width, height)
                gave_up.append(_sentence("a long side of {} px instead of {} px".format(*sides)))
            if codec.still:
                return Encoded(data, small_width, small_height, 1, tuple(gave_up))
            if len(small) < len(fitted):
                gave_up.append(_sentence(f"{len(small)} frames instead of {len(fitted)}"))
            return Encoded(data, small_width, small_height, len(small), tuple(gave_up))
    raise ResultTooLarge(
        f"Even the smallest {options.format.upper()} has {len(data)} bytes and the limit is {options.max_bytes}: "
        "allow more bytes, or choose fewer frames, a smaller size or MP4.",
        bytes=len(data),
        max_bytes=options.max_bytes,
    )


def _every(frames: int, every: int) -> list[int]:
    """Indices of about one in ``every`` frames, evenly, both ends kept."""
    count = max(2, -(-frames // every))
    return [int(index) for index in np.linspace(0, frames - 1, count).round()]


def _scaled(frames: list[Frame], scale: float, even: bool) -> list[Frame]:
    if scale == 1.0:
        return frames
    height, width = frames[0].shape[:2]
    long_side = max(round(max(width, height) * scale), min(SMALLEST_SIDE_PX, max(width, height)))
    return fit_frames(frames, max(fitted_size(width, height, long_side, even)), even)


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:] + "."
