"""The crown of a bald head: a smooth skull, without the hair behind it that a generator draws into its own background.

The skull's outline is one smooth line over the angles around the head's middle. On top it is where the scalp ends, or a
little outside of it, and what lies there is skin; towards the sides it becomes the drawn outline, beyond which hair
stands out the further the lower. Hair does not end at the top's edge: it gets thinner on the way up.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from engine.compositing.notches import notches
from engine.compositing.setting import Setting
from engine.compositing.view import View
from engine.imaging.lab import to_lab
from engine.imaging.ops import (
    LEAST_SEEN,
    Mask,
    Picture,
    Plane,
    apart,
    blur,
    closed,
    colour_near_or_further,
    dilate,
    erode,
    mixed,
    smoothstep,
)
from engine.imaging.quantiles import percentiles
from engine.imaging.scale import at_scale
from engine.parsing.classes import HAIR_CLASSES


@dataclass(frozen=True)
class SkullSettings:
    """The line that a skull's outline is, set by eye. Angles are degrees from straight up, on either side, around a
    place on the midline."""

    # So high over the brows that place is (face widths); angles are told up to the second, where, over the third, the
    # outline becomes the drawn one.
    middle_v: float = 0.10
    most_degrees: int = 80
    fade_degrees: float = 8.0
    # The outline of a ray is this percentile of what lies on it, so that single pixels do not count.
    outline_percentile: float = 99.5
    # The skull is told by rays up to here with no more hair beyond their scalp than this (face widths; there hair hides
    # where the skull ends), if there are enough. Of the hair so much belongs to it.
    skull_degrees: int = 62
    most_rim: float = 0.10
    shell: float = 0.05
    least_rays: int = 40
    # It is nearly a circle: one wave over the angles. What misses it by so many canvas pixels counts half; rounds of
    # the fit.
    misses_canvas_px: float = 4.0
    rounds: int = 8
    # Heads are neither cones nor flat: straight up and aside the outline is further away by such shares of its mean.
    upright: tuple[float, float] = (-0.15, 0.14)
    aside: tuple[float, float] = (-0.12, 0.12)
    # The top, where the outline is the skull's, ends at the first of these angles or where hair begins before it, but
    # never before the second; from there over so many degrees it becomes the drawn head's.
    top_degrees: float = 45.0
    least_top_degrees: float = 22.0
    to_the_sides_degrees: float = 30.0
    # Hair begins with so many degrees in a row on which more than this of it lies beyond the scalp (face widths).
    hair_degrees: int = 6
    begins: float = 0.03
    # Where it is no thicker than `most_rim`, it gets thicker from there by so much a degree (face widths), ever more up
    # to so many degrees.
    thicker: float = 0.004
    thick_degrees: float = 30.0
    # Heights over the brows and how far beyond the skull hair may reach there (face widths), hardly at the crown.
    heights: tuple[float, ...] = (-0.10, 0.16, 0.34, 0.50)
    beyond: tuple[float, ...] = (0.40, 0.15, 0.06, 0.02)
    # The outline is smooth over so many degrees (a Gaussian's sigma, cut off at so many of it), and adds so much to a
    # drawn head at most (pixels of a face 500 wide).
    smooth_degrees: float = 3.0
    smooth_sigmas: int = 3
    most_added_px: float = 30.0


@dataclass(frozen=True)
class CrownSettings:
    """What of a crown is scalp, set by eye. Lengths in `_px` are pixels of a face 500 wide; heights are face widths
    over the brows, half widths face widths from the midline."""

    # Above this height skin is scalp.
    scalp_above: float = 0.12
    # Where more than this share of the crown is hair it stays as it is: above this height, so far beside the midline.
    most_hair: float = 0.35
    crown_above: float = 0.40
    crown_half_width: float = 0.20
    # Here, right on top, a parser's hair that looks like scalp is scalp: light hair at the sides may look like it too.
    top_above: float = 0.38
    top_half_width: float = 0.30
    # Scalp is what differs so little (Lab, told over so many canvas pixels) from the skin this far inside; fuzz differs
    # more, a crown's own shading less. Where hardly any such skin is near, what lies so many times further counts.
    apart: float = 18.0
    apart_sigma_canvas_px: float = 2
    inside_px: float = 26.0
    least_weight: float = 0.03
    further: float = 3.0
    # Its edge is so soft; less of it (pixels of a face 500 wide) tells nothing of a crown.
    edge_px: float = 1.8
    min_scalp_px: int = 2000
    # Drawn scalp is darker with stubble this close to hair; what is painted as scalp fades so softly into the drawn
    # one.
    stubble_px: float = 28.0
    paint_fade_px: float = 12.0
    # It is painted in the colour of scalp that is so far off hair: what is nearer is darker with it.
    clear_px: float = 32.0
    # Half way between top and sides hair lies in a band along the outline that is so wide (face widths). It ends over
    # this share of its width on either side, and no less than so much.
    band: float = 0.045
    band_edge_share: float = 0.6
    least_band_edge: float = 0.025
    # Within the first of these shares of the outline's smallest distance nothing is changed, from the second on all.
    inner_shares: tuple[float, float] = (0.5, 0.75)
    skull: SkullSettings = SkullSettings()


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


def with_crown(setting: Setting, render: View, head: Plane, settings: CrownSettings = CrownSettings()) -> Crown:
    """A drawn head (H,W, 0..1) without hair on top, with the crown that it should have; one that still has some hair
    there, as it is."""
    settings = at_scale(settings, setting.photo.scale)
    u, v, unit_px, skull = np.abs(setting.u), setting.v, setting.unit_px, settings.skull
    radius_px, degrees = _polar(setting, skull.middle_v)
    above = v > settings.scalp_above
    hair, before = render.is_any(*HAIR_CLASSES), head
    drawn = head > 0.5
    head = np.maximum(head, notches(drawn & above & ~hair, drawn & hair, radius_px, degrees, unit_px) * above)
    solid = head > 0.5
    crown = solid & (v > settings.crown_above) & (u < settings.crown_half_width)
    inside = above & solid & ~hair & erode(solid, settings.inside_px * unit_px)
    as_it_is = Crown(render, before, np.zeros_like(head))
    if inside.sum() < settings.min_scalp_px * unit_px**2:
        return as_it_is
    inner, weight = _inner(render.picture, inside, settings.inside_px * unit_px, settings)
    differs = blur(apart(to_lab(render.picture), to_lab(inner)), settings.apart_sigma_canvas_px)
    like = solid & (weight > settings.least_weight) & (differs < settings.apart)
    if float((hair & crown & ~like).sum()) > settings.most_hair * crown.sum():
        return as_it_is
    top = (v > settings.top_above) & (u < settings.top_half_width)
    scalp = inside | (above & like & (~hair | top))
    gap_px = settings.inside_px * unit_px / 2
    scalp = closed(scalp, gap_px)
    rays = _rays(radius_px, degrees, solid & above, scalp & solid, setting.axes.width_px, skull)
    told = None if rays is None else _outline(rays, unit_px, skull)
    if rays is None or told is None:
        return as_it_is
    at, top_share, thick = (np.interp(degrees, rays.angles, values).astype(np.float32) for values in told)
    edge_px = settings.edge_px * unit_px
    within = np.clip((at - radius_px) / (2 * edge_px) + 0.5, 0, 1)
    near = smoothstep(radius_px, *(share * float(told[0].min()) for share in settings.inner_shares))
    holds = smoothstep(skull.most_degrees - np.abs(degrees), 0, skull.fade_degrees) * near
    bare = np.asarray(within * np.maximum(head, top_share), np.float32)
    # Where the top becomes the sides, hair lies along the outline, in a band that gets narrower on the way up.
    band = np.minimum(settings.band * np.sqrt((1 - top_share) / np.maximum(top_share, LEAST_SEEN)), thick)
    beyond_band = np.asarray((at - radius_px) / setting.axes.width_px - band, np.float32)
    band_edge = np.maximum(settings.band_edge_share * band, settings.least_band_edge)
    is_skin = smoothstep(np.asarray(beyond_band / band_edge, np.float32), -1, 1) * near
    # What the skull has there beyond the scalp that was drawn gets its colour.
    painted = blur(~erode(scalp & ~hair, settings.stubble_px * unit_px), settings.paint_fade_px * unit_px) * is_skin
    clear = inside & ~dilate(hair, settings.clear_px * unit_px)
    colour, _ = _inner(render.picture, clear if clear.any() else inside, settings.inside_px * unit_px, settings)
    picture = mixed(render.picture, colour, painted)
    sure = np.maximum(blur(scalp & top, edge_px), is_skin) * within
    return Crown(
        render.with_picture(picture),
        np.asarray(head + (bare - head) * holds, np.float32),
        np.asarray(sure, np.float32),
    )


def _inner(picture: Picture, inside: Mask, sigma_px: float, settings: CrownSettings) -> tuple[Picture, Plane]:
    """The colour of the skin inside, near each pixel (H,W,3), and how much of it there is."""
    return colour_near_or_further(picture, inside, sigma_px, settings.further * sigma_px, settings.least_weight)


def _polar(setting: Setting, middle_v: float) -> tuple[Plane, Plane]:
    """Distances from the head's middle in pixels, and degrees from straight up (H,W each)."""
    u, v = setting.u, setting.v - np.float32(middle_v)
    radius_px = np.hypot(u, v) * np.float32(setting.axes.width_px)
    return radius_px.astype(np.float32), np.degrees(np.arctan2(u, v)).astype(np.float32)


def _rays(
    radius_px: Plane, degrees: Plane, head: Mask, scalp: Mask, width_px: float, settings: SkullSettings
) -> _Rays | None:
    """Where a head and its scalp end on each ray; None where a ray meets no head."""
    angles = np.arange(-settings.most_degrees, settings.most_degrees + 1)
    ends, scalp_ends = np.zeros(len(angles)), np.full(len(angles), np.nan)
    # The pixels of all rays at once, ray after ray.
    index = np.rint(degrees).astype(np.int16) + settings.most_degrees
    seen = (index >= 0) & (index < len(angles)) & head
    order = np.argsort(index[seen], kind="stable")
    radii_px, scalps = radius_px[seen][order], scalp[seen][order]
    bounds = np.searchsorted(index[seen][order], np.arange(len(angles) + 1))
    for ray, (start, end) in enumerate(pairwise(bounds)):
        if start == end:
            return None
        ends[ray] = percentiles(radii_px[start:end], (settings.outline_percentile,))[0]
        bare = radii_px[start:end][scalps[start:end]]
        if len(bare):
            scalp_ends[ray] = percentiles(bare, (settings.outline_percentile,))[0]
    return _Rays(angles.astype(np.float64), ends, scalp_ends, width_px)


def _outline(
    rays: _Rays, unit_px: float, settings: SkullSettings
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]] | None:
    """For each ray, how far the head reaches in pixels, how much it is its top (0..1), and how thick hair may be there
    (face widths); None where too little is bare to tell a skull."""
    angles, width_px = rays.angles, rays.width_px
    rim = np.where(np.isnan(rays.rim), np.inf, rays.rim)
    told = (np.abs(angles) <= settings.skull_degrees) & (rim < settings.most_rim)
    if told.sum() < settings.least_rays:
        return None
    goal = np.minimum(rays.head[told], rays.scalp[told] + settings.shell * width_px)
    mean, *tilts = _circle(np.radians(angles[told]), goal, settings)
    limits = (settings.upright, settings.aside)
    up, aside = (float(np.clip(tilt / mean, *most)) for tilt, most in zip(tilts, limits, strict=True))
    shape = _waves(np.radians(angles)) @ np.array([1.0, up, aside])
    skull = float(np.median(goal / shape[told])) * shape
    heights = settings.middle_v + skull / width_px * np.cos(np.radians(angles))
    sides = np.minimum(rays.head, skull + np.interp(heights, settings.heights, settings.beyond) * width_px)
    is_top, thick = np.ones(len(angles)), np.ones(len(angles))
    for side in (-1, 1):
        begins = _hair_begins(rim[angles * side >= 0][::side], settings)
        end = float(np.clip(begins, settings.least_top_degrees, settings.top_degrees))
        away = np.clip((angles * side - end) / settings.to_the_sides_degrees, 0, 1)
        is_top *= 1 - away * away * (3 - 2 * away)
        if np.isfinite(begins):
            thin, lower = (angles * side >= 0) & (rim < settings.most_rim), np.maximum(np.abs(angles) - begins, 0)
            most = settings.thicker * lower / np.maximum(1 - lower / settings.thick_degrees, LEAST_SEEN)
            thick[thin] = most[thin]
    outline = np.minimum(is_top * skull + (1 - is_top) * sides, rays.head + settings.most_added_px * unit_px)
    return _smooth(outline, settings), is_top, thick


def _hair_begins(rim: NDArray[np.float64], settings: SkullSettings) -> float:
    """Degrees from straight up at which hair begins, by what lies beyond the scalp on one side's rays from there;
    infinite where none does."""
    in_a_row = settings.hair_degrees
    hair = np.convolve(rim > settings.begins, np.ones(in_a_row), "valid") == in_a_row
    return float(hair.argmax()) if hair.any() else np.inf


def _smooth(values: NDArray[np.float64], settings: SkullSettings) -> NDArray[np.float64]:
    """Values of neighbouring degrees, smoothed, the ends going on as they are."""
    reach = round(settings.smooth_sigmas * settings.smooth_degrees)
    window = np.exp(-0.5 * (np.arange(-reach, reach + 1) / settings.smooth_degrees) ** 2)
    return np.convolve(np.pad(values, reach, mode="edge"), window / window.sum(), "valid")


def _circle(
    angles: NDArray[np.float64], distances: NDArray[np.float64], settings: SkullSettings
) -> NDArray[np.float64]:
    """Factors of `_waves` for the smooth line of distances over angles (radians) that most of those given lie on."""
    terms, weights = _waves(angles), np.ones(len(angles))
    factors = np.zeros(terms.shape[1])
    for _ in range(settings.rounds):
        factors[:] = np.linalg.lstsq(terms * weights[:, None], distances * weights, rcond=None)[0]
        weights = 1 / (1 + ((terms @ factors - distances) / settings.misses_canvas_px) ** 2)
    return factors


def _waves(angles: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.stack((np.ones_like(angles), np.cos(angles), np.sin(angles)), -1)
