"""The skin that is drawn where hair was: its colour, how bright it is on top, and how it shines."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from engine.compositing.light import LOG_OFFSET, MIN_FAR_PX, MIN_FOREHEAD_PX, MIN_NEAR_PX, SkinSample
from engine.imaging.ops import Mask, Picture, Plane, blur, luminance, smooth_over, smoothstep


@dataclass(frozen=True)
class EvenSettings:
    """How drawn skin takes the forehead's colour, set by eye. Lengths are canvas pixels (a Gaussian's sigma)."""

    # Of what it differs in colour so much (0..1) is taken away, and at most so much (natural logarithm).
    evened: float = 0.75
    limit: float = 0.15
    # Told over so much; at the skin's edge it fades out so softly.
    sigma_px: float = 12.0
    fade_px: float = 2.0
    # The colour of skin is read between these percentiles of its lightness.
    light_percentiles: tuple[float, ...] = (2.0, 20.0, 40.0, 60.0, 80.0, 98.0)


@dataclass(frozen=True)
class TopSettings:
    """Where light from above lies on bare skin, set by eye: more and more from the first of these heights over the
    brows to the second (face widths), so softly at the skin's edge (canvas pixels, a Gaussian's sigma)."""

    heights: tuple[float, float] = (0.12, 0.42)
    fade_px: float = 12.0


LIFTED = TopSettings(heights=(0.05, 0.28))


@dataclass(frozen=True)
class LiftSettings:
    """How a dull scalp is lifted, set by eye. Heights are in face widths over the brows, gains natural logarithms."""

    # The middle of a scalp, from this height on, so far from the midline (face widths).
    above: float = 0.30
    half_width: float = 0.20
    # It may be so much duller than the forehead's bright part, this percentile, as on real bald heads; and is lifted by
    # so much at most.
    bright_percentile: float = 75.0
    left_duller: float = 0.03
    most: float = 0.38
    # What is brighter is lifted less, to nothing where it is so much brighter than a scalp should be: the forehead
    # below would glow. Told over so many canvas pixels (a Gaussian's sigma).
    fades_beyond: float = 0.15
    sigma_px: float = 12.0
    # From right above the brows: where it began higher, a darker arc was left between forehead and scalp.
    top: TopSettings = LIFTED


@dataclass(frozen=True)
class ShineSettings:
    """How a scalp shines as the face does, set by eye. Gains are natural logarithms."""

    # These percentiles of lightness are its middle and its shine.
    percentiles: tuple[float, float] = (50.0, 97.0)
    # Of the face's difference between them so much is wanted, since a bald head has more of it than a face, and fresh
    # eyes called scalps flat first of all; the render's is stretched so many times at most, with so much added.
    stronger: float = 1.8
    most_stretch: float = 3.0
    most: float = 0.30
    # It may be so much brighter than the face's shine, up to this level (0..255): beyond, it would be burnt out.
    brighter: float = 0.15
    brightest: float = 238.0
    # It is told over so many canvas pixels (a Gaussian's sigma), or the steep edge that a render's shine may have is a
    # step across the forehead; what is bright already over the second, and the face's, which is smaller, over the last.
    sigma_px: float = 30.0
    bright_sigma_px: float = 12.0
    face_sigma_px: float = 6.0
    top: TopSettings = TopSettings()


@dataclass(frozen=True)
class BareSkin:
    """Where skin is drawn. mask: H,W; u, v: H,W, face widths to the right of the midline and over the brows; pixel_px:
    canvas pixels per pixel of all these, and of the pictures beside them."""

    mask: Mask
    u: Plane
    v: Plane
    pixel_px: float = 1


def even_colour(
    lit: Picture,
    photo: Picture,
    sample: SkinSample,
    domain: Mask,
    pixel_px: float = 1,
    settings: EvenSettings = EvenSettings(),
) -> Plane:
    """What is still to be added to the log gain (H,W,3) for drawn skin to have, all over, the colour that the forehead
    has at its lightness.

    lit: the render with its gain; domain: H,W, its skin; pixel_px: canvas pixels per pixel of all these.
    Of wide differences in colour little is kept: what a scalp shows of them in a render is another person's, and the
    render's dark rim makes it yellow.
    """
    where = sample.forehead if sample.forehead.sum() >= MIN_FOREHEAD_PX / pixel_px**2 else sample.far
    if where.sum() < MIN_FAR_PX / pixel_px**2 or not domain.any():
        return np.zeros_like(lit)

    def light_and_colour(picture: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        logs = np.log(np.maximum(picture, 0) + LOG_OFFSET)
        light = logs.mean(-1, keepdims=True)
        return light[..., 0], logs - light

    light, colour = light_and_colour(photo[sample.far])
    marks = np.percentile(light, settings.light_percentiles)
    parts = [colour[(light >= low) & (light <= high)] for low, high in pairwise(marks)]
    curve = np.array([np.median(part, 0) for part in parts])
    middles = (marks[1:] + marks[:-1]) / 2 + 1e-4 * np.arange(len(parts))
    light, colour = light_and_colour(photo[where])
    usual, goal = float(np.median(light)), np.median(colour, 0)
    light, colour = light_and_colour(lit)
    wide = smooth_over(np.dstack([light, colour]), domain, settings.sigma_px / pixel_px)
    change = np.empty_like(lit)
    for channel in range(3):
        known = curve[:, channel] - np.interp(usual, middles, curve[:, channel]) + goal[channel]
        off = wide[..., channel + 1] - np.interp(wide[..., 0], middles, known)
        change[..., channel] = np.clip(-settings.evened * off, -settings.limit, settings.limit)
    return np.asarray(change * blur(domain, settings.fade_px / pixel_px)[..., None], np.float32)


def scalp_lift(
    lit: Picture,
    photo: Picture,
    sample: SkinSample,
    bare: BareSkin,
    settings: LiftSettings = LiftSettings(),
) -> Plane:
    """Log gain (H,W,1), never below 0, for a drawn scalp (lit: H,W,3) that is duller than the person's bright forehead,
    or than their face where hair hides that: what lies on top gets more light than a face, and a render's often less.
    """
    middle = bare.mask & (bare.v > settings.above) & (np.abs(bare.u) < settings.half_width)
    where = sample.forehead if sample.forehead.sum() >= MIN_FOREHEAD_PX / bare.pixel_px**2 else sample.far
    least = MIN_NEAR_PX / bare.pixel_px**2, MIN_FAR_PX / bare.pixel_px**2
    if int(middle.sum()) < least[0] or int(where.sum()) < least[1]:
        return np.zeros((*bare.mask.shape, 1), np.float32)
    bright = float(np.percentile(luminance(photo)[where], settings.bright_percentile))
    usual = float(np.median(luminance(lit)[middle]))
    goal = float(np.log(bright + LOG_OFFSET)) - settings.left_duller
    lift = float(np.clip(goal - np.log(max(usual, 0.0) + LOG_OFFSET), 0, settings.most))
    # What is bright already is not what was dull: below a hairline only the strip in its shadow may be.
    wide = smooth_over(np.maximum(lit, 0), bare.mask, settings.sigma_px / bare.pixel_px)
    room = goal + settings.fades_beyond - np.log(luminance(wide) + LOG_OFFSET)
    lifted = lift * np.clip(room / (lift + settings.fades_beyond), 0, 1)
    return np.asarray(_upwards(bare, settings.top) * lifted, np.float32)[..., None]


def shine(
    lit: Picture,
    photo: Picture,
    sample: SkinSample,
    bare: BareSkin,
    settings: ShineSettings = ShineSettings(),
) -> Plane:
    """Log gain (H,W,3), never below 0, for a drawn scalp (lit: H,W,3) that is more matt than the person's face: where
    it is brighter than its middle already, white light is added."""
    pixel_px = bare.pixel_px
    scalp = bare.mask & (bare.v > settings.top.heights[0])
    least = MIN_NEAR_PX / pixel_px**2, MIN_FAR_PX / pixel_px**2
    if int(scalp.sum()) < least[0] or int(sample.far.sum()) < least[1]:
        return np.zeros_like(lit)

    def told(sigma_px: float) -> Plane:
        light = luminance(smooth_over(np.maximum(lit, 0), bare.mask, sigma_px / pixel_px))
        return np.asarray(np.log(light + LOG_OFFSET), np.float32)

    wide, near = told(settings.sigma_px), told(settings.bright_sigma_px)
    middle, bright = np.percentile(wide[scalp], settings.percentiles)
    face = np.log(blur(luminance(photo), settings.face_sigma_px / pixel_px)[sample.far] + LOG_OFFSET)
    usual, shining = (float(value) for value in np.percentile(face, settings.percentiles))
    # A shine that is as bright already would else only get wider, and flat.
    most = max(shining, min(shining + settings.brighter, float(np.log(settings.brightest + LOG_OFFSET))))
    wanted = min(settings.stronger * (shining - usual), most - float(middle))
    stretch = float(np.clip(wanted / max(float(bright - middle), 1e-3), 1, settings.most_stretch)) - 1
    more = np.clip(stretch * np.maximum(wide - np.float32(middle), 0), 0, settings.most)
    more = np.clip(np.float32(most) - near, 0, more)
    more = more * _upwards(bare, settings.top)
    added = (np.exp(more) - 1) * np.exp(near)
    levels = np.maximum(lit, 0) + LOG_OFFSET
    return np.asarray(np.log((levels + added[..., None]) / levels), np.float32)


def _upwards(bare: BareSkin, settings: TopSettings) -> Plane:
    """How much light from above reaches bare skin (H,W, 0..1)."""
    reached = blur(bare.mask, settings.fade_px / bare.pixel_px)
    return np.asarray(smoothstep(bare.v, *settings.heights) * reached, np.float32)
