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
from engine.imaging.grain import random_phase_texture, tiled
from engine.imaging.lab import from_lab, to_lab
from engine.imaging.membrane import membrane
from engine.imaging.ops import Mask, Picture, Plane, blur, channel_mean, erode, luminance

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
# is taken away.
EVEN_LIMIT, EVEN_SIGMA_PX, EVENED = 0.15, 12.0, 0.75
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
# What is finer than this is grain and pores.
GRAIN_SIGMA_PX = 6.0
MAX_GRAIN_DEVIATION = 6.0
GRAIN_PATCH_PX, GRAIN_TILE_PX = 64, 512
# Of all skin, the patch this far up in roughness; and how much of its noise drawn skin gets.
CALM_PERCENTILE, GRAIN_SHARE = 30.0, 0.8


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


def skin_gain(photo: Picture, render: Picture, sample: SkinSample, domain: Mask) -> Plane:
    """Log gain (H,W,3) that turns the render's skin into the photo's. domain: H,W, where generated skin is."""
    if sample.near.sum() < MIN_NEAR_PX:
        return np.zeros_like(photo)
    log_ratio = np.log(photo + LOG_OFFSET) - np.log(render + LOG_OFFSET)
    log_ratio = np.clip(log_ratio, -MAX_LOG_GAIN, MAX_LOG_GAIN)
    where = next(
        mask
        for mask, least in ((sample.forehead, MIN_FOREHEAD_PX), (sample.far, MIN_FAR_PX), (sample.near, 0))
        if mask.sum() >= least
    )
    base = np.median(log_ratio[where], 0)
    rest = _smooth_over(log_ratio, sample.near, SEAM_SIGMA_PX) - base
    light = channel_mean(np.asarray(rest, np.float32))[..., None]
    chroma = np.clip(rest - light, -SEAM_CHROMA_LIMIT, SEAM_CHROMA_LIMIT).astype(np.float32)
    light = np.clip(light, *SEAM_LOG_LIMITS).astype(np.float32)
    known, where_to = sample.near, domain | sample.near
    seam = membrane(light, known, where_to, pull=LIGHT_PULL) + membrane(chroma, known, where_to, pull=CHROMA_PULL)
    return np.asarray(base + seam, np.float32)


def even_colour(lit: Picture, photo: Picture, sample: SkinSample, domain: Mask) -> Plane:
    """What is still to be added to the log gain (H,W,3) for drawn skin to have, all over, the colour that the forehead
    has at its lightness.

    lit: the render with its gain; domain: H,W, its skin. Of wide differences in colour little is kept: what a scalp
    shows of them in a render is another person's, and the render's dark rim makes it yellow.
    """
    where = sample.forehead if sample.forehead.sum() >= MIN_FOREHEAD_PX else sample.far
    if where.sum() < MIN_FAR_PX or not domain.any():
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
    wide = _smooth_over(np.dstack([light, colour]), domain, EVEN_SIGMA_PX)
    change = np.empty_like(lit)
    for channel in range(3):
        known = curve[:, channel] - np.interp(usual, middles, curve[:, channel]) + goal[channel]
        off = wide[..., channel + 1] - np.interp(wide[..., 0], middles, known)
        change[..., channel] = np.clip(-EVENED * off, -EVEN_LIMIT, EVEN_LIMIT)
    return np.asarray(change * blur(domain, 2)[..., None], np.float32)


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


def retone_clothes(photo: Picture, render: Picture, known: Mask, domain: Mask) -> Plane | None:
    """Log gain for generated clothes; None where no real cloth is seen."""
    if known.sum() < 800:
        return None
    log_ratio = np.clip(np.log(photo + LOG_OFFSET) - np.log(render + LOG_OFFSET), -MAX_LOG_GAIN, MAX_LOG_GAIN)
    smooth = _smooth_over(log_ratio, known, SEAM_SIGMA_PX)
    base = np.median(log_ratio[known], 0)
    rest = np.clip(smooth - base, -0.3, 0.3).astype(np.float32)
    return np.asarray(base + membrane(rest, known, domain | known, pull=0.01), np.float32)


def with_gain(render: Picture, gain: Plane) -> Picture:
    """Apply a log gain."""
    return np.asarray((render + LOG_OFFSET) * np.exp(gain) - LOG_OFFSET, np.float32)


@dataclass(frozen=True)
class Grain:
    """The photo's own noise on skin. texture: H,W,3, of the deviation `found`; row, column: of the patch that it was
    read from, usual: how bright that is."""

    texture: Picture
    found: float
    row: int
    column: int
    usual: float

    def on(self, render: Picture, lit: Picture, domain: Plane) -> Picture:
        """Grain (H,W,3) to add to a lit render, as far as the render lacks it. domain: H,W, 0..1, where."""
        side = GRAIN_PATCH_PX
        y, x = max(self.row - side // 2, 0), max(self.column - side // 2, 0)
        around = render[y : y + 2 * side, x : x + 2 * side]
        inner = (slice(self.row - y, self.row - y + side), slice(self.column - x, self.column - x + side))
        there = float((around - blur(around, GRAIN_SIGMA_PX))[inner].std())
        wanted = min(self.found, MAX_GRAIN_DEVIATION)
        lacking = GRAIN_SHARE * np.sqrt(max(0.0, wanted**2 - min(there, wanted) ** 2)) / max(self.found, 1e-3)
        brightness = np.clip(blur(channel_mean(lit), 9) / self.usual, 0.4, 1.2)
        return np.asarray(self.texture * (np.float32(lacking) * brightness * domain)[..., None], np.float32)


def grain_of(photo: Picture, real_skin: Mask, rng: np.random.Generator) -> Grain:
    """The noise of a calm patch of real skin (H,W)."""
    side = GRAIN_PATCH_PX
    fine = photo - blur(photo, GRAIN_SIGMA_PX)
    cover = cv2.boxFilter(real_skin.astype(np.float32), -1, (side, side))
    energy = cv2.boxFilter(channel_mean(fine**2) * real_skin, -1, (side, side))
    roughness = np.sqrt(np.maximum(energy / np.maximum(cover, 0.01), 0))
    inner = np.zeros_like(real_skin)
    inner[side:-side, side:-side] = True
    usable = inner & (cover > 0.97)
    if not usable.any():
        usable = inner & (cover >= cover[inner].max() * 0.98)
    calm = np.percentile(roughness[usable], CALM_PERCENTILE)
    distance = np.where(usable, np.abs(roughness - calm), np.inf)
    middle_row, middle_column = np.unravel_index(int(distance.argmin()), distance.shape)
    row, column = int(middle_row) - side // 2, int(middle_column) - side // 2
    patch = fine[row : row + side, column : column + side]
    texture = tiled(random_phase_texture(patch, (GRAIN_TILE_PX, GRAIN_TILE_PX), rng), (photo.shape[0], photo.shape[1]))
    usual = max(float(photo[row : row + side, column : column + side].mean()), 1.0)
    return Grain(texture, float(patch.std()), row, column, usual)


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
