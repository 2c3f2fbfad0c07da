"""Another hair colour on the person's own strands.

Nothing is generated: in CIE Lab the hair's lightness is carried to the target's distribution by a monotone curve, which
keeps every strand and highlight in its order, and its chroma to what hair of that colour has at that lightness.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.hair.strands import Strands
from engine.imaging.lab import from_lab, to_lab
from engine.imaging.ops import Picture, blur

# Percentiles of the hair's lightness that the curve goes through.
PERCENTILES = (2.0, 25.0, 50.0, 75.0, 98.0)
# Dark hair in a photo is half noise: steeper than this, the curve would show it.
SLOPE_LIMITS = (0.35, 3.6)
# Strength at which the hair has wholly become the target's colour.
FULL_STRENGTH = 2.0
# Share of the change beyond the target that the largest strength adds.
MAX_AMOUNT = 1.2
# Finer than this (at a face width of 500 px) is detail, which follows the curve only as far as its noise allows.
DETAIL_SIGMA_PX = 2.0
MAX_DETAIL_GAIN = 2.0
MIN_HAIR_PX = 300
# L* at which a colour's chroma is told: deep shadow and bare highlight have next to none.
TONES = (3.0, 20.0, 45.0, 75.0, 97.0)
MAX_OWN_CHROMA = 10.0
LIGHT_RANGE = (0.85, 1.06)


@dataclass(frozen=True)
class HairColour:
    """lightness: L* at PERCENTILES; a, b: chroma in Lab at TONES; own_chroma: share of the hair's own variation of
    chroma that stays."""

    lightness: tuple[float, float, float, float, float]
    a: tuple[float, float, float, float, float]
    b: tuple[float, float, float, float, float]
    own_chroma: float = 0.5


COLOURS: Mapping[str, HairColour] = {
    "black": HairColour((2.0, 6.5, 11.0, 19.0, 46.0), (0.4, 1.0, 1.0, 0.8, 0.2), (0.4, 1.2, 1.4, 1.2, 0.4), 0.25),
    "brown": HairColour((7.0, 18.0, 27.0, 38.0, 64.0), (2, 9, 10, 8, 3), (2, 13, 18, 18, 8), 0.5),
    "blond": HairColour((10.0, 40.0, 61.0, 77.0, 95.0), (4, 9.5, 8.5, 6, 1.5), (4, 17, 22, 21, 10), 0.5),
    "gray": HairColour((11.0, 40.0, 57.0, 72.0, 94.0), (0.2, 0.5, 0.6, 0.6, 0.2), (0.5, 2.5, 3.5, 3.5, 1.5), 0.10),
}
# Where a negative strength leads.
OPPOSITES: Mapping[str, HairColour] = {
    "black": HairColour((12.0, 30.0, 42.0, 54.0, 78.0), (3, 11, 11, 8, 2), (3, 18, 23, 22, 9), 0.5),
    "brown": HairColour((3.0, 11.0, 18.0, 28.0, 54.0), (0, 1.5, 1.5, 1, 0), (0, 2.5, 3, 2, 0), 0.4),
    "blond": HairColour((4.0, 13.0, 21.0, 31.0, 58.0), (2, 8, 9, 7, 2), (2, 10, 14, 14, 6), 0.5),
    "gray": HairColour((5.0, 16.0, 25.0, 36.0, 62.0), (2, 9, 10, 8, 3), (2, 12, 17, 17, 7), 0.5),
}


def recoloured(strands: Strands, attribute: str, strength: float, unit_px: float, light: float) -> Picture:
    """The strands' colour (H,W,3 in 0..255) as hair of another colour.

    attribute: a key of COLOURS, of which a negative strength leads away; unit_px: pixels per 1/500 face width; light:
    how bright the light on this head is, 1 in an ordinary portrait.
    """
    sure = strands.alpha > 0.9
    if sure.sum() < MIN_HAIR_PX:
        sure = strands.alpha > 0.5
    if sure.sum() < MIN_HAIR_PX:
        return strands.colour
    target = (COLOURS if strength > 0 else OPPOSITES)[attribute]
    amount = min(abs(strength) / FULL_STRENGTH, MAX_AMOUNT)
    lab = to_lab(strands.colour)
    lightness, chroma = lab[..., 0], lab[..., 1:]
    sigma = max(DETAIL_SIGMA_PX * unit_px, 0.8)
    base = blur(lightness, sigma)
    knots, values = _curve(lightness[sure], target, light)
    # Detail follows the curve's slope at the tones around it, as far as its noise allows.
    slope = (np.interp(base + 1.5, knots, values) - np.interp(base - 1.5, knots, values)).astype(np.float32) / 3
    detail = (lightness - base) * np.clip(slope, 0.5, MAX_DETAIL_GAIN)
    new_lightness = np.clip(np.interp(base, knots, values).astype(np.float32) + detail, 0, 100)
    aim = np.stack([np.interp(new_lightness, TONES, values) for values in (target.a, target.b)], -1)
    own = blur(chroma, sigma) - np.median(chroma[sure], 0)
    colourful = np.clip(np.hypot(aim[..., 0], aim[..., 1]) / 12, 0.15, 1)[..., None]
    aim = aim + np.clip(own, -MAX_OWN_CHROMA, MAX_OWN_CHROMA) * target.own_chroma * colourful
    changed = np.concatenate([new_lightness[..., None], aim.astype(np.float32)], -1)
    mixed = lab + (changed - lab) * np.float32(amount)
    mixed[..., 0] = np.clip(mixed[..., 0], 0, 100)
    # As a difference, so that what the conversion itself rounds does not count as change.
    return np.asarray(np.clip(strands.colour + from_lab(mixed) - from_lab(lab), 0, 255), np.float32)


def light_of(picture: Picture, eyes: NDArray[np.bool_], skin: NDArray[np.bool_]) -> float:
    """How bright the light on a head is: from the whites of its eyes, or its skin where no eye is seen; 1 is usual."""
    where, share, usual = (eyes, 92, 150.0) if eyes.sum() > 60 else (skin, 60, 165.0)
    if where.sum() < 60:
        return 1.0
    level = float(np.percentile(picture[where].mean(-1), share))
    return float(np.clip((level / usual) ** 0.5, *LIGHT_RANGE))


def _curve(
    lightness: NDArray[np.float32], target: HairColour, light: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Knots and values of the monotone lightness curve, its slopes within SLOPE_LIMITS, pinned at its median."""
    knots: NDArray[np.float64] = np.percentile(lightness, PERCENTILES).astype(np.float64)
    knots = np.maximum.accumulate(knots + np.arange(len(knots)) * 0.5)
    aims = np.array(target.lightness) * light
    values = aims.copy()
    middle = len(knots) // 2
    for index in range(middle + 1, len(knots)):
        step = knots[index] - knots[index - 1]
        rise = np.clip((aims[index] - aims[index - 1]) / step, *SLOPE_LIMITS)
        values[index] = values[index - 1] + rise * step
    for index in range(middle - 1, -1, -1):
        step = knots[index + 1] - knots[index]
        rise = np.clip((aims[index + 1] - aims[index]) / step, *SLOPE_LIMITS)
        values[index] = values[index + 1] - rise * step
    low = min(0.0, float(knots[0]) - 5)
    knots = np.concatenate([[low], knots, [max(100.0, float(knots[-1]) + 5)]])
    last = min(100.0, float(values[-1]) + 0.5 * float(knots[-1] - knots[-2]))
    values = np.concatenate([[max(0.0, float(values[0]) - 0.5 * float(knots[1] - low))], values, [last]])
    return knots, np.maximum.accumulate(np.clip(values, 0, 100)).astype(np.float64)
