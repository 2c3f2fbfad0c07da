"""How hair falls over the years: in which order, how it thins and sinks, and what stays.

The photo's own hair is shown throughout. It recedes from the temples and the forehead, thins strand by strand, and
what stands above the skull sinks towards it (a radial warp), so that no shell of hair floats in the air.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.compositing.arrays import Mask, Picture, Plane, blur, dilate, luminance, smoothstep, soft
from engine.compositing.outline import ANGLES, outline_of, polar, reach_at
from engine.compositing.plate import UNIT_FACE_PX, BaldPlate
from engine.head import skull_radius

# Fall time at which the horseshoe is all that is left, and at which nothing is.
HORSESHOE_TIME = 1.0
CLEAN_TIME = 1.75
# Share of the removable hair above the brows that is left at the end of each Norwood stage, 1 to 7.
STAGE_HAIR_LEFT = (0.97, 0.90, 0.77, 0.60, 0.42, 0.20, 0.0)
# Height of an unreceded hairline over the brows, in face widths.
USUAL_HAIRLINE = 0.36
# Side hair sinks least: it hangs.
SINK_FROM_DEG, SINK_FULL_DEG = 8.0, 42.0
CALIBRATION_SHRINK = 4
CALIBRATION_TIMES = 29
MIN_TUFT_AREA_PX = 2500


@dataclass(frozen=True)
class Fall:
    """Everything about one head's fall of hair that does not change with time; planes are H,W.

    time: when hair over this spot falls, before noise; side: 0..1, what of the horseshoe stays; texture: strands (+)
    and gaps (-); noise: smooth noise of unit deviation; skull, hair: outline's distance from the origin in face widths
    for angles 0..180 degrees.
    """

    plate: BaldPlate
    photo: Picture
    time: Plane
    side: Plane
    texture: Plane
    noise: Plane
    skull: NDArray[np.float32]
    hair: NDArray[np.float32]

    @cached_property
    def above_brows(self) -> Mask:
        """Where hair counts for how bald someone looks."""
        return np.asarray((self.plate.v > 0) & (np.abs(self.plate.u) < 0.48), bool)

    @cached_property
    def polar(self) -> tuple[Plane, Plane]:
        """Distance from the origin in face widths, and angle in degrees from the right over the top, 0..180."""
        return polar(self.plate.u, self.plate.v)


@dataclass(frozen=True)
class Head:
    """One moment: picture H,W,3 in 0..255 and how much of it replaces the photo (H,W, 0..1)."""

    picture: Picture
    alpha: Plane


@dataclass(frozen=True)
class Sunk:
    """The photo, its change mask and its strands after the warp; moved: 0..1, where the warp did something."""

    photo: Picture
    change: Plane
    texture: Plane
    moved: Plane


def prepare_fall(plate: BaldPlate, photo: Picture, rng: np.random.Generator) -> Fall:
    """Read the order of falling off one plate."""
    grey = luminance(photo)
    fine = grey - blur(grey, 9)
    hair_is_darker = float(np.median(grey[plate.matte.hard])) < float(np.median(luminance(plate.picture)[plate.matte.hard]))
    texture = np.clip((-fine if hair_is_darker else fine) / (np.sqrt(blur(fine * fine, 25)) + 2), -2, 2)
    noise = _noise(photo.shape[:2], plate.unit_px, rng)
    skull = outline_of(plate.person > 0.5, plate.u, plate.v)
    hair = np.maximum(outline_of(plate.matte.alpha > 0.5, plate.u, plate.v), skull)
    time, side = _order(plate, skull, texture, noise)
    return Fall(plate, photo, time, side, texture.astype(np.float32), noise, skull, hair)


def head_at(fall: Fall, time: float) -> Head:
    """The head at a fall time: 0 is the photo, HORSESHOE_TIME the horseshoe, CLEAN_TIME no hair at all."""
    sunk = _sunk(fall, time)
    keep = _keep(fall, time, sunk.texture)
    keep = _without_tufts(fall, keep * sunk.change, keep, time)
    change = fall.plate.change
    # Where nothing moved, the photo itself is what is kept; where hair sank, its moved copy lies over the plate.
    hair = sunk.change * keep
    plate_share = change * ((1 - sunk.moved) * (1 - keep) + sunk.moved * (1 - hair))
    hair_share = change * sunk.moved * hair
    alpha = np.clip(plate_share + hair_share, 0, 1)
    mixed = fall.plate.picture * plate_share[..., None] + sunk.photo * hair_share[..., None]
    picture = mixed / np.maximum(alpha, 1e-4)[..., None]
    return Head(np.asarray(picture, np.float32), np.asarray(alpha, np.float32))


def times_for_years(fall: Fall, years: NDArray[np.float64], stage: int, clean: bool) -> NDArray[np.float64]:
    """Fall times at which the share of hair left goes down evenly from year 0 to year 20.

    The share is a sum over the matte, so it is solved for on a small copy instead of guessed.
    """
    small = _reduced(fall, CALIBRATION_SHRINK)
    end = CLEAN_TIME if clean else HORSESHOE_TIME
    times = np.linspace(0, end, CALIBRATION_TIMES)
    left = np.minimum.accumulate([_hair_left(small, float(time), clean) for time in times])
    removable = (left - left[-1]) / max(float(left[0] - left[-1]), 1e-6)
    final = 0.0 if clean else STAGE_HAIR_LEFT[stage - 1]
    target = 1 - (1 - final) * np.clip(years / 20, 0, 1)
    solved = np.interp(-target, -removable, times)
    return np.asarray(np.where(years <= 0, 0.0, np.where((years >= 20) & (final == 0), end, solved)), np.float64)


def _order(plate: BaldPlate, skull: NDArray[np.float32], texture: Plane, noise: Plane) -> tuple[Plane, Plane]:
    """Fall time over the top of the head, and what stays at the sides."""
    u, v = np.abs(plate.u), plate.v
    distance, angle = polar(plate.u, v)
    outside = np.maximum(distance / np.maximum(reach_at(skull, angle), 1e-3), 1)
    root_u, root_v = u / outside, np.where(v > 0, v / outside, v)
    # Each column recedes from its own hairline to the skull's outline above it, so that what is left on the way is a
    # thinning arc over the whole width and no tuft in the middle.
    ceiling = _ceiling(plate, skull)
    hairline = np.minimum(_hairline(plate, float(ceiling.max())), ceiling - 0.08)
    back = np.clip((root_v - hairline) / np.maximum(ceiling - hairline, 0.08), 0, 1)
    temples = np.exp(-(((root_u - 0.31) / 0.11) ** 2))
    towards_side = smoothstep(root_u, 0.40, 0.54)
    time = 0.20 + 0.52 * back - 0.15 * temples * (1 - back) + 0.18 * towards_side * (1 - back)
    time = time - 0.20 * np.clip(outside - 1.06, 0, 0.6) * (v > 0.1)

    inner = 0.405 + 0.42 * np.clip(v, 0, 0.4) + 0.6 * np.clip(v, -0.4, 0)
    taper = (0.10 + 0.5 * np.clip((0.36 - np.maximum(v, 0)) / 0.36, 0, 1) - (outside - 1)) / 0.14
    stays = np.minimum(np.minimum((0.36 - v) / 0.20, (u - inner) / 0.06), taper)
    stays = stays + 0.28 * noise + 0.30 * texture
    side = np.maximum(smoothstep(stays, -0.3, 0.8), smoothstep(-v, 0.18, 0.34))
    return blur(time, 12), np.asarray(blur(side, 2), np.float32)


def _hairline(plate: BaldPlate, top: float) -> float:
    """Height of the hairline over the midline, in face widths above the brows."""
    middle = plate.matte.solid & (np.abs(plate.u) < 0.12) & (plate.v > 0)
    height = float(np.percentile(plate.v[middle], 4)) if middle.sum() > 50 else 0.3
    return float(np.clip(height, 0.14, max(0.2, top - 0.12)))


def _ceiling(plate: BaldPlate, skull: NDArray[np.float32]) -> Plane:
    """Height of the skull's outline above each pixel's column of the head, in face widths."""
    degrees = np.radians(np.arange(ANGLES))
    x, y = skull * np.cos(degrees), skull * np.sin(degrees)
    order = np.argsort(x)
    return np.maximum(np.interp(plate.u, x[order], y[order]), 0.12).astype(np.float32)


def _sunk(fall: Fall, time: float) -> Sunk:
    """The photo, its change mask and its strands, with what stands above the skull sunk towards it."""
    plate = fall.plate
    sink = float(smoothstep(np.float32(time), 0.05, 0.80))
    if sink == 0:
        return Sunk(fall.photo, plate.change, fall.texture, np.zeros_like(plate.v))
    distance, angle = fall.polar
    degrees = np.arange(ANGLES, dtype=np.float32)
    amount = smoothstep(np.minimum(degrees, 180 - degrees), SINK_FROM_DEG, SINK_FULL_DEG) * sink
    goal = np.minimum(fall.skull * 1.035, fall.hair)
    silhouette = fall.hair + (goal - fall.hair) * amount
    fixed = 0.72 * np.minimum(fall.skull, silhouette)
    stretch = (fall.hair - fixed) / np.maximum(silhouette - fixed, 1e-3)
    gain, start = reach_at(stretch.astype(np.float32), angle), reach_at(fixed.astype(np.float32), angle)
    edge = reach_at(silhouette.astype(np.float32), angle)
    amount_here = reach_at(np.asarray(amount * (fall.hair > goal * 1.02), np.float32), angle) * smoothstep(plate.v, 0.0, 0.10)
    within = np.minimum(distance, edge) - start
    source = np.where(distance > start, start + within * gain + np.maximum(distance - edge, 0), distance)
    ratio = np.where(plate.v > 0, source / np.maximum(distance, 1e-3), 1).astype(np.float32)
    # Ramp in over the first tenth above the brows, so that nothing tears at their height.
    ratio = 1 + (ratio - 1) * smoothstep(plate.v, 0.0, 0.10)
    height, width = plate.v.shape
    y, x = np.mgrid[:height, :width].astype(np.float32)
    origin_x, origin_y = _origin(plate)
    map_x, map_y = origin_x + (x - origin_x) * ratio, origin_y + (y - origin_y) * ratio

    def moved(values: Plane, border: int = cv2.BORDER_REPLICATE) -> Plane:
        return np.asarray(cv2.remap(values, map_x, map_y, cv2.INTER_LINEAR, borderMode=border), np.float32)

    texture = moved(fall.texture)
    # Hair that reaches the picture's edge would sink as a flat slab: its upper side frays out instead.
    frayed = smoothstep((edge - distance) / 0.07 + 0.25 * fall.noise + 0.25 * texture, -0.1, 0.9)
    frayed = 1 - (1 - frayed) * smoothstep(amount_here, 0.1, 0.5)
    shift_px = np.abs(ratio - 1) * distance * (UNIT_FACE_PX * plate.unit_px)
    return Sunk(
        moved(fall.photo),
        moved(plate.change, cv2.BORDER_CONSTANT) * frayed,
        texture,
        smoothstep(shift_px.astype(np.float32), 0.0, 3.0),
    )


def _origin(plate: BaldPlate) -> tuple[float, float]:
    """Pixel position of u = v = 0, solved from the planes' gradients."""
    u, v = plate.u, plate.v
    gradient = np.array([[u[0, 1] - u[0, 0], u[1, 0] - u[0, 0]], [v[0, 1] - v[0, 0], v[1, 0] - v[0, 0]]], np.float64)
    x, y = np.linalg.solve(gradient, -np.array([u[0, 0], v[0, 0]], np.float64))
    return float(x), float(y)


def _keep(fall: Fall, time: float, texture: Plane) -> Plane:
    """What is still there of the hair over each spot, 0..1."""
    if time <= 0:
        return np.ones_like(fall.time)
    width = 0.30
    order = fall.time + 0.07 * fall.noise + 0.09 * texture
    top = smoothstep((order - min(time, HORSESHOE_TIME) * 1.18) / width, -0.5, 0.5)
    side = fall.side
    if time > HORSESHOE_TIME:
        # The sides go from above downwards, thinning as they go.
        progress = (time - HORSESHOE_TIME) / (CLEAN_TIME - HORSESHOE_TIME)
        order = 0.45 - 0.30 * np.clip(fall.plate.v + 0.3, -1, 1) + 0.10 * fall.noise + 0.16 * texture
        side = side * (1 - smoothstep(np.float32(1.25 * progress) - order, -0.15, 0.15)) * (1 - float(progress >= 1))
    return np.maximum(top, side)


def _without_tufts(fall: Fall, shown: Plane, keep: Plane, time: float) -> Plane:
    """Take away what would float alone above the brows."""
    if time <= 0.35:
        return keep
    count, labels, stats, _ = cv2.connectedComponentsWithStats((shown > 0.12).astype(np.uint8))
    small = stats[:, cv2.CC_STAT_AREA] < MIN_TUFT_AREA_PX * fall.plate.unit_px**2
    small[0] = False
    tufts = small[labels] & (fall.plate.v > -0.03)
    if count <= 1 or not tufts.any():
        return keep
    return np.asarray(keep * (1 - soft(dilate(np.asarray(tufts, bool), 6), 3, 0.05, 0.5)), np.float32)


def _noise(shape: tuple[int, ...], unit_px: float, rng: np.random.Generator) -> Plane:
    """Smooth noise of three sizes."""
    total = np.zeros(shape[:2], np.float32)
    for sigma, share in ((60, 0.55), (22, 0.30), (8, 0.15)):
        plane = blur(rng.standard_normal(shape[:2]).astype(np.float32), sigma * unit_px)
        total += share * plane / max(float(plane.std()), 1e-6)
    return total


def _reduced(fall: Fall, shrink: int) -> Fall:
    """The same fall on a smaller grid."""
    height, width = fall.time.shape
    view = (width // shrink, height // shrink)

    def small(values: Plane) -> Plane:
        return np.asarray(cv2.resize(values, view, interpolation=cv2.INTER_AREA), np.float32)

    plate = fall.plate
    matte = plate.matte
    reduced_matte = type(matte)(
        small(matte.alpha), *(small(m.astype(np.float32)) > 0.5 for m in (matte.solid, matte.hard, matte.strays, matte.fallen)), matte.colour
    )
    reduced_plate = BaldPlate(
        small(plate.picture), small(plate.change), reduced_matte, small(plate.person), small(plate.u), small(plate.v),
        plate.unit_px / shrink,
    )
    return Fall(
        reduced_plate, small(fall.photo), small(fall.time), small(fall.side), small(fall.texture), small(fall.noise),
        fall.skull, fall.hair,
    )


def _hair_left(fall: Fall, time: float, whole: bool) -> float:
    """Hair still shown, in pixels: above the brows, or everywhere."""
    alpha = fall.plate.matte.alpha
    moved = Fall(
        BaldPlate(fall.photo, alpha, fall.plate.matte, fall.plate.person, fall.plate.u, fall.plate.v, fall.plate.unit_px),
        fall.photo, fall.time, fall.side, fall.texture, fall.noise, fall.skull, fall.hair,
    )
    sunk = _sunk(moved, time)
    region = 1.0 if whole else fall.above_brows
    return float((sunk.change * _keep(fall, time, sunk.texture) * region).sum())


def hair_share(hair: Plane, u: Plane, v: Plane) -> float:
    """How much of the scalp that a full head of hair covers is covered: 1 full, 0 bald.

    hair: 0..1; looks at the skull above a usual hairline and within the temples.
    """
    scalp = (v > USUAL_HAIRLINE) & (skull_radius(u, v) < 0.95)
    return float(hair[scalp].mean()) if scalp.any() else 0.0
