"""The crown of a bald head: a smooth skull, without the hair behind it that a generator draws into its own background.

A bald head ends with its scalp. Further down the hair at the sides stands out from it, the more the lower.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.compositing.setting import Setting
from engine.compositing.view import View
from engine.imaging.lab import to_lab
from engine.imaging.ops import Mask, Plane, blur, dilate, distance_to, erode, nearby_colour, smoothstep, soft
from engine.parsing.classes import FaceClass

# Heights over the brows and how far beyond the scalp hair may reach there (face widths), none at the crown; and above
# which height skin is scalp.
HEIGHTS, BEYOND, SCALP_ABOVE = (-0.10, 0.16, 0.34, 0.50), (0.40, 0.15, 0.05, 0.0), 0.12
# Where more than this share of the crown is hair nothing is cut off: above this height, so far beside the midline (face
# widths).
MOST_HAIR, CROWN_ABOVE, CROWN_HALF_WIDTH = 0.35, 0.40, 0.20
# Here, right on top, a parser's hair that looks like scalp is scalp: light hair at the sides may look like it too.
TOP_ABOVE, TOP_HALF_WIDTH = 0.38, 0.30
# Scalp is what differs so little (Lab) from the skin this far inside (pixels of a face 500 wide); fuzz differs more, a
# crown's own shading less. Where hardly any such skin is near, nothing can be said.
APART, INSIDE_PX, LEAST_WEIGHT = 18.0, 26.0, 0.03
EDGE_PX, MIN_SCALP_PX = 3.0, 2000
# Above this height nothing narrower than twice this stands out.
TUFTS_ABOVE, TUFT_PX = 0.25, 16.0
# The skull's outline, as distances from a place on the midline so high over the brows (face widths), is nearly a
# circle: one wave over the angles from straight up, so many degrees at most and up to where hair begins at the sides
# (so many degrees of hair in a row), if these are enough. What misses the outline by this many pixels counts half;
# rounds of the fit.
MIDDLE_V, MOST_DEGREES, LEAST_DEGREES, HAIR_DEGREES = 0.10, 62, 35, 6
MISSES_PX, ROUNDS = 4.0, 8
# Over so many degrees the fit ends; what it adds to a head at most, in pixels of a face 500 wide.
FADE_DEGREES, MOST_ADDED_PX = 8.0, 30.0


@dataclass(frozen=True)
class Crown:
    """A drawn bald head with a crown: render, its picture; head: H,W, 0..1, the drawn person; scalp: H,W, 0..1, what
    surely is some on top, whatever a parser sees there."""

    render: View
    head: Plane
    scalp: Plane


def with_crown(setting: Setting, render: View, head: Plane) -> Crown:
    """A drawn head (H,W, 0..1) without hair on top, with the crown that it should have; one that still has some hair
    there, as it is."""
    u, v, inside_px = np.abs(setting.u), setting.v, INSIDE_PX * setting.unit_px
    solid, hair = head > 0.5, render.is_any(FaceClass.HAIR, FaceClass.HAT)
    crown = solid & (v > CROWN_ABOVE) & (u < CROWN_HALF_WIDTH)
    above = v > SCALP_ABOVE
    inside = above & solid & ~hair & erode(solid, inside_px)
    if inside.sum() < MIN_SCALP_PX * setting.unit_px**2 or float((hair & crown).sum()) > MOST_HAIR * crown.sum():
        return Crown(render, head, np.zeros_like(head))
    inner, weight = nearby_colour(render.picture, inside, inside_px)
    apart = np.linalg.norm(to_lab(render.picture).astype(np.float32) - to_lab(inner), axis=2).astype(np.float32)
    like = solid & (weight > LEAST_WEIGHT) & (blur(apart, 2) < APART)
    top = (v > TOP_ABOVE) & (u < TOP_HALF_WIDTH)
    scalp = inside | (above & like & (~hair | top))
    scalp = erode(dilate(scalp, inside_px / 2), inside_px / 2)
    beyond = distance_to(scalp) / np.float32(setting.frame.width_px)
    gone = (v > HEIGHTS[0]) & (beyond > np.interp(v, HEIGHTS, BEYOND) + 1 / setting.frame.width_px)
    # Dark spots in the middle of a crown are no reason for a hole.
    _, parts = cv2.connectedComponents((~solid | gone).astype(np.uint8))
    gone &= np.isin(parts, np.unique(parts[~solid]))
    edge_px = EDGE_PX * setting.unit_px
    head = np.asarray(head * (1 - soft(gone, edge_px)), np.float32)
    # What stands out from the outline like a tuft goes.
    smooth = dilate(erode(head > 0.5, TUFT_PX * setting.unit_px), TUFT_PX * setting.unit_px)
    head = np.where(v > TUFTS_ABOVE, np.minimum(head, soft(smooth, edge_px / 2)), head)
    skull, where = _skull(setting, (head > 0.5) & above, scalp)
    skull = skull * smoothstep(weight, 0, LEAST_WEIGHT)
    added = np.clip(skull - head, 0, 1) * where
    picture = np.asarray(render.picture + (inner - render.picture) * blur(added > 0.1, 2)[..., None], np.float32)
    head = np.asarray(head + (skull - head) * where, np.float32)
    return Crown(replace(render, picture=picture), head, np.maximum(soft(scalp & top, edge_px), added))


def _skull(setting: Setting, head: Mask, scalp: Mask) -> tuple[Plane, Plane]:
    """A smooth outline of a head (H,W) where it ends with scalp (H,W): the head within it, and where it holds (H,W,
    0..1 each)."""
    u, v = setting.u, setting.v - np.float32(MIDDLE_V)
    radius_px = np.hypot(u, v) * np.float32(setting.frame.width_px)
    degrees = np.degrees(np.arctan2(u, v))
    nothing = np.zeros_like(radius_px)
    angles = np.arange(-MOST_DEGREES, MOST_DEGREES + 1)
    ends, bare = np.zeros(len(angles)), np.zeros(len(angles), bool)
    # The pixels of all rays at once, ray after ray.
    index = np.rint(degrees).astype(np.int16) + MOST_DEGREES
    seen = (index >= 0) & (index < len(angles))
    order = np.argsort(index[seen], kind="stable")
    radii_px, heads, scalps = (plane[seen][order] for plane in (radius_px, head, scalp))
    bounds = np.searchsorted(index[seen][order], np.arange(len(angles) + 1))
    for ray, (start, end) in enumerate(pairwise(bounds)):
        radius, in_head = radii_px[start:end], heads[start:end]
        if not in_head.any():
            return nothing, nothing
        ends[ray] = float(np.percentile(radius[in_head], 99.5))
        rim = (radius > ends[ray] - EDGE_PX * 3 * setting.unit_px) & (radius <= ends[ray])
        bare[ray] = bool(scalps[start:end][rim].mean() > 0.5) if rim.any() else False
    left, right = _bare_from(bare[::-1], angles), _bare_from(bare, angles)
    if min(left, right) < LEAST_DEGREES:
        return nothing, nothing
    used = (angles >= -left) & (angles <= right)
    factors = _circle(np.radians(angles[used]), ends[used])
    outline = _waves(np.radians(np.clip(degrees, -left, right)).astype(np.float64)) @ factors
    limit = np.minimum(outline, np.interp(degrees, angles, ends) + MOST_ADDED_PX * setting.unit_px)
    skull = np.clip((limit - radius_px) / (2 * EDGE_PX * setting.unit_px) + 0.5, 0, 1)
    holds = np.clip((degrees + left) / FADE_DEGREES, 0, 1) * np.clip((right - degrees) / FADE_DEGREES, 0, 1)
    near = radius_px > float(ends[used].min()) * 0.8
    return skull.astype(np.float32), np.asarray(holds * near * (v > 0), np.float32)


def _bare_from(bare: NDArray[np.bool_], angles: NDArray[np.int64]) -> int:
    """How many degrees from straight up, in the second half of these angles, the outline is scalp."""
    half = bare[len(angles) // 2 :]
    # A few misjudged degrees do not end it.
    hair = np.convolve(~half, np.ones(HAIR_DEGREES), "valid") == HAIR_DEGREES
    return (int(hair.argmax()) if hair.any() else len(half) - 1) - HAIR_DEGREES // 2


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
