"""Single hairs that stand off the head: the person's own, which come along as the outline of what is left moves in.

A generator ends hair at an outline, and a parser cuts it there. In a photo single hairs stand off it, and without them
a head looks cut out of paper.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, median_filter, minimum_filter1d

from engine.compositing.setting import Setting
from engine.edits.layers import Warp
from engine.imaging.ops import (
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
    # What is thicker than so many pixels of a face 500 wide, and of the canvas, is no single hair: the head's, or
    # further than this off it, nothing.
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
    def _polar(self) -> tuple[Plane, Plane]:
        return _polar(self.across, self.height, self.settings)

    @cached_property
    def _box(self) -> tuple[slice, slice] | None:
        """Where hair may stand off."""
        step, radius = self._polar
        furthest = _along(self.radius * (self.free > 0), step) + np.float32(self.settings.reach[1])
        may = (radius < furthest) & (furthest > self.settings.reach[1]) & (self.height > self.settings.heights[0])
        return bounding_box(may) if may.any() else None

    @cached_property
    def _per_face_width(self) -> NDArray[np.float32]:
        """How many pixels right and down (rows) a face width across and one up are (columns)."""
        planes = (self.across, self.height)
        slopes = [[float(np.median(np.diff(plane, axis=axis))) for axis in (1, 0)] for plane in planes]
        return np.linalg.pinv(np.array(slopes)).astype(np.float32)

    def over(self, behind: Picture, person: Picture, hair: Plane, head: Plane) -> Picture:
        """A moment's head before what is behind it (H,W,3), with the hairs that stand off it. person: H,W,3, as it is
        drawn; hair, head: H,W, 0..1, how much of each pixel they are."""
        laid, box, settings = mixed(behind, person, head), self._box, self.settings
        if box is None:
            return laid
        step, radius = (plane[box] for plane in self._polar)
        across, height, head = self.across[box], self.height[box], head[box]
        outline = _outline(head > HALF, step, radius, settings)
        off = radius - _along(outline, step)
        stands = self.free * _shares(hair[box], step, (off < 0) & (off > -settings.depth), settings.haired, settings)
        share = _along(stands, step) * smoothstep(height, *settings.heights) * (1 - smoothstep(off, *settings.reach))
        share *= (1 - head) * (off > -settings.inside)
        if not share.any():
            return laid
        # A pixel shows what is as far off the photo's outline, the same way from the middle.
        further = _along(self.radius - outline, step) / np.maximum(radius, np.float32(settings.inside))
        out = (across * further, (height - np.float32(settings.middle)) * further)
        there_y, there_x = np.mgrid[box].astype(np.float32)
        right, down = self._per_face_width
        source = (there_x + out[0] * right[0] + out[1] * right[1], there_y + out[0] * down[0] + out[1] * down[1])
        share = share * cv2.remap(self.own, *source, cv2.INTER_LINEAR)
        laid[box] = mixed(laid[box], np.asarray(cv2.remap(self.colour, *source, cv2.INTER_LINEAR)), share)
        return laid


def flyaways(setting: Setting, behind: Picture, settings: FlyawaySettings = FlyawaySettings()) -> Flyaways:
    """The photo's single hairs off the head. behind: H,W,3, what is seen where no head is."""
    matte, photo, width_px = setting.matte, setting.photo, setting.axes.width_px
    settings = at_scale(settings, photo.scale)
    background = photo.seen(FaceClass.BACKGROUND) & ~matte.solid
    colour, _ = nearby_colour(photo.picture, matte.solid & photo.real, settings.around * width_px)
    way = colour - behind
    length = np.maximum(channel_sum(way * way), np.float32(settings.least_contrast**2))
    share = np.asarray(channel_sum((photo.picture - behind) * way) / length, np.float32)
    share = smoothstep(share, *settings.shares)
    share *= dilate(matte.strays | (matte.alpha > settings.thinnest), settings.near_canvas_px) & background
    thickest_px = max(settings.thickest_px * setting.unit_px, settings.thickest_canvas_px)
    disk = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (round(thickest_px) | 1,) * 2)
    thick = cv2.morphologyEx(share, cv2.MORPH_OPEN, disk)
    head = photo.real & ~background
    close = distance_to(head) < settings.close * width_px
    own = np.where(head, 1, np.where(close, share, share - thick)).astype(np.float32)
    # What is thick right beside what a parser calls hair is hair that it missed.
    head |= close & (thick > HALF)
    step, radius = _polar(setting.u, setting.v, settings)
    outline = _outline(head, step, radius, settings)
    off = radius - _along(outline, step)
    outwards = (off > 0) & (off < settings.outwards)
    free = _shares(background & ~setting.people, step, outwards, settings.free, settings)
    free = minimum_filter1d(free, 2 * round(settings.free_angle / _step_angle(settings)) + 1, mode="nearest")
    return Flyaways(own, colour, setting.u, setting.v, outline, free, settings)


def _polar(across: Plane, height: Plane, settings: FlyawaySettings) -> tuple[Plane, Plane]:
    """Each pixel's step of the angle about the head's middle (H,W, 0 to the last), and its distance from there."""
    radius, angle = cv2.cartToPolar(height - np.float32(settings.middle), across, angleInDegrees=True)
    angle = np.where(angle > HALF_TURN, angle - WHOLE_TURN, angle)
    step = (angle / settings.widest_angle + 1) / 2 * (settings.steps - 1)
    return np.asarray(np.clip(step, 0, settings.steps - 1), np.float32), np.asarray(radius, np.float32)


def _along(values: NDArray[np.float32], step: Plane) -> Plane:
    """What holds at each step (N) at each pixel's (H,W)."""
    return np.asarray(cv2.remap(values[None], step, np.zeros_like(step), cv2.INTER_LINEAR), np.float32)


def _step_angle(settings: FlyawaySettings) -> float:
    return 2 * settings.widest_angle / settings.steps


def _outline(head: Mask, step: Plane, radius: Plane, settings: FlyawaySettings) -> NDArray[np.float32]:
    """How far (N) the outline of a head (H,W) is off the middle at each step of the angle."""
    rim, furthest = head & ~erode(head, RIM_PX), np.zeros(settings.steps)
    np.maximum.at(furthest, np.rint(step[rim]).astype(np.intp), radius[rim])
    seen = np.flatnonzero(furthest)
    if not seen.size:
        return furthest.astype(np.float32)
    whole = np.interp(np.arange(settings.steps), seen, furthest[seen])
    whole = median_filter(whole, round(settings.lock_angle / _step_angle(settings)), mode="nearest")
    return gaussian_filter1d(whole, settings.smooth_angle / _step_angle(settings), mode="nearest").astype(np.float32)


def _shares(
    values: Plane | Mask, step: Plane, where: Mask, between: tuple[float, float], settings: FlyawaySettings
) -> NDArray[np.float32]:
    """From none to all (N, 0..1) as the mean of values (H,W) in a band rises between two shares, at each step."""
    steps = np.rint(step[where]).astype(np.intp)
    sums = (np.bincount(steps, weights, settings.steps) for weights in (values[where], None))
    sigma = settings.smooth_angle / _step_angle(settings)
    total, count = (gaussian_filter1d(values.astype(np.float64), sigma) for values in sums)
    return smoothstep(np.asarray(total / np.maximum(count, LEAST), np.float32), *between)
