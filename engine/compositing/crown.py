"""The crown of a bald head: a smooth skull, without the hair behind it that a generator draws into its own background.

The skull's outline is one smooth line over the angles around the head's middle. On top it is where the scalp ends, or a
little outside of it, and what lies there is skin; towards the sides it becomes the drawn outline, beyond which hair
stands out the further the lower. Hair does not end at the top's edge: it gets thinner on the way up.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from engine.compositing.setting import Setting
from engine.compositing.view import View
from engine.imaging.lab import to_lab
from engine.imaging.ops import Mask, Picture, Plane, blur, dilate, erode, nearby_colour, smoothstep
from engine.parsing.classes import HAIR_CLASSES

# Above this height over the brows (face widths) skin is scalp.
SCALP_ABOVE = 0.12
# Where more than this share of the crown is hair it stays as it is: above this height, so far beside the midline (face
# widths).
MOST_HAIR, CROWN_ABOVE, CROWN_HALF_WIDTH = 0.35, 0.40, 0.20
# Here, right on top, a parser's hair that looks like scalp is scalp: light hair at the sides may look like it too.
TOP_ABOVE, TOP_HALF_WIDTH = 0.38, 0.30
# Scalp is what differs so little (Lab) from the skin this far inside (pixels of a face 500 wide); fuzz differs more, a
# crown's own shading less. Where hardly any such skin is near, what lies so many times further counts.
APART, INSIDE_PX, LEAST_WEIGHT, FURTHER = 18.0, 26.0, 0.03, 3.0
EDGE_PX, MIN_SCALP_PX = 3.0, 2000
# Drawn scalp is darker with stubble this close to hair; what is painted as scalp fades so softly into the drawn one
# (pixels of a face 500 wide).
STUBBLE_PX, PAINT_FADE_PX = 14.0, 8.0
# Angles are told from straight up, around a place on the midline so high over the brows (face widths), in degrees on
# either side; on the last of them the outline becomes the drawn one.
MIDDLE_V, MOST_DEGREES, FADE_DEGREES = 0.10, 80, 8.0
# The outline of a ray is this percentile of what lies on it, so that single pixels are none.
OUTLINE_PERCENTILE = 99.5
# The skull is told by rays up to here with no more hair beyond their scalp than this (face widths; there hair hides
# where the skull ends), if there are enough. Of the hair so much belongs to it.
SKULL_DEGREES, MOST_RIM, SHELL, LEAST_RAYS = 62, 0.10, 0.05, 40
# It is nearly a circle: one wave over the angles. What misses it by so many pixels counts half; rounds of the fit.
MISSES_PX, ROUNDS = 4.0, 8
# Heads are neither cones nor flat: straight up and aside the outline is further away by such shares of its mean.
UPRIGHT, ASIDE = (-0.15, 0.14), (-0.12, 0.12)
# The top, where the outline is the skull's, ends at the first of these angles or where hair begins before it, but never
# before the second; from there over so many degrees it becomes the drawn head's.
TOP_DEGREES, LEAST_TOP_DEGREES, TO_THE_SIDES_DEGREES = 45.0, 22.0, 22.0
# Hair begins with so many degrees in a row on which more than this of it lies beyond the scalp (face widths).
HAIR_DEGREES, BEGINS = 6, 0.03
# Heights over the brows and how far beyond the skull hair may reach there (face widths), hardly at the crown.
HEIGHTS, BEYOND = (-0.10, 0.16, 0.34, 0.50), (0.40, 0.15, 0.06, 0.02)
# The outline is smooth over so many degrees, and adds so much to a drawn head at most (pixels of a face 500 wide).
SMOOTH_DEGREES, MOST_ADDED_PX = 3.0, 30.0
# Within this share of its smallest distance nothing is changed.
INNER_SHARE = 0.7


@dataclass(frozen=True)
class Crown:
    """A drawn bald head with a crown: render, its picture; head: H,W, 0..1, the drawn person; scalp: H,W, 0..1, what
    surely is some on top, whatever a parser sees there."""

    render: View
    head: Plane
    scalp: Plane


@dataclass(frozen=True)
class _Rays:
    """Distances in pixels, for each angle: head, where the drawn head ends; scalp, where its scalp does, NaN for none.
    angles: degrees; width_px: the face's."""

    angles: NDArray[np.float64]
    head: NDArray[np.float64]
    scalp: NDArray[np.float64]
    width_px: float

    @property
    def rim(self) -> NDArray[np.float64]:
        """Hair beyond the scalp, in face widths; NaN where no scalp is."""
        return (self.head - self.scalp) / self.width_px


def with_crown(setting: Setting, render: View, head: Plane) -> Crown:
    """A drawn head (H,W, 0..1) without hair on top, with the crown that it should have; one that still has some hair
    there, as it is."""
    u, v, unit_px = np.abs(setting.u), setting.v, setting.unit_px
    solid, hair = head > 0.5, render.is_any(*HAIR_CLASSES)
    crown = solid & (v > CROWN_ABOVE) & (u < CROWN_HALF_WIDTH)
    above = v > SCALP_ABOVE
    inside = above & solid & ~hair & erode(solid, INSIDE_PX * unit_px)
    as_it_is = Crown(render, head, np.zeros_like(head))
    if inside.sum() < MIN_SCALP_PX * unit_px**2 or float((hair & crown).sum()) > MOST_HAIR * crown.sum():
        return as_it_is
    inner, weight = _inner(render.picture, inside, INSIDE_PX * unit_px)
    apart = np.linalg.norm(to_lab(render.picture).astype(np.float32) - to_lab(inner), axis=2).astype(np.float32)
    like = solid & (weight > LEAST_WEIGHT) & (blur(apart, 2) < APART)
    top = (v > TOP_ABOVE) & (u < TOP_HALF_WIDTH)
    scalp = inside | (above & like & (~hair | top))
    scalp = erode(dilate(scalp, INSIDE_PX * unit_px / 2), INSIDE_PX * unit_px / 2)
    radius_px, degrees = _polar(setting)
    rays = _rays(radius_px, degrees, solid & above, scalp & solid, setting.axes.width_px)
    told = None if rays is None else _outline(rays, unit_px)
    if rays is None or told is None:
        return as_it_is
    outline, is_top = told
    at, top_share = (np.interp(degrees, rays.angles, values).astype(np.float32) for values in (outline, is_top))
    edge_px = EDGE_PX * unit_px
    within = np.clip((at - radius_px) / (2 * edge_px) + 0.5, 0, 1)
    near = radius_px > INNER_SHARE * float(outline.min())
    holds = smoothstep(MOST_DEGREES - np.abs(degrees), 0, FADE_DEGREES) * near
    skull = np.asarray(within * np.maximum(head, top_share), np.float32)
    # Where the top becomes the sides, hair is thin: skin is seen through it.
    is_skin = smoothstep(top_share, 0, 1) * near
    # What the skull has there beyond the scalp that was drawn gets its colour.
    painted = blur(~erode(scalp & ~hair, STUBBLE_PX * unit_px), PAINT_FADE_PX * unit_px) * is_skin
    picture = np.asarray(render.picture + (inner - render.picture) * painted[..., None], np.float32)
    sure = np.maximum(blur(scalp & top, edge_px), is_skin) * within
    return Crown(
        replace(render, picture=picture),
        np.asarray(head + (skull - head) * holds, np.float32),
        np.asarray(sure, np.float32),
    )


def _inner(picture: Picture, inside: Mask, sigma_px: float) -> tuple[Picture, Plane]:
    """The colour of the skin inside, near each pixel (H,W,3), and how much of it there is."""
    inner, weight = nearby_colour(picture, inside, sigma_px)
    further, _ = nearby_colour(picture, inside, FURTHER * sigma_px)
    share = smoothstep(weight, 0, LEAST_WEIGHT)[..., None]
    return np.asarray(further + (inner - further) * share, np.float32), weight


def _polar(setting: Setting) -> tuple[Plane, Plane]:
    """Distances from the head's middle in pixels, and degrees from straight up (H,W each)."""
    u, v = setting.u, setting.v - np.float32(MIDDLE_V)
    radius_px = np.hypot(u, v) * np.float32(setting.axes.width_px)
    return radius_px.astype(np.float32), np.degrees(np.arctan2(u, v)).astype(np.float32)


def _rays(radius_px: Plane, degrees: Plane, head: Mask, scalp: Mask, width_px: float) -> _Rays | None:
    """Where a head and its scalp end on each ray; None where a ray meets no head."""
    angles = np.arange(-MOST_DEGREES, MOST_DEGREES + 1)
    ends, scalp_ends = np.zeros(len(angles)), np.full(len(angles), np.nan)
    # The pixels of all rays at once, ray after ray.
    index = np.rint(degrees).astype(np.int16) + MOST_DEGREES
    seen = (index >= 0) & (index < len(angles)) & head
    order = np.argsort(index[seen], kind="stable")
    radii_px, scalps = radius_px[seen][order], scalp[seen][order]
    bounds = np.searchsorted(index[seen][order], np.arange(len(angles) + 1))
    for ray, (start, end) in enumerate(pairwise(bounds)):
        if start == end:
            return None
        ends[ray] = np.percentile(radii_px[start:end], OUTLINE_PERCENTILE)
        bare = radii_px[start:end][scalps[start:end]]
        if len(bare):
            scalp_ends[ray] = np.percentile(bare, OUTLINE_PERCENTILE)
    return _Rays(angles.astype(np.float64), ends, scalp_ends, width_px)


def _outline(rays: _Rays, unit_px: float) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """For each ray, how far the head reaches in pixels, and how much it is its top (0..1); None where too little is
    bare to tell a skull."""
    angles, width_px = rays.angles, rays.width_px
    rim = np.where(np.isnan(rays.rim), np.inf, rays.rim)
    told = (np.abs(angles) <= SKULL_DEGREES) & (rim < MOST_RIM)
    if told.sum() < LEAST_RAYS:
        return None
    goal = np.minimum(rays.head[told], rays.scalp[told] + SHELL * width_px)
    mean, *tilts = _circle(np.radians(angles[told]), goal)
    up, aside = (float(np.clip(tilt / mean, *limits)) for tilt, limits in zip(tilts, (UPRIGHT, ASIDE), strict=True))
    shape = _waves(np.radians(angles)) @ np.array([1.0, up, aside])
    skull = float(np.median(goal / shape[told])) * shape
    heights = MIDDLE_V + skull / width_px * np.cos(np.radians(angles))
    sides = np.minimum(rays.head, skull + np.interp(heights, HEIGHTS, BEYOND) * width_px)
    is_top = np.ones(len(angles))
    for side in (-1, 1):
        end = _top_end(rim[angles * side >= 0][::side])
        away = np.clip((angles * side - end) / TO_THE_SIDES_DEGREES, 0, 1)
        is_top *= 1 - away * away * (3 - 2 * away)
    outline = np.minimum(is_top * skull + (1 - is_top) * sides, rays.head + MOST_ADDED_PX * unit_px)
    return _smooth(outline), is_top


def _top_end(rim: NDArray[np.float64]) -> float:
    """Degrees from straight up at which the top ends, by the hair beyond the scalp on one side's rays from there."""
    hair = np.convolve(rim > BEGINS, np.ones(HAIR_DEGREES), "valid") == HAIR_DEGREES
    begins = float(hair.argmax()) if hair.any() else TOP_DEGREES
    return float(np.clip(begins, LEAST_TOP_DEGREES, TOP_DEGREES))


def _smooth(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Values of neighbouring degrees, smoothed, the ends going on as they are."""
    reach = round(3 * SMOOTH_DEGREES)
    window = np.exp(-0.5 * (np.arange(-reach, reach + 1) / SMOOTH_DEGREES) ** 2)
    return np.convolve(np.pad(values, reach, mode="edge"), window / window.sum(), "valid")


def _circle(angles: NDArray[np.float64], distances: NDArray[np.float64]) -> NDArray[np.float64]:
    """Factors of `_waves` for the smooth line of distances over angles (radians) that most of those given lie on."""
    terms, weights = _waves(angles), np.ones(len(angles))
    factors = np.zeros(terms.shape[1])
    for _ in range(ROUNDS):
        factors[:] = np.linalg.lstsq(terms * weights[:, None], distances * weights, rcond=None)[0]
        weights = 1 / (1 + ((terms @ factors - distances) / MISSES_PX) ** 2)
    return factors


def _waves(angles: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.stack((np.ones_like(angles), np.cos(angles), np.sin(angles)), -1)
