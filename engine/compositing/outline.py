"""Outlines of the upper head, as reach by angle: smooth where a mask's own edge is ragged."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.compositing.arrays import Mask, Plane

ANGLES = 181  # one for each degree from the head's right over its top to its left
SMOOTHING_DEG = 31
UNKNOWN_REACH = 0.6
FINE_STEPS = 10


def outline_of(mask: Mask, u: Plane, v: Plane) -> NDArray[np.float32]:
    """How far a mask reaches from the head's origin at each degree from 0 to 180, in face widths, smoothed."""
    # Every second row and column: an outline that is smoothed over many degrees does not need more.
    mask, u, v = mask[::2, ::2], u[::2, ::2], v[::2, ::2]
    upper = mask & (v > -0.02)
    distance = np.hypot(u[upper], v[upper])
    angle = np.degrees(np.arctan2(np.maximum(v[upper], 0), u[upper]))
    bins = np.clip(np.rint(angle).astype(np.int64), 0, ANGLES - 1)
    order = np.argsort(bins, kind="stable")
    starts = np.searchsorted(bins[order], np.arange(ANGLES + 1))
    sorted_distance = distance[order]
    reach = np.full(ANGLES, np.nan, np.float32)
    for degree in range(ANGLES):
        here = sorted_distance[starts[degree] : starts[degree + 1]]
        if len(here) > 5:
            reach[degree] = np.percentile(here, 98)
    known = np.isfinite(reach)
    if not known.any():
        return np.full(ANGLES, UNKNOWN_REACH, np.float32)
    filled = np.interp(np.arange(ANGLES), np.nonzero(known)[0], reach[known]).astype(np.float32)
    padded = np.pad(filled, SMOOTHING_DEG // 2, mode="edge")
    window = np.hanning(SMOOTHING_DEG)
    return np.convolve(padded, window / window.sum(), mode="valid").astype(np.float32)


def reach_at(outline: NDArray[np.float32], angle_deg: Plane) -> Plane:
    """An outline's reach at each pixel's angle."""
    return np.interp(angle_deg, np.arange(ANGLES), outline).astype(np.float32)


def angle_index(angle_deg: Plane) -> NDArray[np.intp]:
    """Rows of `fine_outline` for each pixel's angle, 0..180 degrees."""
    return np.rint(angle_deg * FINE_STEPS).astype(np.intp)


def fine_outline(outline: NDArray[np.float32]) -> NDArray[np.float32]:
    """An outline at every tenth of a degree: looked up by `angle_index`, it costs a tenth of `reach_at`."""
    fine = np.arange((ANGLES - 1) * FINE_STEPS + 1) / FINE_STEPS
    return np.interp(fine, np.arange(ANGLES), outline).astype(np.float32)


def polar(u: Plane, v: Plane) -> tuple[Plane, Plane]:
    """Distance from the head's origin in face widths, and angle in degrees from the right over the top, 0..180."""
    angle = np.degrees(np.arctan2(np.maximum(v, 0), u))
    return np.hypot(u, v).astype(np.float32), angle.astype(np.float32)
