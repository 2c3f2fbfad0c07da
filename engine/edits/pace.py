"""At which positions of a way to baldness its frames lie, so that hair is lost evenly."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from engine.compositing.overlay import over
from engine.edits.balding import Balding
from engine.imaging.ops import Mask, Picture, Plane, reduced
from engine.latent.norwood import LAST_STAGE, left_at

THREADS = 2


@dataclass(frozen=True)
class PaceSettings:
    """How baldness is told, set by eye: by hair left, and beside it by how much of the picture changes, so that no year
    is much longer than another."""

    # Hair counts above the brows in this half width of the midline (face widths).
    top_half_width: float = 0.48
    # So much (0..1) of the pace is told by hair, the rest by the picture.
    hair_share: float = 0.6
    # It is measured at so many positions, on a canvas reduced by such a factor, and so many times over in the middle of
    # so many of the intervals in which most goes: a year that begins there would be a jump.
    positions: int = 25
    rounds: int = 3
    halved: int = 4
    shrink_canvas_px: int = 6
    # Equal shares are told apart by this, or no position would belong to them.
    least_rise: float = 1e-6


def paced(
    layer: Balding, top: Mask, end: float, *, stage: float = LAST_STAGE, settings: PaceSettings = PaceSettings()
) -> Balding:
    """The layer with positions at which hair is lost evenly from its beginning to its end.

    top: H,W, where hair counts; end: position that stands for the last stage; stage: Norwood stage, 1 to 7, at which
    the layer ends. The share of hair left is solved for, so the same stage looks as bald on everyone.
    """
    small, counted = _reduced(layer, top, settings.shrink_canvas_px)
    positions, seen = np.linspace(0, end, settings.positions), partial(_moment, small, counted)
    # NumPy and OpenCV let go of the interpreter's lock while they compute.
    with ThreadPoolExecutor(THREADS) as pool:
        moments = list(pool.map(seen, positions))
        for _ in range(settings.rounds):
            rises = np.diff(_pace(moments, settings)[1])
            halved = sorted(np.argsort(rises)[-settings.halved :], reverse=True)
            middles = [(positions[index] + positions[index + 1]) / 2 for index in halved]
            for index, middle, moment in zip(halved, middles, pool.map(seen, middles), strict=True):
                positions = np.insert(positions, index + 1, middle)
                moments.insert(index + 1, moment)
    lost, pace = _pace(moments, settings)
    goal = 1 - left_at(stage)
    # The last position at which no more than the stage's share is gone.
    rising = np.maximum.accumulate(lost + settings.least_rise * np.arange(len(positions)))
    stop = float(np.interp(goal, rising, pace)) if goal < 1 else float(pace[-1])
    return replace(layer, positions=np.interp(np.linspace(0, stop, len(positions)), pace, positions))


def _moment(layer: Balding, counted: Plane, position: float) -> tuple[float, Picture]:
    """Hair that is left at a position where it counts (H,W, 0..1), and the picture (H,W,3)."""
    overlay, hair = layer.moment(float(position))
    return float((hair * counted).sum()), over(layer.photo, overlay)


def _pace(
    moments: Sequence[tuple[float, Picture]], settings: PaceSettings
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How much of the hair (0..1) is lost at each moment, and of the pace: by hair, and by how the picture changes."""
    left = np.minimum.accumulate([hair for hair, _ in moments])
    lost = (left[0] - left) / max(float(left[0] - left[-1]), 1e-6)
    moved = np.cumsum([0.0, *(float(np.abs(b - a).mean()) for (_, a), (_, b) in pairwise(moments))])
    pace = settings.hair_share * lost + (1 - settings.hair_share) * moved / max(float(moved[-1]), 1e-6)
    return lost, np.maximum.accumulate(pace + settings.least_rise * np.arange(len(moments)))


def top_of_head(u: Plane, v: Plane, settings: PaceSettings = PaceSettings()) -> Mask:
    """Where hair on top of the head is counted (H,W), by head coordinates (H,W each)."""
    return np.asarray((v > 0) & (np.abs(u) < settings.top_half_width), bool)


def _reduced(layer: Balding, top: Mask, shrink: int) -> tuple[Balding, Plane]:
    height, width = layer.change.shape
    small = partial(reduced, width_px=width // shrink, height_px=height // shrink)
    return layer.warped(small, 1 / shrink), small(top)
