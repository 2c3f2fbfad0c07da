"""Filters that keep a guide's edges."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.imaging.ops import Picture, Plane, channel_sum, enlarged, reduced, weighted


def guided_filter(guide: Plane, values: Plane, radius_px: int, epsilon: float) -> Plane:
    """Edge-preserving smoothing of `values` along `guide` in 0..1 (He et al., 2010, equations 5 and 6)."""
    size = (2 * radius_px + 1, 2 * radius_px + 1)

    def box(plane: Plane) -> Plane:
        return np.asarray(cv2.boxFilter(plane, -1, size), np.float32)

    mean_guide, mean_values = box(guide), box(values)
    slope = (box(guide * values) - mean_guide * mean_values) / (box(guide * guide) - mean_guide**2 + epsilon)
    return np.asarray(np.clip(box(slope) * guide + box(mean_values - slope * mean_guide), 0, 1), np.float32)


def colour_guided_filter(guide: Picture, values: Plane, radius_px: int, epsilon: float, shrink: int = 1) -> Plane:
    """`values` (H,W) as a linear function of the colours (guide: H,W,3, 0..1) around each pixel (He et al., 2013,
    equations 19 to 21), told on a copy reduced by a whole factor (He and Sun, 2015)."""
    height, width = values.shape
    size = (max(1, width // shrink), max(1, height // shrink))
    side = 2 * max(1, radius_px // shrink) + 1

    def box(planes: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(cv2.boxFilter(planes, -1, (side, side)), np.float32)

    small, wanted = (reduced(planes, *size) for planes in (guide, values))
    mean_guide, mean_wanted = box(small), box(wanted)
    covariance = box(weighted(small, wanted)) - weighted(mean_guide, mean_wanted)
    slope = _solved(_spread(small, mean_guide, box, epsilon), covariance)
    offset = mean_wanted - channel_sum(slope * mean_guide)
    slope, offset = (enlarged(box(planes), width, height) for planes in (slope, offset))
    return np.asarray(np.clip(channel_sum(slope * guide) + offset, 0, 1), np.float32)


def _spread(
    guide: Picture, mean: Picture, box: Callable[[NDArray[np.float32]], NDArray[np.float32]], epsilon: float
) -> list[Plane]:
    """The covariances of a guide's channels around each pixel: red with red, green and blue, green with green and blue,
    blue with blue; epsilon is added to each one's own."""
    planes, means = cv2.split(guide), cv2.split(mean)
    pairs = [(one, other) for one in range(3) for other in range(one, 3)]
    own = np.float32(epsilon)
    return [
        box(planes[one] * planes[other]) - means[one] * means[other] + (own if one == other else np.float32(0))
        for one, other in pairs
    ]


def _solved(spread: Sequence[Plane], covariance: Picture) -> Picture:
    """What a symmetric matrix for each pixel, given by its upper rows, has to be multiplied with (H,W,3) to give the
    covariance (H,W,3): by elimination, which single precision is enough for; a general solver takes ten times as long
    for so small ones."""
    rr, rg, rb, gg, gb, bb = spread
    red, green, blue = cv2.split(covariance)
    to_green, to_blue = rg / rr, rb / rr
    gg, gb, bb = gg - to_green * rg, gb - to_green * rb, bb - to_blue * rb
    green, blue = green - to_green * red, blue - to_blue * red
    blue = (blue - gb / gg * green) / (bb - gb / gg * gb)
    green = (green - gb * blue) / gg
    return np.asarray(cv2.merge([(red - rg * green - rb * blue) / rr, green, blue]), np.float32)
