"""Any year of one head: the photo's own hair over the bald plate, as much of it as that year has left."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.compositing.arrays import Picture, Plane, dilate, smoothstep, soft
from engine.compositing.fall import Fall, reduced
from engine.compositing.sinking import sink
from engine.head import skull_radius

# Fall time at which the horseshoe is all that is left, and at which nothing is.
HORSESHOE_TIME = 1.0
CLEAN_TIME = 1.75
# Between its first strand and its last, hair over one spot takes this long to fall.
THINNING_TIME = 0.30
# The last hair of the top is gone a little before the end.
PACE = 1.18
# Share of the removable hair above the brows that is left at the end of each Norwood stage, 1 to 7.
STAGE_HAIR_LEFT = (0.97, 0.90, 0.77, 0.60, 0.42, 0.20, 0.0)
# Height of an unreceded hairline over the brows, in face widths.
USUAL_HAIRLINE = 0.45
# Half width, in face widths, of the part of the head that decides how bald someone looks.
TOP_HALF_WIDTH = 0.48
CALIBRATION_SHRINK = 6
CALIBRATION_TIMES = 21
MIN_TUFT_AREA_PX = 2500


@dataclass(frozen=True)
class Head:
    """One moment: picture H,W,3 in 0..255 and how much of it replaces the photo (H,W, 0..1)."""

    picture: Picture
    alpha: Plane


@dataclass(frozen=True)
class Layers:
    """One moment as shares of two pictures (H,W, 0..1, together at most 1): the bald plate and the sunken hair."""

    plate_share: Plane
    hair_share: Plane
    hair: Picture


def layers_at(fall: Fall, time: float) -> Layers:
    """The head at a fall time: 0 is the photo, HORSESHOE_TIME the horseshoe, CLEAN_TIME no hair at all."""
    sunk = sink(fall, fall.change, time)
    keep = _keep(fall, time, sunk.texture)
    keep = _without_tufts(fall, keep * sunk.change, keep, time)
    # Where nothing moved, the photo itself is what is kept; where hair sank, its moved copy lies over the plate.
    hair = sunk.change * keep
    moved = fall.change * sunk.moved
    return Layers(fall.change * (1 - keep) + moved * (keep - hair), moved * hair, sunk.photo)


def head_at(fall: Fall, time: float) -> Head:
    """The same as one picture and how much of it replaces the photo."""
    layers = layers_at(fall, time)
    alpha = np.clip(layers.plate_share + layers.hair_share, 0, 1)
    mixed = fall.plate * layers.plate_share[..., None] + layers.hair * layers.hair_share[..., None]
    picture = mixed / np.maximum(alpha, 1e-4)[..., None]
    return Head(np.asarray(picture, np.float32), np.asarray(alpha, np.float32))


def times_for_years(fall: Fall, years: NDArray[np.float64], stage: int, clean: bool) -> NDArray[np.float64]:
    """Fall times at which the share of hair left goes down evenly from year 0 to year 20.

    The share is a sum over the matte, so it is solved for on a small copy instead of guessed: the same year looks as
    bald on everyone. stage: Norwood stage 1..7 of the last year; clean: until nothing is left.
    """
    small = reduced(fall, CALIBRATION_SHRINK)
    end = CLEAN_TIME if clean else HORSESHOE_TIME
    times = np.linspace(0, end, CALIBRATION_TIMES)
    left = np.minimum.accumulate([_hair_left(small, float(time), clean) for time in times])
    removable = (left - left[-1]) / max(float(left[0] - left[-1]), 1e-6)
    final = 0.0 if clean else STAGE_HAIR_LEFT[stage - 1]
    target = 1 - (1 - final) * np.clip(years / 20, 0, 1)
    solved = np.interp(-target, -removable, times)
    at_end = (years >= 20) & (final == 0)
    return np.asarray(np.where(years <= 0, 0.0, np.where(at_end, end, solved)), np.float64)


def hair_share(hair: Plane, u: Plane, v: Plane) -> float:
    """How much of the scalp that a full head of hair covers is covered: 1 full, 0 bald.

    hair: 0..1; looks at the skull above a usual hairline and within the temples.
    """
    scalp = (v > USUAL_HAIRLINE) & (skull_radius(u, v) < 0.92)
    return float((hair[scalp] > 0.5).mean()) if scalp.any() else 0.0


def _keep(fall: Fall, time: float, texture: Plane) -> Plane:
    """What is still there of the hair over each spot, 0..1."""
    if time <= 0:
        return np.ones_like(fall.time)
    order = fall.order + np.float32(0.09) * texture
    top = smoothstep((order - np.float32(min(time, HORSESHOE_TIME) * PACE)) / np.float32(THINNING_TIME), -0.5, 0.5)
    if time <= HORSESHOE_TIME:
        return np.asarray(np.maximum(top, fall.side), np.float32)
    # The sides go from above downwards, thinning as they go.
    progress = (time - HORSESHOE_TIME) / (CLEAN_TIME - HORSESHOE_TIME)
    if progress >= 1:
        return np.zeros_like(fall.time)
    side_order = 0.45 - 0.30 * np.clip(fall.v + 0.3, -1, 1) + 0.10 * fall.noise + 0.16 * texture
    gone = smoothstep(np.asarray(1.25 * progress - side_order, np.float32), -0.15, 0.15)
    return np.asarray(np.maximum(top, fall.side * (1 - gone)), np.float32)


def _without_tufts(fall: Fall, shown: Plane, keep: Plane, time: float) -> Plane:
    """Take away what would float alone above the brows."""
    if time <= 0.35:
        return keep
    count, labels, stats, _ = cv2.connectedComponentsWithStats((shown > 0.12).astype(np.uint8))
    small = stats[:, cv2.CC_STAT_AREA] < MIN_TUFT_AREA_PX * fall.unit_px**2
    small[0] = False
    tufts = np.asarray(small[labels] & (fall.v > -0.03), bool)
    if count <= 1 or not tufts.any():
        return keep
    return np.asarray(keep * (1 - soft(dilate(tufts, 6 * fall.unit_px), 3 * fall.unit_px, 0.05, 0.5)), np.float32)


def _hair_left(fall: Fall, time: float, whole: bool) -> float:
    """Hair still shown, in pixels: on top of the head, or everywhere."""
    sunk = sink(fall, fall.hair, time)
    shown = sunk.change * _keep(fall, time, sunk.texture)
    region = np.ones_like(shown) if whole else ((fall.v > 0) & (np.abs(fall.u) < TOP_HALF_WIDTH)).astype(np.float32)
    return float((shown * region).sum())
