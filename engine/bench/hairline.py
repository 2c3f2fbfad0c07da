"""Where the hair begins over the forehead, and whether it leaves the temples first."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.face.head_axes import HeadAxes, head_axes
from engine.parsing import FaceClass

# All lengths in face widths.
TEMPLE = 0.30  # beside the midline: the corners of the forehead, inside of the hair at the sides
COLUMN_HALF_WIDTH = 0.03
COLUMN_SAMPLES = 7
LOWEST, HIGHEST, APART = 0.02, 1.20, 0.005  # above the brows
MIN_HAIR = 0.04  # what is thinner is a strand on the forehead, no hairline


def temple_lead(before: NDArray[np.uint8], after: NDArray[np.uint8], landmarks: NDArray[np.float64]) -> float:
    """How much further the hairline has risen at the temples than on the midline, in face widths.

    before, after: classes (S, S) at year 0 and later; landmarks (68, 2) in their pixels. Where no hair is left in a
    column, its hairline is the head's upper edge. The mean of both temples, or the one that had hair; nan where there
    was none at the temples, or none on the midline to compare with.
    """
    axes = head_axes(landmarks)
    middle = _rise(before, after, axes, 0.0)
    sides = [_rise(before, after, axes, u) for u in (-TEMPLE, TEMPLE)]
    seen = [rise for rise in sides if not np.isnan(rise)]
    return float(np.mean(seen)) - middle if seen else float("nan")


def hairline(classes: NDArray[np.uint8], axes: HeadAxes, u: float) -> float:
    """Height v of the lowest hair above the brows at u, in face widths; nan where there is none."""
    hair = _column(classes == FaceClass.HAIR, axes, u)
    run = round(MIN_HAIR / APART)
    full = np.convolve(hair, np.ones(run), "valid") == run
    return LOWEST + APART * float(full.argmax()) if full.any() else float("nan")


def top(classes: NDArray[np.uint8], axes: HeadAxes, u: float) -> float:
    """Height v of the head's upper edge at u, in face widths."""
    head = _column(classes != FaceClass.BACKGROUND, axes, u)
    return LOWEST + APART * float(len(head) if head.all() else head.argmin())


def _rise(before: NDArray[np.uint8], after: NDArray[np.uint8], axes: HeadAxes, u: float) -> float:
    first, then = hairline(before, axes, u), hairline(after, axes, u)
    if np.isnan(then):
        # Never below the old hairline: hair that stood above the skull leaves a lower head.
        then = max(first, top(after, axes, u))
    return then - first


def _column(mask: NDArray[np.bool_], axes: HeadAxes, u: float) -> NDArray[np.bool_]:
    """From LOWEST upwards: does most of the column's width lie in the mask? Nothing lies beyond the picture."""
    v = np.arange(LOWEST, HIGHEST, APART)[:, None, None]
    across = u + np.linspace(-COLUMN_HALF_WIDTH, COLUMN_HALF_WIDTH, COLUMN_SAMPLES)[None, :, None]
    points = np.rint(axes.origin + axes.width_px * (across * axes.right + v * axes.up)).astype(int)
    x, y = points[..., 0], points[..., 1]
    height, width = mask.shape
    inside = (x >= 0) & (y >= 0) & (x < width) & (y < height)
    values = inside & mask[y.clip(0, height - 1), x.clip(0, width - 1)]
    return np.asarray(values.mean(axis=1) > 0.5, dtype=bool)
