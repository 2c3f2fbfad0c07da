"""Single hairs that stand off the head: the person's own, which come along as the outline of what is left moves in.

A generator ends hair at an outline, and a parser cuts it there. In a photo single hairs stand off it, and without them
a head looks cut out of paper.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, maximum_filter1d, median_filter, minimum_filter1d

from engine.compositing.setting import Setting
from engine.edits.layers import Warp
from engine.imaging.ops import (
    LEAST_SEEN,
    Mask,
    Picture,
    Plane,
    bounding_box,
    channel_sum,
    dilate,
    distance_to,
    erode,
    mixed,
    nearby_colour,
    smoothstep,
)
from engine.imaging.scale import at_scale
from engine.parsing import FaceClass

# More than so much of a pixel counts as all of it.
HALF = 0.5
# What is next to a pixel counts as its rim, corners included.
RIM_PX = 1.5
# So far out (in its sigmas) SciPy's Gaussian reaches.
GAUSSIAN = 4
# A step of the angle with the next ones on both sides.
NEXT_STEPS = 3
# What holds along the angle is told at so many parts of each step.
FINER = 16
# Every so many rows and columns tell how the head's coordinates lie on the pixels.
LINES = 16
# Pixels of a list that are looked up in a row.
ROW = 256
# A share of nothing is none.
LEAST = 1e-6
HALF_TURN, WHOLE_TURN = 180.0, 360.0


@dataclass(frozen=True)
class FlyawaySettings:
    """How hairs off the head are told and laid, set by eye on 24 heads. Lengths and heights are face widths, heights
    over the brows; angles are degrees off the way straight up."""

    # Outlines are told from this height on the midline, in so many steps up to such an angle to either side.
    middle: float = 0.1
    widest_angle: float = 110.0
    steps: int = 440
    # They are so smooth (a Gaussian's sigma), and locks narrower than the second do not count.
    smooth_angle: float = 1.5
    lock_angle: float = 4.0
    # No hair stands off below the first of these heights, from the second on all that does.
    heights: tuple[float, float] = (-0.10, 0.15)
    # It begins so far inside of the outline, and from the first of these distances to the second it ends.
    inside: float = 0.02
    reach: tuple[float, float] = (0.10, 0.22)
    # It stands where so far inwards what is left of the head is hair, from none to all between these shares (0..1), and
    # where so far outwards the photo shows its background, likewise: who goes on beyond the photo shows no outline.
    depth: float = 0.03
    haired: tuple[float, float] = (0.3, 0.9)
    outwards: float = 0.02
    free: tuple[float, float] = (0.5, 0.9)
    # And nowhere within such an angle of where it does not: the outline is smoother than that ends.
    free_angle: float = 5.0
    # A pixel has as much of it as its colour is on the way from what is behind it to that of the hair around (so far, a
    # Gaussian's sigma), between these shares; no way is shorter than so many levels of 0..255, over all channels.
    around: float = 0.04
    shares: tuple[float, float] = (0.04, 1.0)
    least_contrast: float = 60.0
    # It is looked for where the matte has more than this share, and at what that calls strays; so near to both.
    thinnest: float = 0.02
    near_canvas_px: float = 2.0
    # What is thicker than so many pixels of a face 500 wide, and of the canvas, is no single hair, however faint: it
    # was a veil beside the head. Nearer to it than this it is hair that a parser missed, if it is no veil.
    thickest_px: float = 5.0
    thickest_canvas_px: float = 5.0
    close: float = 0.04


@dataclass(frozen=True)
class Flyaways:
    """own: H,W, 0..1, how much of each pixel is the photo's head, or a single hair off it; colour: H,W,3, the hair's
    around there; across, height: H,W, head coordinates to the right and up; radius: N, how far (face widths) the
    photo's outline is off the middle at each step of the angle; free: N, 0..1, how surely it ends there before its
    background."""

    own: Plane
    colour: Picture
    across: Plane
    height: Plane
    radius: NDArray[np.float32]
    free: NDArray[np.float32]
    settings: FlyawaySettings = FlyawaySettings()

    def warped(self, warp: Warp) -> Flyaways:
        """On other pixels."""
        own, colour, across, height = map(warp, (self.own, self.colour, self.across, self.height))
        return replace(self, own=own, colour=colour, across=across, height=height)

    @cached_property
    def _near(self) -> _Near | None:
        return _near(self)

    def over(self, behind: Picture, person: Picture, hair: Plane, head: Plane) -> Picture:
        """A moment's head before what is behind it (H,W,3), with the hairs that stand off it. person: H,W,3, as it is
        drawn; hair, head: H,W, 0..1, how much of each pixel they are."""
        laid, near, settings = mixed(behind, person, head), self._near, self.settings
        if near is None:
            return laid
        outline = _outline(head[near.box] > HALF, near.step, near.radius, settings)
        off = near.from_middle - _finely(outline).take(near.place)
        at = np.flatnonzero((off > -settings.depth) & (off < near.reach))
        off, place, pixel = off.take(at), near.place.take(at), near.pixel.take(at)
        bound = np.flatnonzero(off < 0)
        steps = (place.take(bound) + FINER // 2) // FINER
        haired = _shares(hair.take(pixel.take(bound)), steps, settings.haired, settings)
        share = near.most.take(at) * _finely(haired).take(place) * (1 - smoothstep(off, *settings.reach))
        share *= (1 - head.take(pixel)) * (off > -settings.inside)
        seen = np.flatnonzero(share)
        if not seen.size:
            return laid
        # A pixel shows what is as far off the photo's outline, the same way from the middle.
        at, (y, x) = at.take(seen), np.divmod(pixel.take(seen), head.shape[1])
        shift = off.take(seen) - near.was_off.take(at)
        source = (x.astype(np.float32) + shift * near.right.take(at), y.astype(np.float32) + shift * near.down.take(at))
        share = share.take(seen) * _looked_up(self.own, *source)
        below = laid[y, x]
        laid[y, x] = below + (_looked_up(self.colour, *source) - below) * share[:, None]
        return laid


@dataclass(frozen=True)
class _Near:
    """Where hair may ever stand off, and all that no moment changes there.

    box: rows and columns around it; step: on its pixels (H,W), the nearest one of the angle; radius: likewise, how far
    off the middle. The others are lists of the N pixels themselves. pixel: which one of the picture's, counted row by
    row; place: of the angle, in parts of a step; from_middle: as radius; was_off: how far outside of the photo's
    outline; reach: how far off an outline no more stands; most: how much may, 0..1; right, down: where a pixel lies
    that is a face width further out, in pixels."""

    box: tuple[slice, slice]
    step: NDArray[np.intp]
    radius: Plane
    pixel: NDArray[np.intp]
    place: NDArray[np.intp]
    from_middle: NDArray[np.float32]
    was_off: NDArray[np.float32]
    reach: NDArray[np.float32]
    most: NDArray[np.float32]
    right: NDArray[np.float32]
    down: NDArray[np.float32]


def _near(hairs: Flyaways) -> _Near | None:
    """None where no hair ever stands off."""
    across, height, settings = hairs.across, hairs.height, hairs.settings
    finer, radius = _polar(across, height, settings)
    step = np.rint(finer).astype(np.intp)
    # Whether hair is seen at the outline is told from a little further around it.
    around = 2 * math.ceil(GAUSSIAN * settings.smooth_angle / _step_angle(settings)) + 1
    furthest = hairs.radius + np.float32(settings.reach[1])
    furthest[maximum_filter1d(hairs.free, around, mode="nearest") == 0] = 0
    may = (radius < furthest.take(step)) & (height > settings.heights[0])
    if not may.any():
        return None
    hairy = dilate(hairs.own > LEAST_SEEN, RIM_PX)[may]
    box, steps, place = bounding_box(may), step[may], np.rint(finer[may] * FINER).astype(np.intp)
    across, height, from_middle = across[may], height[may], radius[may]
    was_off = from_middle - _finely(hairs.radius).take(place)
    # Beyond the photo's furthest hair nothing stands at any moment.
    reach = np.zeros(settings.steps, np.float32)
    np.maximum.at(reach, steps[hairy], was_off[hairy])
    reach = maximum_filter1d(reach, NEXT_STEPS, mode="nearest")
    out = np.maximum(from_middle, np.float32(settings.inside))
    ways = np.stack([across, height - np.float32(settings.middle)]) / out
    right, down = _per_face_width(hairs.across, hairs.height) @ ways
    return _Near(
        box=box,
        step=step[box],
        radius=radius[box],
        pixel=np.flatnonzero(may),
        place=place,
        from_middle=from_middle,
        was_off=was_off,
        reach=reach.take(steps),
        most=_finely(hairs.free).take(place) * smoothstep(height, *settings.heights),
        right=right,
        down=down,
    )


def flyaways(setting: Setting, behind: Picture, settings: FlyawaySettings = FlyawaySettings()) -> Flyaways:
    """The photo's single hairs off the head. behind: H,W,3, what is seen where no head is."""
    matte, photo, width_px = setting.matte, setting.photo, setting.axes.width_px
    settings = at_scale(settings, photo.scale)
    background = photo.seen(FaceClass.BACKGROUND) & ~matte.solid
    colour, _ = nearby_colour(photo.picture, matte.solid & photo.real, settings.around * width_px)
    way = colour - behind
    length = np.maximum(channel_sum(way * way), np.float32(settings.least_contrast**2))
    share = np.asarray(channel_sum((photo.picture - behind) * way) / length, np.float32)
    anywhere = smoothstep(share, *settings.shares) * background
    share = anywhere * dilate(matte.strays | (matte.alpha > settings.thinnest), settings.near_canvas_px)
    thickest_px = max(settings.thickest_px * setting.unit_px, settings.thickest_canvas_px)
    disk = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (round(thickest_px) | 1,) * 2)
    thick = cv2.morphologyEx(share, cv2.MORPH_OPEN, disk)
    head = photo.real & ~background
    close = distance_to(head) < settings.close * width_px
    # Before a background in the colour of hair none is told.
    unlike = 1 - cv2.dilate(cv2.morphologyEx(anywhere, cv2.MORPH_OPEN, disk), disk)
    own = np.where(head, 1, np.minimum(share - thick, unlike)).astype(np.float32)
    # What is thick right beside what a parser calls hair is hair that it missed.
    head |= close & (thick > HALF)
    step, radius = _polar(setting.u, setting.v, settings)
    whole = np.rint(step).astype(np.intp)
    outline = _outline(head, whole, radius, settings)
    off = radius - _finely(outline).take(np.rint(step * FINER).astype(np.intp))
    outwards = (off > 0) & (off < settings.outwards)
    free = _shares((background & ~setting.people)[outwards], whole[outwards], settings.free, settings)
    free = minimum_filter1d(free, 2 * round(settings.free_angle / _step_angle(settings)) + 1, mode="nearest")
    return Flyaways(own, colour, setting.u, setting.v, outline, free, settings)


def _polar(across: Plane, height: Plane, settings: FlyawaySettings) -> tuple[Plane, Plane]:
    """Each pixel's step of the angle about the head's middle (H,W, 0 to the last), and its distance from there."""
    radius, angle = cv2.cartToPolar(height - np.float32(settings.middle), across, angleInDegrees=True)
    angle = np.where(angle > HALF_TURN, angle - WHOLE_TURN, angle)
    step = (angle / settings.widest_angle + 1) / 2 * (settings.steps - 1)
    return np.asarray(np.clip(step, 0, settings.steps - 1), np.float32), np.asarray(radius, np.float32)


def _finely(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """What holds at each step (N), at each part of one (FINER times as many, without the last one's)."""
    steps = np.arange((len(values) - 1) * FINER + 1, dtype=np.float32) / FINER
    return np.interp(steps, np.arange(len(values)), values).astype(np.float32)


def _looked_up(values: NDArray[np.float32], x: NDArray[np.float32], y: NDArray[np.float32]) -> NDArray[np.float32]:
    """Of a plane (H,W) or a picture (H,W,3), what lies at pixels (N) and between them (N or N,3)."""
    # OpenCV takes no list of more than 32,766: as many rows as it needs.
    rows = -(-x.size // ROW)
    columns, lines = (np.resize(at, rows * ROW).reshape(rows, ROW) for at in (x, y))
    found = np.asarray(cv2.remap(values, columns, lines, cv2.INTER_LINEAR), np.float32)
    return found.reshape(-1, *values.shape[2:])[: x.size]


def _per_face_width(across: Plane, height: Plane) -> NDArray[np.float32]:
    """How many pixels right and down (rows) a face width across and one up are (columns)."""
    lines = [((plane[::LINES], 1), (plane[:, ::LINES], 0)) for plane in (across, height)]
    slopes = [[float(np.median(np.diff(line, axis=axis))) for line, axis in both] for both in lines]
    return np.linalg.pinv(np.array(slopes)).astype(np.float32)


def _step_angle(settings: FlyawaySettings) -> float:
    return 2 * settings.widest_angle / settings.steps


def _outline(head: Mask, step: NDArray[np.intp], radius: Plane, settings: FlyawaySettings) -> NDArray[np.float32]:
    """How far (N) the outline of a head (H,W) is off the middle at each step of the angle. step: H,W, the nearest."""
    rim, furthest = head & ~erode(head, RIM_PX), np.zeros(settings.steps)
    np.maximum.at(furthest, step[rim], radius[rim])
    seen = np.flatnonzero(furthest)
    if not seen.size:
        return furthest.astype(np.float32)
    whole = np.interp(np.arange(settings.steps), seen, furthest[seen])
    whole = median_filter(whole, round(settings.lock_angle / _step_angle(settings)), mode="nearest")
    return gaussian_filter1d(whole, settings.smooth_angle / _step_angle(settings), mode="nearest").astype(np.float32)


def _shares(
    values: NDArray[np.generic], steps: NDArray[np.intp], between: tuple[float, float], settings: FlyawaySettings
) -> NDArray[np.float32]:
    """From none to all (N, 0..1), at each step, as the mean of the values (a list) at it rises between two shares."""
    sums = (np.bincount(steps, weights, settings.steps) for weights in (values, None))
    sigma = settings.smooth_angle / _step_angle(settings)
    total, count = (gaussian_filter1d(values.astype(np.float64), sigma) for values in sums)
    return smoothstep(np.asarray(total / np.maximum(count, LEAST), np.float32), *between)
