"""Make what the generator draws look as if it stood in the photo's light.

The render's own shading is kept. Only what is needed to meet the visible skin is added: one gain for all of it, and
what is missing at the seam, carried on a short way.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from engine.compositing.matte import HairMatte
from engine.imaging.membrane import membrane
from engine.imaging.ops import Mask, Picture, Plane, channel_mean, erode, smooth_over, smoothstep

# Added before a logarithm, in levels of 0..255: below it a camera's noise would decide.
LOG_OFFSET = 12.0
# No gain beyond this (natural logarithm) is believed: a factor of two and a half is another thing, not another light.
MAX_LOG_GAIN = 0.9
# Fewer canvas pixels than these say nothing about light: of skin at the seam or of cloth, of the forehead, of the face.
MIN_NEAR_PX, MIN_FOREHEAD_PX, MIN_FAR_PX = 800, 3000, 2000


@dataclass(frozen=True)
class SkinGainSettings:
    """What the seam may add to the one gain of all drawn skin, set by eye. Gains are natural logarithms."""

    # Brightness: hair's shadow on the forehead must not darken a bald head like a cap. And colour, either way.
    seam_limits: tuple[float, float] = (-0.10, 0.22)
    # Less and less of it between these heights over the brows (face widths): above, the drawn light goes on over the
    # own forehead instead, where a seam's would stand as an arc.
    seam_heights: tuple[float, float] = (0.0, 0.15)
    # Little colour: under a spot of shine at the hairline more of it left a blue one on the scalp.
    seam_chroma_limit: float = 0.05
    # How fast it is lost away from the seam (see `membrane`): brightness after about a twentieth of the crop, colour,
    # which changes less over a face, after three times as much.
    light_pull: float = 0.03
    chroma_pull: float = 0.004
    # Over so many canvas pixels (a Gaussian's sigma) it is told, so that pores and noise do not count.
    seam_sigma_px: float = 9.0


# Where only parts of a drawn head are seen its skin takes the light of all that is beside it, at every height.
SEAM_ALL_OVER = SkinGainSettings(seam_heights=(9.0, 10.0))


@dataclass(frozen=True)
class ClothesGainSettings:
    """The same for drawn clothes, set by eye."""

    # Folds are not another light: so much, either way, is kept of what differs from the one gain (natural logarithm).
    limit: float = 0.3
    # How fast it is lost away from the cloth that is seen (see `membrane`): after about a tenth of the crop.
    pull: float = 0.01
    # Over so many canvas pixels (a Gaussian's sigma) it is told.
    sigma_px: float = 9.0


@dataclass(frozen=True)
class SampleSettings:
    """Which visible skin the light is read from, set by eye."""

    # So far inside of what is skin in both pictures (canvas pixels): the outline mixes with what is beside it.
    inside_canvas_px: int = 4
    # So far off hair, where its shadow hardly reaches, and this close where else too little would be left (pixels of a
    # face 500 wide).
    clear_px: float = 38.0
    close_px: float = 16.0
    # Too little: fewer canvas pixels above the brows, and of the face.
    min_above_canvas_area: int = 3000
    min_far_canvas_area: int = 6000
    # The face counts above this height over the brows (face widths): below lie the shadows of nose and cheeks. Where
    # less than so much of the forehead is seen it counts down to the second: what is left above is shaded by the hair.
    far_above: float = -0.28
    far_without_forehead: float = -0.50
    min_forehead_canvas_area: int = 3000


@dataclass(frozen=True)
class SkinSample:
    """near: real skin close to the hair, for the seam; far: real skin that the hair's shadow does not reach; forehead:
    what of that lies above the brows, where the scalp begins."""

    near: Mask
    far: Mask
    forehead: Mask


def skin_gain(
    photo: Picture,
    render: Picture,
    sample: SkinSample,
    domain: Mask,
    v: Plane,
    pixel_px: float = 1,
    settings: SkinGainSettings = SkinGainSettings(),
) -> Plane:
    """Log gain (H,W,3) that turns the render's skin into the photo's. domain: H,W, where generated skin is; v: H,W,
    height over the brows in face widths; pixel_px: canvas pixels per pixel of all these, here and below."""
    if sample.near.sum() < MIN_NEAR_PX / pixel_px**2:
        return np.zeros_like(photo)
    log_ratio = np.log(photo + LOG_OFFSET) - np.log(render + LOG_OFFSET)
    log_ratio = np.clip(log_ratio, -MAX_LOG_GAIN, MAX_LOG_GAIN)
    where = next(
        mask
        for mask, least in ((sample.forehead, MIN_FOREHEAD_PX), (sample.far, MIN_FAR_PX), (sample.near, 0))
        if mask.sum() >= least / pixel_px**2
    )
    base = np.median(log_ratio[where], 0)
    rest = smooth_over(log_ratio, sample.near, settings.seam_sigma_px / pixel_px) - base
    light = channel_mean(np.asarray(rest, np.float32))[..., None]
    chroma = np.clip(rest - light, -settings.seam_chroma_limit, settings.seam_chroma_limit).astype(np.float32)
    light = np.clip(light, *settings.seam_limits).astype(np.float32)
    known, where_to = sample.near, domain | sample.near
    seam = membrane(light, known, where_to, pull=settings.light_pull)
    seam = seam * (1 - smoothstep(v, *settings.seam_heights))[..., None]
    seam = seam + membrane(chroma, known, where_to, pull=settings.chroma_pull)
    return np.asarray(base + seam, np.float32)


def retone_clothes(
    photo: Picture,
    render: Picture,
    known: Mask,
    domain: Mask,
    pixel_px: float = 1,
    settings: ClothesGainSettings = ClothesGainSettings(),
) -> Plane | None:
    """Log gain (H,W,3) for generated clothes (domain: H,W); None where no real cloth (known: H,W) is seen."""
    if known.sum() < MIN_NEAR_PX / pixel_px**2:
        return None
    log_ratio = np.clip(np.log(photo + LOG_OFFSET) - np.log(render + LOG_OFFSET), -MAX_LOG_GAIN, MAX_LOG_GAIN)
    smooth = smooth_over(log_ratio, known, settings.sigma_px / pixel_px)
    base = np.median(log_ratio[known], 0)
    rest = np.clip(smooth - base, -settings.limit, settings.limit).astype(np.float32)
    return np.asarray(base + membrane(rest, known, domain | known, pull=settings.pull), np.float32)


def with_gain(render: Picture, gain: Plane) -> Picture:
    """A render (H,W,3) with a log gain (H,W,3)."""
    lit = np.asarray(cv2.exp(gain), np.float32)  # in a seventh of NumPy's time
    lit *= render + np.float32(LOG_OFFSET)
    lit -= np.float32(LOG_OFFSET)
    return lit


def real_skin_sample(
    skin_in_both: Mask,
    protected: Mask,
    matte: HairMatte,
    beard: Mask,
    v: Plane,
    unit_px: float,
    settings: SampleSettings = SampleSettings(),
) -> SkinSample:
    """Choose the visible skin that the light is read from."""
    base = erode(skin_in_both, settings.inside_canvas_px) & ~protected & ~beard
    close, clear = ~matte.near_hard(settings.close_px * unit_px), ~matte.near_hard(settings.clear_px * unit_px)
    near = base & clear
    if (near & (v > 0)).sum() < settings.min_above_canvas_area:
        near = base & close
    above = v > settings.far_above
    far = base & clear & above
    if far.sum() < settings.min_far_canvas_area:
        far = base & close & above
    if (far & (v > 0)).sum() < settings.min_forehead_canvas_area:
        far = far | (near & (v > settings.far_without_forehead))
    return SkinSample(near, far, far & (v > 0))
