"""In which order hair falls, and what stays: everything about one head that does not change with time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.compositing.arrays import Picture, Plane, blur, luminance, smoothstep
from engine.compositing.outline import ANGLES, angle_index, outline_of, polar, reach_at
from engine.compositing.plate import BaldPlate

# Hair that the photo's edge cuts off frays out over this length when it sinks (at a face width of 500 px).
EDGE_FRAY_PX = 40.0


@dataclass(frozen=True)
class Fall:
    """Planes are H,W; pictures H,W,3 in 0..255.

    photo, plate: before and after; change: 0..1, where the plate replaces the photo in the end; hair: the photo's
    matte; u, v: head coordinates in face widths; unit_px: pixels per 1/500 face width; time: when hair over this spot
    falls, before noise; side: 0..1, what of the horseshoe stays; texture: strands (+) and gaps (-); noise: smooth noise
    of unit deviation; whole: 0..1, less where the photo's edge cuts the hair off; skull_reach, hair_reach: outlines'
    distance from the origin in face widths for angles 0..180 degrees.
    """

    photo: Picture
    plate: Picture
    change: Plane
    hair: Plane
    u: Plane
    v: Plane
    unit_px: float
    time: Plane
    side: Plane
    texture: Plane
    noise: Plane
    whole: Plane
    skull_reach: NDArray[np.float32]
    hair_reach: NDArray[np.float32]

    @cached_property
    def geometry(self) -> Geometry:
        """Where each pixel lies on the head."""
        distance, angle = polar(self.u, self.v)
        height, width = self.v.shape
        x, y = np.arange(width, dtype=np.float32)[None], np.arange(height, dtype=np.float32)[:, None]
        origin_x, origin_y = _origin(self.u, self.v)
        # Ramped in over the first tenth above the brows, so that nothing tears at their height.
        ramp = smoothstep(self.v, 0.0, 0.10)
        return Geometry(distance, angle_index(angle), x, y, x - origin_x, y - origin_y, ramp)

    @cached_property
    def order(self) -> Plane:
        """Fall time with its noise."""
        return np.asarray(self.time + 0.07 * self.noise, np.float32)


@dataclass(frozen=True)
class Geometry:
    """distance: from the head's origin, in face widths; angle: for `fine_outline`; x, y: pixel positions (1,W and H,1);
    from_origin_x, from_origin_y: the same from the head's origin; ramp: 0..1, 0 at the brows and below.
    """

    distance: Plane
    angle: NDArray[np.intp]
    x: Plane
    y: Plane
    from_origin_x: Plane
    from_origin_y: Plane
    ramp: Plane


def prepare_fall(plate: BaldPlate, photo: Picture, rng: np.random.Generator) -> Fall:
    """Read the order of falling off one plate; rng decides the noise."""
    texture = _strands(plate, photo)
    noise = _noise((photo.shape[0], photo.shape[1]), plate.unit_px, rng)
    skull = outline_of(plate.person > 0.5, plate.u, plate.v)
    outside = _outside(plate, skull)
    hair = np.maximum(outline_of(plate.matte.alpha > 0.5, plate.u, plate.v), skull)
    return Fall(
        photo=photo,
        plate=plate.picture,
        change=plate.change,
        hair=plate.matte.alpha,
        u=plate.u,
        v=plate.v,
        unit_px=plate.unit_px,
        time=_time(plate, skull, outside),
        side=_side(plate, outside, texture, noise),
        texture=texture,
        noise=noise,
        whole=smoothstep(plate.edge_px / (EDGE_FRAY_PX * plate.unit_px) + 0.35 * texture, 0.1, 1.1),
        skull_reach=skull,
        hair_reach=hair,
    )


def reduced(fall: Fall, shrink: int) -> Fall:
    """The same fall on a grid that is `shrink` times coarser, for sums over it."""
    height, width = fall.time.shape

    def small(values: NDArray[np.float32]) -> NDArray[np.float32]:
        view = (width // shrink, height // shrink)
        return np.asarray(cv2.resize(values, view, interpolation=cv2.INTER_AREA), np.float32)

    return replace(
        fall,
        photo=small(fall.photo),
        plate=small(fall.plate),
        change=small(fall.change),
        hair=small(fall.hair),
        u=small(fall.u),
        v=small(fall.v),
        unit_px=fall.unit_px / shrink,
        time=small(fall.time),
        side=small(fall.side),
        texture=small(fall.texture),
        noise=small(fall.noise),
        whole=small(fall.whole),
    )


def _origin(u: Plane, v: Plane) -> tuple[float, float]:
    """Pixel position of u = v = 0, solved from the planes' gradients."""
    gradient = np.array([[u[0, 1] - u[0, 0], u[1, 0] - u[0, 0]], [v[0, 1] - v[0, 0], v[1, 0] - v[0, 0]]], np.float64)
    x, y = np.linalg.solve(gradient, -np.array([u[0, 0], v[0, 0]], np.float64))
    return float(x), float(y)


def _time(plate: BaldPlate, skull: NDArray[np.float32], outside: Plane) -> Plane:
    """Fall time over the top of the head, about 0..1: temples first, then column by column from the forehead up.

    Each column recedes from the hairline to the skull's outline above it, so that what is left on the way is a thinning
    arc over the whole width and no tuft in the middle. Hair that stands outside of the skull falls with its root.
    """
    u, v = np.abs(plate.u), plate.v
    root_u, root_v = u / outside, np.where(v > 0, v / outside, v)
    ceiling = _ceiling(plate, skull)
    hairline = np.minimum(_hairline(plate, float(ceiling.max())), ceiling - 0.08)
    back = np.clip((root_v - hairline) / np.maximum(ceiling - hairline, 0.08), 0, 1)
    temples = np.exp(-(((root_u - 0.31) / 0.11) ** 2))
    towards_side = smoothstep(np.asarray(root_u, np.float32), 0.40, 0.54)
    time = 0.20 + 0.52 * back - 0.15 * temples * (1 - back) + 0.18 * towards_side * (1 - back)
    time = time - 0.20 * np.clip(outside - 1.06, 0, 0.6) * (v > 0.1)
    return blur(time, 12)


def _side(plate: BaldPlate, outside: Plane, texture: Plane, noise: Plane) -> Plane:
    """The horseshoe: hair beside the head, thinning out upwards, towards the face and away from the skull."""
    u, v = np.abs(plate.u), plate.v
    inner = 0.38 + 0.38 * np.clip(v, 0, 0.4) + 0.6 * np.clip(v, -0.4, 0)
    taper = (0.10 + 0.5 * np.clip((0.36 - np.maximum(v, 0)) / 0.36, 0, 1) - (outside - 1)) / 0.14
    stays = np.minimum(np.minimum((0.36 - v) / 0.20, (u - inner) / 0.06), taper)
    stays = np.asarray(stays + 0.28 * noise + 0.30 * texture, np.float32)
    return blur(np.maximum(smoothstep(stays, -0.3, 0.8), smoothstep(-v, 0.18, 0.34)), 2)


def _outside(plate: BaldPlate, skull: NDArray[np.float32]) -> Plane:
    """Distance from the origin in skull outlines, at least 1."""
    distance, angle = polar(plate.u, plate.v)
    return np.maximum(distance / np.maximum(reach_at(skull, angle), 1e-3), 1).astype(np.float32)


def _ceiling(plate: BaldPlate, skull: NDArray[np.float32]) -> Plane:
    """Height of the skull's outline above each pixel's column of the head, in face widths."""
    degrees = np.radians(np.arange(ANGLES))
    x, y = skull * np.cos(degrees), skull * np.sin(degrees)
    order = np.argsort(x)
    return np.maximum(np.interp(plate.u, x[order], y[order]), 0.12).astype(np.float32)


def _hairline(plate: BaldPlate, top: float) -> float:
    """Height of the hairline over the midline, in face widths above the brows."""
    middle = plate.matte.solid & (np.abs(plate.u) < 0.12) & (plate.v > 0)
    height = float(np.percentile(plate.v[middle], 4)) if middle.sum() > 50 else 0.3
    return float(np.clip(height, 0.14, max(0.2, top - 0.12)))


def _strands(plate: BaldPlate, photo: Picture) -> Plane:
    """Local contrast towards the hair's tone against skin, -2..2: strands fall last, gaps first."""
    grey = luminance(photo)
    fine = grey - blur(grey, 9)
    hard = plate.matte.hard
    darker = not hard.any() or float(np.median(grey[hard])) < float(np.median(luminance(plate.picture)[hard]))
    contrast = (-fine if darker else fine) / (np.sqrt(blur(fine * fine, 25)) + 2)
    return np.asarray(np.clip(contrast, -2, 2), np.float32)


def _noise(shape: tuple[int, int], unit_px: float, rng: np.random.Generator) -> Plane:
    """Smooth noise of three sizes."""
    total: Plane = np.zeros(shape, np.float32)
    for sigma, share in ((60, 0.55), (22, 0.30), (8, 0.15)):
        # What is blurred away need not be drawn.
        shrink = max(1, int(sigma * unit_px / 3))
        coarse = rng.standard_normal((-(-shape[0] // shrink), -(-shape[1] // shrink)), np.float32)
        coarse = blur(coarse, sigma * unit_px / shrink)
        plane = np.asarray(cv2.resize(coarse, shape[::-1], interpolation=cv2.INTER_CUBIC), np.float32)
        total += share * plane / max(float(plane.std()), 1e-6)
    return total
