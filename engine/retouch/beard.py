"""Beards: what two generated pictures differ by, carried over to the photo's own lower face."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.compositing.arrays import Mask, Picture, Plane, blur, smoothstep
from engine.compositing.scalp import LOG_OFFSET, SkinSample, grain_like, relight, with_gain

# Shading is carried over below this scale (at a face width of 500 px), hairs above it.
SHADING_SIGMA_PX = 5.0
MAX_SHADING = 1.3
# Darkening, as a log ratio, at which a stubble begins and at which the beard covers the skin.
STUBBLE, COVERED = 0.06, 0.45
# Levels of difference below which nothing is seen.
VISIBLE = (1.0, 4.0)


def bearded(
    photo: Picture, before: Picture, after: Picture, region: Plane, unit_px: float, tone: NDArray[np.float32] | None
) -> tuple[Picture, Plane]:
    """Picture and alpha of a beard that the generator drew between two pictures, on the photo's own skin.

    before, after: the generator's face without and with it; region: 0..1, where it may grow; tone: RGB of the person's
    own beard or hair, towards which the beard's colour is drawn, if known.
    """
    sigma = SHADING_SIGMA_PX * unit_px
    ratio = np.log(np.clip(after, 0, 255) + LOG_OFFSET) - np.log(np.clip(before, 0, 255) + LOG_OFFSET)
    shading = np.clip(blur(ratio, sigma), -MAX_SHADING, MAX_SHADING)
    # A beard only darkens: what is brighter is a highlight that moved.
    grey = shading.mean(-1)
    shading = shading * smoothstep(-grey, -0.02, STUBBLE)[..., None]
    density = smoothstep(-blur(ratio.mean(-1), 2 * sigma), STUBBLE, COVERED) * region
    low = blur(photo, sigma)
    shaded = (low + LOG_OFFSET) * np.exp(shading * region[..., None]) - LOG_OFFSET
    if tone is not None:
        shaded = shaded + (_in_tone(shaded, tone) - shaded) * (0.6 * density)[..., None]
    hairs = after - blur(after, sigma)
    own = photo - low
    picture = shaded + own * (1 - density)[..., None] + hairs * density[..., None] * 1.15
    difference = np.abs(picture - photo).max(-1)
    alpha = smoothstep(blur(difference, 1.5), *VISIBLE) * smoothstep(region, 0.0, 0.1)
    return np.asarray(np.clip(picture, 0, 255), np.float32), np.asarray(alpha, np.float32)


def shaved(
    photo: Picture,
    before: Picture,
    after: Picture,
    region: Plane,
    skin: SkinSample,
    domain: Mask,
    u: Plane,
    v: Plane,
    unit_px: float,
    rng: np.random.Generator,
) -> tuple[Picture, Plane]:
    """Picture and alpha of the lower face without its beard: the generator's skin in the person's light and grain.

    skin: real skin without beard; domain: where the generator's picture shows skin.
    """
    sigma = SHADING_SIGMA_PX * unit_px
    gain = relight(photo, after, skin, domain, np.zeros_like(domain), u, v, rng)
    lit = with_gain(after, gain)
    calm = blur(domain, 3)
    picture = lit + grain_like(photo, after, skin.near, lit, calm, rng)
    ratio = np.log(np.clip(after, 0, 255) + LOG_OFFSET) - np.log(np.clip(before, 0, 255) + LOG_OFFSET)
    lighter = blur(ratio.mean(-1), 2 * sigma)
    darker_than_skin = blur(np.log(np.clip(lit, 0, 255) + LOG_OFFSET).mean(-1), sigma) - blur(
        np.log(np.clip(photo, 0, 255) + LOG_OFFSET).mean(-1), sigma
    )
    gone = np.maximum(smoothstep(lighter, STUBBLE, 0.2), smoothstep(darker_than_skin, 0.08, 0.25))
    alpha = blur(gone, 1.5 * sigma) * region
    alpha = np.where(alpha < 1 / 64, 0, alpha)
    return np.asarray(np.clip(picture, 0, 255), np.float32), np.asarray(alpha, np.float32)


def _in_tone(picture: Picture, tone: NDArray[np.float32]) -> Picture:
    """The same luminance in another colour's chroma."""
    level = picture.mean(-1, keepdims=True)
    return np.asarray(level * (tone / max(float(tone.mean()), 1.0)), np.float32)
