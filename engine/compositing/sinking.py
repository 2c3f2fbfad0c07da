"""Hair that stands above the skull sinks towards it as it thins: a radial warp, so that no shell floats in the air."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.compositing.arrays import Picture, Plane, smoothstep
from engine.compositing.fall import Fall
from engine.compositing.outline import ANGLES, fine_outline
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
    geometry = fall.geometry
    distance, ramp = geometry.distance, geometry.ramp
    degrees = np.arange(ANGLES, dtype=np.float32)
    amount = smoothstep(np.minimum(degrees, 180 - degrees), *SINK_ANGLES_DEG) * progress
    goal = np.minimum(fall.skull_reach * LYING_REACH, fall.hair_reach)
    silhouette = fall.hair_reach + (goal - fall.hair_reach) * amount
    fixed = FIXED_SHARE * np.minimum(fall.skull_reach, silhouette)
    stretch = (fall.hair_reach - fixed) / np.maximum(silhouette - fixed, 1e-3)

    def everywhere(outline: NDArray[np.float32]) -> Plane:
        return np.take(fine_outline(outline), geometry.angle)

    edge = everywhere(silhouette)
    # How much further out a pixel's source lies, as a share of its distance: between fixed and edge it stretches.
    within = np.minimum(distance, edge) - everywhere(fixed)
    np.maximum(within, 0, out=within)
    within *= everywhere(stretch - 1)
    within *= ramp
    further = within / np.maximum(distance, 1e-3)
    map_x, map_y = geometry.x + geometry.from_origin_x * further, geometry.y + geometry.from_origin_y * further

    def warped(values: Plane, border: int = cv2.BORDER_REPLICATE) -> Plane:
        return np.asarray(cv2.remap(values, map_x, map_y, cv2.INTER_LINEAR, borderMode=border), np.float32)

    texture = warped(fall.texture)
    # Hair that reaches the picture's edge would sink as a flat slab: its upper side frays out instead.
    frayed = smoothstep((edge - distance) * np.float32(1 / 0.07) + 0.25 * (fall.noise + texture), -0.1, 0.9)
    stood = np.asarray(amount * (fall.hair_reach > goal * 1.02), np.float32)
    frayed = 1 - (1 - frayed) * smoothstep(everywhere(stood) * ramp, 0.1, 0.5)
    shift_px = np.abs(within) * np.float32(UNIT_FACE_PX * fall.unit_px)
    return Sunk(
        warped(fall.photo),
        warped(change * fall.whole, cv2.BORDER_CONSTANT) * frayed,
        texture,
        smoothstep(shift_px, 0.0, 3.0 * fall.unit_px),
    )
