"""Make generated skin look like the person's own: their light, their tone, their grain."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from engine.compositing.arrays import (
    Mask,
    Picture,
    Plane,
    blur,
    channel_mean,
    distance_to,
    erode,
    membrane,
    random_phase_texture,
    smoothstep,
    tiled,
)
from engine.compositing.matte import HairMatte

LOG_OFFSET = 12.0
MAX_GRAIN_DEVIATION = 4.5
GRAIN_PATCH_PX = 64
LEVEL_REACH_PX = 120.0


@dataclass(frozen=True)
class SkinSample:
    """near: real skin close to the hair, for the seam; far: real skin that the hair's shadow does not reach."""

    near: Mask
    far: Mask


def relight(
    photo: Picture,
    render: Picture,
    skin: SkinSample,
    skin_domain: Mask,
    scalp: Mask,
    u: Plane,
    v: Plane,
    rng: np.random.Generator,
) -> Plane:
    """Log gain (H,W,3) that turns the render's skin into the photo's.

    A robust affine fit of luminance over the visible skin, with one chroma offset (slopes in colour turned dark scalps
    lilac), plus a short-range membrane of what is left at the seam. The membrane may hardly darken: the hair's own
    shadow would be spread over the scalp like a helmet.
    """
    log_ratio = np.clip(np.log(photo + LOG_OFFSET) - np.log(render + LOG_OFFSET), -0.9, 0.9)
    known = skin.near
    if known.sum() < 800:
        return np.zeros_like(photo)
    smooth = _smooth_over(log_ratio, known, 9)
    base = _affine_light(smooth, skin.far, u, v, rng) if skin.far.sum() >= 2000 else np.median(log_ratio[known], 0)
    # Away from the seam only: at the seam the person's own skin says how bright it is.
    away = smoothstep(distance_to(known), 0.0, LEVEL_REACH_PX)[..., None]
    base = base + _level_shift(photo, with_gain(render, base), skin.far, scalp) * away
    # A highlight at the seam stays where it is: brightness is carried on less far than shade.
    rest = np.clip(smooth - base, -0.3, 0.12)
    level = channel_mean(rest)[..., None]
    grey = np.maximum(level, np.where(v > -0.02, np.float32(-0.05), np.float32(-0.10))[..., None])
    chroma = 0.5 * np.clip(rest - level, -0.06, 0.06)
    seam = membrane((grey + chroma).astype(np.float32), known, skin_domain | known, pull=0.03)
    return np.asarray(base + seam, np.float32)


def retone_clothes(photo: Picture, render: Picture, known: Mask, domain: Mask) -> Plane | None:
    """Log gain for generated clothes; None where no real cloth is seen."""
    if known.sum() < 800:
        return None
    log_ratio = np.clip(np.log(photo + LOG_OFFSET) - np.log(render + LOG_OFFSET), -0.9, 0.9)
    smooth = _smooth_over(log_ratio, known, 9)
    base = np.median(log_ratio[known], 0)
    rest = np.clip(smooth - base, -0.3, 0.3).astype(np.float32)
    return np.asarray(base + membrane(rest, known, domain | known, pull=0.01), np.float32)


def with_gain(render: Picture, gain: Plane) -> Picture:
    """Apply a log gain."""
    return np.asarray((render + LOG_OFFSET) * np.exp(gain) - LOG_OFFSET, np.float32)


def toned_like(photo: Picture, lit: Picture, skin: Mask, where: Plane) -> Picture:
    """Hold generated skin within the person's own range: chroma as their skin has it at that luminance, and highlights
    no brighter than their bright skin, in CIE Lab.

    skin: H,W real skin above the eyes; where: 0..1, how much each pixel is bound.
    """
    if skin.sum() < 2000:
        return lit
    real = _to_lab(photo[skin][None])[0]
    made = _to_lab(lit)
    edges = np.percentile(real[:, 0], (4, 20, 40, 60, 80, 96))
    slots = np.digitize(real[:, 0], edges[1:-1])
    levels = [np.median(real[slots == i], 0) for i in range(5) if (slots == i).sum() > 50]
    curve = np.stack(levels)
    ceiling = float(np.percentile(real[:, 0], 90))
    over = np.maximum(made[..., 0] - ceiling, 0)
    # A soft knee: what exceeds the bright skin is compressed, not cut, so that a scalp still shines a little.
    bright = np.where(over > 0, ceiling + 8 * (1 - np.exp(-over / 8)) * 0.6, made[..., 0])
    light = made[..., 0] + (bright - made[..., 0]) * where
    pull = 0.75 * where
    toned = np.stack(
        [
            light,
            *(
                made[..., i] + (np.interp(light, curve[:, 0], curve[:, i]).astype(np.float32) - made[..., i]) * pull
                for i in (1, 2)
            ),
        ],
        -1,
    )
    return np.asarray(cv2.cvtColor(toned.astype(np.float32), cv2.COLOR_LAB2RGB) * 255, np.float32)


def _to_lab(picture: Picture) -> Picture:
    return np.asarray(cv2.cvtColor(np.clip(picture / 255, 0, 1).astype(np.float32), cv2.COLOR_RGB2LAB), np.float32)


def grain_like(
    photo: Picture, render: Picture, real_skin: Mask, lit: Picture, domain: Plane, rng: np.random.Generator
) -> Picture:
    """Skin grain (H,W,3) to add: the spectrum of a calm patch of real skin, as far as the render lacks it."""
    side = GRAIN_PATCH_PX
    fine_photo = photo - blur(photo, 3)
    cover = cv2.boxFilter(real_skin.astype(np.float32), -1, (side, side))
    energy = cv2.boxFilter(channel_mean(fine_photo**2) * real_skin, -1, (side, side))
    roughness = np.sqrt(np.maximum(energy / np.maximum(cover, 0.01), 0))
    inner = np.zeros_like(real_skin)
    inner[side:-side, side:-side] = True
    usable = inner & (cover > 0.97)
    if not usable.any():
        usable = inner & (cover >= cover[inner].max() * 0.98)
    calm = np.percentile(roughness[usable], 30)
    distance = np.where(usable, np.abs(roughness - calm), np.inf)
    row, column = np.unravel_index(int(distance.argmin()), distance.shape)
    y, x = int(row) - side // 2, int(column) - side // 2
    patch = fine_photo[y : y + side, x : x + side]
    wanted = min(float(patch.std()), MAX_GRAIN_DEVIATION)
    around = render[y - side // 2 : y + side + side // 2, x - side // 2 : x + side + side // 2]
    fine_render = (around - blur(around, 3))[side // 2 : -(side // 2), side // 2 : -(side // 2)]
    there = float(fine_render.std())
    lacking = 0.8 * np.sqrt(max(0.0, wanted**2 - min(there, wanted) ** 2)) / max(float(patch.std()), 1e-3)
    texture = tiled(random_phase_texture(patch, (512, 512), rng), (photo.shape[0], photo.shape[1]))
    usual = max(float(photo[y : y + side, x : x + side].mean()), 1.0)
    brightness = np.clip(blur(channel_mean(lit), 9) / usual, 0.4, 1.2)
    return np.asarray(texture * (np.float32(lacking) * brightness * domain)[..., None], np.float32)


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
    return SkinSample(near, far)


def _level_shift(photo: Picture, lit: Picture, real: Mask, scalp: Mask) -> float:
    """Log step that brings the scalp's middle brightness into the middle of the real skin's: the fit extrapolates, and
    the generator likes shining heads."""
    if scalp.sum() < 2000 or real.sum() < 2000:
        return 0.0
    low, high = np.percentile(photo[real].mean(-1), (25, 58))
    level = float(np.median(lit[scalp].mean(-1)))
    return float(np.log((np.clip(level, low, high) + LOG_OFFSET) / (level + LOG_OFFSET)))


def _smooth_over(values: Plane, mask: Mask, sigma_px: float) -> Plane:
    weight = blur(mask.astype(np.float32), sigma_px)[..., None]
    return np.asarray(blur(values * mask[..., None], sigma_px) / np.maximum(weight, 1e-3), np.float32)


def _affine_light(smooth: Plane, where: Mask, u: Plane, v: Plane, rng: np.random.Generator) -> Plane:
    rows, columns = np.nonzero(where)
    chosen = rng.permutation(len(rows))[:6000]
    rows, columns = rows[chosen], columns[chosen]
    sample_u, sample_v = u[rows, columns], v[rows, columns]
    design = np.stack([np.ones_like(sample_u), sample_u, sample_v], 1)
    target = smooth[rows, columns].mean(-1)
    weight = np.ones(len(rows))
    for _ in range(6):
        coefficients = np.linalg.lstsq(design * weight[:, None], target * weight, rcond=None)[0]
        residual = np.abs(target - design @ coefficients)
        weight = 1 / np.sqrt(1 + (residual / 0.06) ** 2)
    low_u, high_u = np.percentile(sample_u, (3, 97))
    low_v, high_v = np.percentile(sample_v, (3, 97))
    light = coefficients[0] + np.clip(u, low_u, high_u) * coefficients[1] + np.clip(v, low_v, high_v) * coefficients[2]
    light = np.clip(light, *np.percentile(light[where], (2, 98)))
    middle = np.median(smooth[where], 0)
    return np.asarray(light[..., None] + (middle - middle.mean()), np.float32)
