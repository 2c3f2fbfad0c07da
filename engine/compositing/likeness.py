"""How unlike a picture is itself, moved by each offset, to the pixel: where stripes, bricks and shelves come again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from engine.imaging.ops import Mask, Picture, channel_mean, reduced

# Sums of pictures' products carry rounding errors of about so much.
ROUNDING = 1e-3


@dataclass(frozen=True)
class LikenessSettings:
    """How self-likeness is told, by eye and by the time that it takes."""

    # On a picture with so many pixels along its longer side at most, and where both are known over so large a share of
    # what is asked for at least.
    most_px: int = 512
    least_overlap_share: float = 0.02
    # It comes again where, between these distances (shares of the longer side), it is somewhere less than this share
    # as unlike itself as usual: stripes and a wall of letters have 0 to 0.07, a mottled wall 0.09, ten photos of rooms,
    # leaves and curtains 0.17 to 0.5.
    distances: tuple[float, float] = (0.04, 0.6)
    again: float = 0.08


@dataclass(frozen=True)
class Likeness:
    """apart: 2H,2W, root mean square differences (levels) by offset, which wraps around; infinite where too little is
    known at both ends. pixel_px: picture pixels of one of it."""

    apart: NDArray[np.float32]
    pixel_px: float

    def comes_again(self, settings: LikenessSettings = LikenessSettings()) -> bool:
        """Whether the picture shows the same again somewhere else."""
        rows, columns = (
            np.minimum(np.arange(side), side - np.arange(side)) / (max(self.apart.shape) / 2)
            for side in self.apart.shape
        )
        away = np.hypot(rows[:, None], columns[None])
        nearest, furthest = settings.distances
        apart = self.apart[np.isfinite(self.apart) & (away > nearest) & (away < furthest)]
        return bool(apart.size) and float(apart.min()) < settings.again * float(np.median(apart))

    def at(self, offset_px: NDArray[np.intp]) -> float:
        """How unlike the picture is the one that far away (rows, columns in its pixels)."""
        row, column = (round(float(value) / self.pixel_px) for value in offset_px)
        return float(self.apart[row % self.apart.shape[0], column % self.apart.shape[1]])

    def best_near(self, offset_px: NDArray[np.intp], within_px: float) -> NDArray[np.intp]:
        """The offset at which the picture is most like itself of those so close to one in rows and in columns; that one
        where nothing is known. Finer than the pixels it was told on."""
        reach = max(1, round(within_px / self.pixel_px))
        middle = [round(float(value) / self.pixel_px) for value in offset_px]
        rows, columns = (np.arange(value - reach - 1, value + reach + 2) for value in middle)
        window = self.apart[np.ix_(rows % self.apart.shape[0], columns % self.apart.shape[1])]
        inner = window[1:-1, 1:-1]
        if not np.isfinite(inner).any():
            return offset_px
        row, column = (int(index) + 1 for index in np.unravel_index(inner.argmin(), inner.shape))
        fine = (
            rows[row] + _vertex(window[row - 1 : row + 2, column]),
            columns[column] + _vertex(window[row, column - 1 : column + 2]),
        )
        return np.rint(np.array(fine) * self.pixel_px).astype(np.intp)


def likeness(picture: Picture, here: Mask, known: Mask, settings: LikenessSettings = LikenessSettings()) -> Likeness:
    """Of a picture (H,W,3), compared from `here` (H,W) to wherever it is known (H,W)."""
    pixel_px = max(1.0, max(known.shape) / settings.most_px)
    height, width = (round(side / pixel_px) for side in known.shape)
    shown = reduced(known, width, height)
    light = reduced(channel_mean(picture) * known, width, height) / np.maximum(shown, ROUNDING)
    there = shown > 1 - ROUNDING
    one = there & (reduced(here, width, height) > 0.5)
    light = np.where(there, light - (light[there].mean() if there.any() else 0), 0).astype(np.float32)
    size = [fft.next_fast_len(2 * side, real=True) for side in (height, width)]

    def transformed(values: NDArray[np.generic]) -> NDArray[np.complex64]:
        return np.asarray(fft.rfft2(np.asarray(values, np.float32), size), np.complex64)

    from_one, from_there = ([transformed(mask * light**power) for power in (0, 1, 2)] for mask in (one, there))
    squares = (
        from_one[2].conj() * from_there[0] + from_one[0].conj() * from_there[2] - 2 * from_one[1].conj() * from_there[1]
    )
    total, pairs = (fft.irfft2(values, size) for values in (squares, from_one[0].conj() * from_there[0]))
    enough = pairs > max(settings.least_overlap_share * float(one.sum()), 1.0)
    mean = np.maximum(total, 0) / np.maximum(pairs, 1)
    return Likeness(np.where(enough, np.sqrt(mean), np.inf).astype(np.float32), pixel_px)


def _vertex(values: NDArray[np.float32]) -> float:
    """Where the parabola through three values has its lowest point, -0.5..0.5 around the middle."""
    before, middle, after = (float(value) ** 2 for value in values)
    bend = before + after - 2 * middle
    if not np.isfinite(bend) or bend <= ROUNDING:
        return 0.0
    return float(np.clip((before - after) / (2 * bend), -0.5, 0.5))
