"""The line that a skull's outline is: over the angles around a place on the midline of a drawn head.

On top it is where the scalp ends, or a little outside of it; towards the sides it becomes the drawn outline, beyond
which hair stands out the further the lower, and where hair begins it is thin.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from engine.imaging.ops import LEAST_SEEN, Mask, Plane
from engine.imaging.quantiles import percentiles


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
    # A parser sees some where more than this share (0..1) of what lies further out than so much of a ray is hair.
    outside: float = 0.85
    haired: float = 0.1
    # Where it is no thicker than `most_rim`, it gets thicker from there by so much a degree (face widths), ever more up
    # to so many degrees.
    thicker: float = 0.004
    thick_degrees: float = 30.0
    # So many degrees beside a ray with more hair it is not much thinner.
    alike_degrees: float = 12.0
    # Heights over the brows and how far beyond the skull hair may reach there (face widths), hardly at the crown.
    heights: tuple[float, ...] = (-0.10, 0.16, 0.34, 0.50)
    beyond: tuple[float, ...] = (0.40, 0.15, 0.06, 0.02)
    # The outline is smooth over so many degrees (a Gaussian's sigma, cut off at so many of it), and adds so much to a
    # drawn head at most (pixels of a face 500 wide).
    smooth_degrees: float = 3.0
    smooth_sigmas: int = 3
    most_added_px: float = 30.0


@dataclass(frozen=True)
class Rays:
    """Distances in pixels, for each angle: head, where the drawn head ends; scalp, where its scalp does, NaN for none.
    angles: degrees; haired: whether a parser sees hair on it; width_px: the face's."""

    angles: NDArray[np.float64]
    head: NDArray[np.float64]
    scalp: NDArray[np.float64]
    haired: NDArray[np.bool_]
    width_px: float

    @property
    def rim(self) -> NDArray[np.float64]:
        """Hair beyond the scalp, in face widths; NaN where no scalp is."""
        return (self.head - self.scalp) / self.width_px


def rays_of(
    radius_px: Plane, degrees: Plane, head: Mask, scalp: Mask, hair: Mask, width_px: float, settings: SkullSettings
) -> Rays | None:
    """Where a head and its scalp end on each ray; None where a ray meets no head."""
    angles = np.arange(-settings.most_degrees, settings.most_degrees + 1)
    ends, scalp_ends, haired = np.zeros(len(angles)), np.full(len(angles), np.nan), np.zeros(len(angles), bool)
    # The pixels of all rays at once, ray after ray.
    index = np.rint(degrees).astype(np.int16) + settings.most_degrees
    seen = (index >= 0) & (index < len(angles)) & head
    order = np.argsort(index[seen], kind="stable")
    radii_px, scalps, hairs = radius_px[seen][order], scalp[seen][order], hair[seen][order]
    bounds = np.searchsorted(index[seen][order], np.arange(len(angles) + 1))
    for ray, (start, end) in enumerate(pairwise(bounds)):
        if start == end:
            return None
        ends[ray] = percentiles(radii_px[start:end], (settings.outline_percentile,))[0]
        outside = radii_px[start:end] > settings.outside * ends[ray]
        haired[ray] = hairs[start:end][outside].mean() > settings.haired
        bare = radii_px[start:end][scalps[start:end]]
        if len(bare):
            scalp_ends[ray] = percentiles(bare, (settings.outline_percentile,))[0]
    return Rays(angles.astype(np.float64), ends, scalp_ends, haired, width_px)


def skull_line(
    rays: Rays, unit_px: float, settings: SkullSettings
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
        here = angles * side >= 0
        begins = _begins((rim > settings.begins)[here][::side], settings)
        end = float(np.clip(begins, settings.least_top_degrees, settings.top_degrees))
        away = np.clip((angles * side - end) / settings.to_the_sides_degrees, 0, 1)
        is_top *= 1 - away * away * (3 - 2 * away)
        lower = np.abs(angles) - min(begins, _begins(rays.haired[here][::side], settings))
        top = here & (lower > 0) & (lower <= settings.hair_degrees)
        thin = here & (rim < settings.most_rim) & (lower > 0)
        if (rim[top] < settings.most_rim).all():
            # Where thin hair begins none is right above: it would end along a ray. Further up ever more may be again.
            thin |= here & (rim < settings.most_rim)
            lower = np.maximum(lower, -lower - settings.hair_degrees)
        lower = np.clip(lower, 0, settings.most_degrees)
        most = settings.thicker * lower / np.maximum(1 - lower / settings.thick_degrees, LEAST_SEEN)
        thick[thin] = most[thin]
    if (full := (rim >= settings.most_rim) & (thick == 1) & (np.abs(angles) > settings.least_top_degrees)).any():
        # Beside such a ray hair is nearly as thick: a ray of skin would lie as a spoke in it.
        away = np.abs(angles[:, None] - angles[full]).min(1)
        thick = np.maximum(thick, settings.most_rim * (1 - away / settings.alike_degrees))
    outline = np.minimum(is_top * skull + (1 - is_top) * sides, rays.head + settings.most_added_px * unit_px)
    return _smooth(outline, settings), is_top, thick


def _begins(hair: NDArray[np.bool_], settings: SkullSettings) -> float:
    """Degrees from straight up at which hair begins on one side, by whether there is any on its rays from there;
    infinite where there is none."""
    in_a_row = settings.hair_degrees
    all_of_them = np.convolve(hair, np.ones(in_a_row), "valid") == in_a_row
    return float(all_of_them.argmax()) if all_of_them.any() else np.inf


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
