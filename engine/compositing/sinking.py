"""Hair that stands above the skull sinks towards it as it thins: a radial warp, so that no shell floats in the air."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from engine.compositing.arrays import Picture, Plane, smoothstep
from engine.compositing.fall import Fall
from engine.compositing.outline import ANGLES, polar, reach_at
from engine.compositing.plate import UNIT_FACE_PX

# Fall times between which the hair sinks, and angles from the horizontal between which it may: side hair hangs.
SINK_TIMES = (0.05, 0.80)
SINK_ANGLES_DEG = (8.0, 42.0)
# How far above the skull thin hair still lies, and the share of the skull's reach below which nothing moves.
LYING_REACH = 1.035
FIXED_SHARE = 0.72


@dataclass(frozen=True)
class Sunk:
    """The photo, its change mask and its strands after the warp; moved: 0..1, where the warp did something."""

    photo: Picture
    change: Plane
    texture: Plane
    moved: Plane


def sink(fall: Fall, change: Plane, time: float) -> Sunk:
    """The photo's hair at a fall time; change: the mask (H,W) to warp along."""
    progress = float(smoothstep(np.full(1, time, np.float32), *SINK_TIMES)[0])
    if progress == 0:
        return Sunk(fall.photo, change, fall.texture, np.zeros_like(fall.v))
    distance, angle = polar(fall.u, fall.v)
    degrees = np.arange(ANGLES, dtype=np.float32)
    amount = smoothstep(np.minimum(degrees, 180 - degrees), *SINK_ANGLES_DEG) * progress
    goal = np.minimum(fall.skull_reach * LYING_REACH, fall.hair_reach)
    silhouette = fall.hair_reach + (goal - fall.hair_reach) * amount
    fixed = FIXED_SHARE * np.minimum(fall.skull_reach, silhouette)
    stretch = (fall.hair_reach - fixed) / np.maximum(silhouette - fixed, 1e-3)
    start, edge = reach_at(fixed, angle), reach_at(silhouette, angle)
    within = (np.minimum(distance, edge) - start) * reach_at(stretch, angle)
    source = np.where(distance > start, start + within + np.maximum(distance - edge, 0), distance)
    # Ramped in over the first tenth above the brows, so that nothing tears at their height.
    ramp = smoothstep(fall.v, 0.0, 0.10)
    ratio = (1 + (source / np.maximum(distance, 1e-3) - 1) * ramp).astype(np.float32)

    height, width = fall.v.shape
    y, x = np.mgrid[:height, :width].astype(np.float32)
    origin_x, origin_y = _origin(fall)
    map_x, map_y = origin_x + (x - origin_x) * ratio, origin_y + (y - origin_y) * ratio

    def warped(values: Plane, border: int = cv2.BORDER_REPLICATE) -> Plane:
        return np.asarray(cv2.remap(values, map_x, map_y, cv2.INTER_LINEAR, borderMode=border), np.float32)

    texture = warped(fall.texture)
    # Hair that reaches the picture's edge would sink as a flat slab: its upper side frays out instead.
    frayed = smoothstep((edge - distance) / 0.07 + 0.25 * fall.noise + 0.25 * texture, -0.1, 0.9)
    stood = np.asarray(amount * (fall.hair_reach > goal * 1.02), np.float32)
    frayed = 1 - (1 - frayed) * smoothstep(reach_at(stood, angle) * ramp, 0.1, 0.5)
    shift_px = np.abs(ratio - 1) * distance * (UNIT_FACE_PX * fall.unit_px)
    return Sunk(
        warped(fall.photo),
        warped(change * fall.whole, cv2.BORDER_CONSTANT) * frayed,
        texture,
        smoothstep(shift_px, 0.0, 3.0),
    )


def _origin(fall: Fall) -> tuple[float, float]:
    """Pixel position of u = v = 0, solved from the planes' gradients."""
    u, v = fall.u, fall.v
    gradient = np.array([[u[0, 1] - u[0, 0], u[1, 0] - u[0, 0]], [v[0, 1] - v[0, 0], v[1, 0] - v[0, 0]]], np.float64)
    x, y = np.linalg.solve(gradient, -np.array([u[0, 0], v[0, 0]], np.float64))
    return float(x), float(y)
