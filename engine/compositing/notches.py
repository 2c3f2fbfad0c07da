"""Notches in the top of a bald head, which a parser sees before a wall of the skin's colour."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import grey_closing, grey_opening, maximum_filter1d

from engine.imaging.ops import Mask, Plane


@dataclass(frozen=True)
class NotchSettings:
    """What is a notch, set by eye. Angles are degrees from straight up, on either side, around a place on the midline;
    lengths are pixels of a face 500 wide."""

    # Up to so far from straight up a head has none.
    within_degrees: int = 50
    # So wide they may be, and so deep they are at least; their walls overhang by so much.
    width_degrees: int = 61
    least_depth_px: float = 12.0
    beside_degrees: int = 10
    # Heads may have straight flanks: only what lies as deep below a line between both walls is a notch, told from walls
    # this far apart.
    wall_degrees: int = 3
    # Peaks up to so wide are stray hairs.
    peak_degrees: int = 7
    # The edge of what closes them is so soft.
    edge_px: float = 3.0


def notches(
    scalp: Mask,
    hair: Mask,
    radius_px: Plane,
    degrees: Plane,
    unit_px: float,
    settings: NotchSettings = NotchSettings(),
) -> Plane:
    """What fills a scalp (H,W) up to an outline without notches (H,W, 0..1); nothing where it has none, or where hair
    (H,W) lies on it.

    radius_px, degrees: H,W, polar coordinates around the head's middle; unit_px: pixels per 1/500 face width.
    """
    # Told as far around as a notch at the last of these angles may reach: what has no end there is no wall of it.
    most_degrees = settings.within_degrees + settings.width_degrees
    angles = np.arange(-most_degrees, most_degrees + 1)
    index = np.rint(degrees).astype(np.int32) + most_degrees

    def ends(of: Mask) -> NDArray[np.float32]:
        seen = of & (index >= 0) & (index < len(angles))
        ends_px = np.zeros(len(angles), np.float32)
        np.maximum.at(ends_px, index[seen], radius_px[seen])
        return np.asarray(grey_opening(ends_px, (settings.peak_degrees,), mode="nearest"), np.float32)

    scalp_px, head_px = ends(scalp), ends(scalp | hair)
    closed_px = grey_closing(scalp_px, (settings.width_degrees,), mode="nearest")
    least_px = settings.least_depth_px * unit_px
    # Hair that stands out there is where the head ends.
    straight_px = np.minimum(closed_px, _below_walls(scalp_px, settings))
    deep = (straight_px - head_px > least_px) & (head_px - scalp_px < least_px)
    deep &= np.abs(angles) <= settings.within_degrees
    if not deep.any():
        return np.zeros(scalp.shape, np.float32)
    deep = maximum_filter1d(deep, 2 * settings.beside_degrees + 1, mode="nearest")
    at_px = np.interp(degrees, angles, np.where(deep, closed_px, 0), left=0, right=0).astype(np.float32)
    return np.asarray(np.clip((at_px - radius_px) / (2 * settings.edge_px * unit_px) + 0.5, 0, 1), np.float32)


def _below_walls(ends_px: NDArray[np.float32], settings: NotchSettings) -> NDArray[np.float32]:
    """Where a straight line between any two walls, no further apart than a notch is wide, is furthest out on each ray.
    ends_px: where the rays, a degree apart, end."""
    furthest_px = ends_px.copy()
    steps = range(settings.wall_degrees, settings.width_degrees, settings.wall_degrees)
    for before, after in ((one, other) for one in steps for other in steps if one + other <= settings.width_degrees):
        one_px, other_px = ends_px[: -before - after], ends_px[before + after :]
        across = one_px * np.sin(np.radians(before)) + other_px * np.sin(np.radians(after))
        line_px = one_px * other_px * np.sin(np.radians(before + after)) / np.maximum(across, 1)
        furthest_px[before:-after] = np.maximum(furthest_px[before:-after], line_px)
    return np.asarray(furthest_px, np.float32)
