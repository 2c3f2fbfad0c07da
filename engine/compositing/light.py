"""Make what the generator draws look as if the photo's camera had taken it: its light, tone, sharpness and grain.

The render's own shading is kept. Only what is needed to meet the visible skin is added: one gain for all of it, and
what is missing at the seam, carried on a short way.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.compositing.matte import HairMatte
from engine.imaging.lab import from_lab, to_lab
from engine.imaging.membrane import membrane
from engine.imaging.ops import Mask, Picture, Plane, blur, channel_mean, erode, luminance, smoothstep

# Added before a logarithm, in levels of 0..255: below it a camera's noise would decide.
LOG_OFFSET = 12.0
# No gain beyond this (natural logarithm) is believed.
MAX_LOG_GAIN = 0.9
# Fewer pixels than these say nothing about light: of skin at the seam, of the forehead, of the face.
MIN_NEAR_PX, MIN_FOREHEAD_PX, MIN_FAR_PX = 800, 3000, 2000
# What the seam may add to the one gain: hair's shadow on the forehead must not darken a bald head like a cap.
SEAM_LOG_LIMITS = (-0.10, 0.22)
SEAM_CHROMA_LIMIT = 0.10
# How fast what the seam adds is lost away from it (see `membrane`): brightness after about a twentieth of the crop,
# colour, which changes less over a face, after three times as much.
LIGHT_PULL, CHROMA_PULL = 0.03, 0.004
SEAM_SIGMA_PX = 9.0
# Of what drawn skin differs from the forehead in colour (natural logarithm, at most), told over so many pixels, so much
# is taken away; at the skin's edge it fades out so softly.
EVEN_LIMIT, EVEN_SIGMA_PX, EVENED, EVEN_FADE_PX = 0.15, 12.0, 0.75, 2.0
# The middle of a scalp, by height over the brows and distance from the midline (face widths), may be so much duller
# (natural logarithm) than the forehead's bright part, as on real bald heads; it is lifted by so much at most, from the
# first of these heights to the second.
SCALP_ABOVE, SCALP_HALF_WIDTH, BRIGHT_PERCENTILE, LEFT_DULLER, MOST_LIFT = 0.30, 0.20, 75.0, 0.08, 0.25
LIFT_HEIGHTS, LIFT_FADE_PX = (0.12, 0.42), 12.0
# A scalp shines as the face does: these percentiles of lightness are its middle and its shine, of the face's difference
# between them so much is wanted, the render's stretched so many times at most, with so much added (natural logarithm).
SHINE_PERCENTILES, SHINE_SHARE, MOST_STRETCH, MOST_SHINE = (50.0, 97.0), 0.8, 3.0, 0.30
SKIN_LIGHT_PERCENTILES = (2.0, 20.0, 40.0, 60.0, 80.0, 98.0)
# The drawn hair's contrast may be changed by so much to be that of the person's own.
HAIR_CONTRAST_LIMITS = (0.7, 1.6)
MIN_HAIR_PX = 1500
# Hair's colour is read at these percentiles of its lightness; of a drawn lock's own deviation (Lab) so much is kept.
HAIR_LIGHT_PERCENTILES = (3.0, 25.0, 50.0, 75.0, 97.0)
HAIR_CHROMA_LIMIT, HAIR_CHROMA_KEPT = 6.0, 0.5
LIGHTEST_PERCENTILE = 98.0
# Candidates for how much softer the photo is than the render, as a Gaussian's sigma in canvas pixels.
SOFTNESS_PX = (0.0, 0.6, 0.9, 1.3, 1.8, 2.5, 3.5, 5.0, 7.0)
# Edges are compared at this percentile of their strength, where eyes, brows and mouth decide and noise does not; the
# photo counts as softer only where its edges are weaker than this share of the render's.
EDGE_PERCENTILE, SOFTER_SHARE = 97.0, 0.9


@dataclass(frozen=True)
class SkinSample:
    """near: real skin close to the hair, for the seam; far: real skin that the hair's shadow does not reach; forehead:
    what of that lies above the brows, where the scalp begins."""

    near: Mask
    far: Mask
    forehead: Mask


@dataclass(frozen=True)
class HairTone:
    """Carries drawn hair to the person's own, in Lab: both kinds' usual L*, a*, b* from dark to light (K,3), the ratio
    of contrasts, and how light own hair gets (background that shows through must not become lighter than that)."""

    drawn: NDArray[np.float32]
    own: NDArray[np.float32]
    contrast: float
    lightest: float

    def __call__(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        """Pixels (...,3 in 0..255) of drawn hair in the own hair's tone.

        A lock's colour follows from how light it is. Of what the drawn lock deviates from its kind, only so much is
        kept as hair may: what else shows a colour there is not hair.
        """
        lab = to_lab(pixels.reshape(1, -1, 3))[0]
        middle = len(self.own) // 2
        light = (lab[:, 0] - self.drawn[middle, 0]) * self.contrast + self.own[middle, 0]
        light = np.clip(light, 0, self.lightest)
        toned = [light]
        for channel in (1, 2):
            usual = np.interp(lab[:, 0], self.drawn[:, 0], self.drawn[:, channel])
            deviation = np.clip(lab[:, channel] - usual, -HAIR_CHROMA_LIMIT, HAIR_CHROMA_LIMIT)
            toned.append(np.interp(light, self.own[:, 0], self.own[:, channel]) + HAIR_CHROMA_KEPT * deviation)
        picture = from_lab(np.stack(toned, 1)[None].astype(np.float32))[0]
        return np.asarray(np.clip(picture, 0, 255).reshape(pixels.shape), np.float32)


def skin_gain(photo: Picture, render: Picture, sample: SkinSample, domain: Mask, step_px: int = 1) -> Plane:
    """Log gain (H,W,3) that turns the render's skin into the photo's. domain: H,W, where generated skin is; step_px:
    canvas pixels per pixel of all these, here and below."""
    if sample.near.sum() < MIN_NEAR_PX / step_px**2:
        return np.zeros_like(photo)
    log_ratio = np.log(photo + LOG_OFFSET) - np.log(render + LOG_OFFSET)
    log_ratio = np.clip(log_ratio, -MAX_LOG_GAIN, MAX_LOG_GAIN)
    where = next(
        mask
        for mask, least in ((sample.forehead, MIN_FOREHEAD_PX), (sample.far, MIN_FAR_PX), (sample.near, 0))
        if mask.sum() >= least / step_px**2
    )
    base = np.median(log_ratio[where], 0)
    rest = _smooth_over(log_ratio, sample.near, SEAM_SIGMA_PX / step_px) - base
    light = channel_mean(np.asarray(rest, np.float32))[..., None]
    chroma = np.clip(rest - light, -SEAM_CHROMA_LIMIT, SEAM_CHROMA_LIMIT).astype(np.float32)
    light = np.clip(light, *SEAM_LOG_LIMITS).astype(np.float32)
    known, where_to = sample.near, domain | sample.near
    seam = membrane(light, known, where_to, pull=LIGHT_PULL) + membrane(chroma, known, where_to, pull=CHROMA_PULL)
    return np.asarray(base + seam, np.float32)


def even_colour(lit: Picture, photo: Picture, sample: SkinSample, domain: Mask, step_px: int = 1) -> Plane:
    """What is still to be added to the log gain (H,W,3) for drawn skin to have, all over, the colour that the forehead
    has at its lightness.

    lit: the render with its gain; domain: H,W, its skin. Of wide differences in colour little is kept: what a scalp
    shows of them in a render is another person's, and the render's dark rim makes it yellow.
    """
    where = sample.forehead if sample.forehead.sum() >= MIN_FOREHEAD_PX / step_px**2 else sample.far
    if where.sum() < MIN_FAR_PX / step_px**2 or not domain.any():
        return np.zeros_like(lit)

    def light_and_colour(picture: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        logs = np.log(np.maximum(picture, 0) + LOG_OFFSET)
        light = logs.mean(-1, keepdims=True)
        return light[..., 0], logs - light

    light, colour = light_and_colour(photo[sample.far])
    steps = np.percentile(light, SKIN_LIGHT_PERCENTILES)
    parts = [colour[(light >= low) & (light <= high)] for low, high in pairwise(steps)]
    curve = np.array([np.median(part, 0) for part in parts])
    middles = (steps[1:] + steps[:-1]) / 2 + 1e-4 * np.arange(len(parts))
    light, colour = light_and_colour(photo[where])
    usual, goal = float(np.median(light)), np.median(colour, 0)
    light, colour = light_and_colour(lit)
    wide = _smooth_over(np.dstack([light, colour]), domain, EVEN_SIGMA_PX / step_px)
    change = np.empty_like(lit)
    for channel in range(3):
        known = curve[:, channel] - np.interp(usual, middles, curve[:, channel]) + goal[channel]
        off = wide[..., channel + 1] - np.interp(wide[..., 0], middles, known)
        change[..., channel] = np.clip(-EVENED * off, -EVEN_LIMIT, EVEN_LIMIT)
    return np.asarray(change * blur(domain, EVEN_FADE_PX / step_px)[..., None], np.float32)


def scalp_lift(
    lit: Picture, photo: Picture, sample: SkinSample, bare: Mask, u: Plane, v: Plane, step_px: int = 1
) -> Plane:
    """Log gain (H,W,1), never below 0, for a drawn scalp (lit: H,W,3) that is duller than the person's bright forehead:
    what lies on top gets more light than a face, and a render's often less. bare: H,W, drawn skin."""
    middle = bare & (v > SCALP_ABOVE) & (np.abs(u) < SCALP_HALF_WIDTH)
    least = MIN_NEAR_PX / step_px**2, MIN_FOREHEAD_PX / step_px**2
    if int(middle.sum()) < least[0] or int(sample.forehead.sum()) < least[1]:
        return np.zeros((*bare.shape, 1), np.float32)
    bright = float(np.percentile(luminance(photo)[sample.forehead], BRIGHT_PERCENTILE))
    usual = float(np.median(luminance(lit)[middle]))
    lift = np.log(bright + LOG_OFFSET) - np.log(max(usual, 0.0) + LOG_OFFSET) - LEFT_DULLER
    upwards = smoothstep(v, *LIFT_HEIGHTS) * blur(bare, LIFT_FADE_PX / step_px)
    return np.asarray(upwards * np.float32(np.clip(lift, 0, MOST_LIFT)), np.float32)[..., None]


def shine(lit: Picture, photo: Picture, sample: SkinSample, bare: Mask, v: Plane, step_px: int = 1) -> Plane:
    """Log gain (H,W,3), never below 0, for a drawn scalp (lit: H,W,3) that is more matt than the person's face: where
    it is brighter than its middle already, white light is added. bare: H,W, drawn skin."""
    scalp = bare & (v > LIFT_HEIGHTS[0])
    least = MIN_NEAR_PX / step_px**2, MIN_FAR_PX / step_px**2
    if int(scalp.sum()) < least[0] or int(sample.far.sum()) < least[1]:
        return np.zeros_like(lit)
    wide = np.log(luminance(_smooth_over(np.maximum(lit, 0), bare, EVEN_SIGMA_PX / step_px)) + LOG_OFFSET)
    middle, bright = np.percentile(wide[scalp], SHINE_PERCENTILES)
    face = np.log(blur(luminance(photo), EVEN_SIGMA_PX / step_px / 2)[sample.far] + LOG_OFFSET)
    usual, shining = (float(value) for value in np.percentile(face, SHINE_PERCENTILES))
    wanted = SHINE_SHARE * (shining - usual)
    stretch = float(np.clip(wanted / max(float(bright - middle), 1e-3), 1, MOST_STRETCH)) - 1
    more = np.clip(stretch * np.maximum(wide - np.float32(middle), 0), 0, MOST_SHINE)
    # Nothing shines more than the face does.
    more = np.clip(np.float32(shining) - wide, 0, more)
    more = more * smoothstep(v, *LIFT_HEIGHTS) * blur(bare, LIFT_FADE_PX / step_px)
    added = (np.exp(more) - 1) * np.exp(wide)
    levels = np.maximum(lit, 0) + LOG_OFFSET
    return np.asarray(np.log((levels + added[..., None]) / levels), np.float32)


def hair_tone(photo: Picture, own: Mask, render: Picture, drawn: Mask) -> HairTone | None:
    """What carries drawn hair to the person's own, read where both lie if they meet; None for too little.

    own, drawn: H,W, sure hair of the photo and of the render before any is lost.
    """
    both = own & drawn
    if both.sum() >= MIN_HAIR_PX:
        own = drawn = both
    if min(int(own.sum()), int(drawn.sum())) < MIN_HAIR_PX:
        return None
    made, real = to_lab(render[drawn][None])[0], to_lab(photo[own][None])[0]
    spreads = [float(np.subtract(*np.percentile(values[:, 0], (90, 10)))) for values in (real, made)]
    contrast = float(np.clip(spreads[0] / max(spreads[1], 1.0), *HAIR_CONTRAST_LIMITS))
    return HairTone(_usual(made), _usual(real), contrast, float(np.percentile(real[:, 0], LIGHTEST_PERCENTILE)))


def _usual(lab: NDArray[np.float32]) -> NDArray[np.float32]:
    """Median colour (K,3) of hair (N,3, Lab), from its dark to its light part."""
    edges = np.percentile(lab[:, 0], (0.0, *np.add(HAIR_LIGHT_PERCENTILES[:-1], HAIR_LIGHT_PERCENTILES[1:]) / 2, 100.0))
    parts = [lab[(lab[:, 0] >= low) & (lab[:, 0] <= high)] for low, high in pairwise(edges)]
    usual = np.array([np.median(part, 0) for part in parts], np.float32)
    # Where all hair is of one lightness, the interpolation still needs steps that rise.
    usual[:, 0] = np.maximum.accumulate(usual[:, 0]) + 1e-3 * np.arange(len(usual))
    return usual


def softness(photo: Picture, render: Picture, features: Mask) -> float:
    """How much softer the photo is than the render, as a Gaussian's sigma in pixels; 0 where it is as sharp.

    features: H,W, eyes, brows and mouth, whose edges both pictures show.
    """
    if features.sum() < 200:
        return 0.0
    rows, columns = np.nonzero(features)
    box = (slice(rows.min(), rows.max() + 1), slice(columns.min(), columns.max() + 1))
    real, made, where = luminance(photo[box]), luminance(render[box]), features[box]

    def edges(plane: Plane) -> float:
        slope = np.hypot(cv2.Sobel(plane, cv2.CV_32F, 1, 0), cv2.Sobel(plane, cv2.CV_32F, 0, 1))
        return float(np.percentile(slope[where], EDGE_PERCENTILE)) / max(float(plane[where].std()), 1.0)

    goal = edges(real) / SOFTER_SHARE
    for sigma in SOFTNESS_PX:
        if edges(made if sigma == 0 else blur(made, sigma)) <= goal:
            return sigma
    return SOFTNESS_PX[-1]


def retone_clothes(photo: Picture, render: Picture, known: Mask, domain: Mask, step_px: int = 1) -> Plane | None:
    """Log gain for generated clothes; None where no real cloth is seen."""
    if known.sum() < MIN_NEAR_PX / step_px**2:
        return None
    log_ratio = np.clip(np.log(photo + LOG_OFFSET) - np.log(render + LOG_OFFSET), -MAX_LOG_GAIN, MAX_LOG_GAIN)
    smooth = _smooth_over(log_ratio, known, SEAM_SIGMA_PX / step_px)
    base = np.median(log_ratio[known], 0)
    rest = np.clip(smooth - base, -0.3, 0.3).astype(np.float32)
    return np.asarray(base + membrane(rest, known, domain | known, pull=0.01), np.float32)


def with_gain(render: Picture, gain: Plane) -> Picture:
    """Apply a log gain."""
    return np.asarray((render + LOG_OFFSET) * np.exp(gain) - LOG_OFFSET, np.float32)


def real_skin_sample(
    skin_in_both: Mask, protected: Mask, matte: HairMatte, beard: Mask, v: Plane, unit_px: float
) -> SkinSample:
    """Choose the visible skin that the light is read from."""
    base = erode(skin_in_both, 4) & ~protected & ~beard
    close, clear = ~matte.near_hard(16 * unit_px), ~matte.near_hard(38 * unit_px)
    near = base & clear
    if (near & (v > 0)).sum() < 3000:
        near = base & close
    far = base & clear & (v > -0.28)
    if far.sum() < 6000:
        far = base & close & (v > -0.28)
    return SkinSample(near, far, far & (v > 0))


def _smooth_over(values: Plane, mask: Mask, sigma_px: float) -> Plane:
    weight = blur(mask.astype(np.float32), sigma_px)[..., None]
    return np.asarray(blur(values * mask[..., None], sigma_px) / np.maximum(weight, 1e-3), np.float32)
