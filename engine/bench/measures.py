"""What can be counted on frames and masks. Everything here is plain arrays, so that it can be checked by hand."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from engine.face.head_axes import head_axes

CROWN_HALF_WIDTH = 0.38  # face widths from the centre line
BACKWARD_SHARE = 0.02  # of the hair area at year 0


def crown_region(landmarks: NDArray[np.float64], size_px: int) -> NDArray[np.bool_]:
    """Pixels (size, size) above the brows and within 0.38 face widths of the centre line.

    landmarks: the 68 points (68, 2) in the same picture. Brow height and centre line turn with the eyes.
    """
    u, v = head_axes(landmarks).coordinates(size_px)
    return np.asarray((np.abs(u) <= CROWN_HALF_WIDTH) & (v > 0), dtype=bool)


def share_left(after: float, before: float) -> float:
    """What is left of an area; 0 where there was none."""
    return after / before if before > 0 else 0.0


def monotonic(years: Sequence[float], areas: Sequence[float]) -> float:
    """Spearman's rank correlation of year and hair area: -1 where it only ever shrinks; 0 where it never changes."""
    if len(set(areas)) < 2:
        return 0.0
    return float(spearmanr(years, areas).statistic)


def backward_frames(areas: Sequence[float]) -> int:
    """How many frames have more hair than the one before, by over 2 % of the start."""
    changes = np.diff(np.asarray(areas, dtype=np.float64))
    return int((changes > BACKWARD_SHARE * areas[0]).sum())


def changed_outside(photo: NDArray[np.uint8], frame: NDArray[np.uint8], mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Pixels (H, W) outside the edit mask in which a frame differs from the photo (both H, W, 3)."""
    return np.asarray((frame != photo).any(axis=2) & ~mask, dtype=bool)


def mean_change(before: NDArray[np.uint8], after: NDArray[np.uint8], mask: NDArray[np.bool_]) -> float:
    """Mean absolute difference of two pictures (H, W, 3) inside a mask (H, W), in 1/255; 0 for an empty one."""
    return float(cv2.absdiff(before, after)[mask].mean()) if mask.any() else 0.0


def evenness(changes: Sequence[float]) -> float:
    """Largest change between neighbouring frames over the mean change: 1 where all are alike, nan without any."""
    mean = float(np.mean(changes)) if len(changes) else 0.0
    return max(changes) / mean if mean > 0 else float("nan")
