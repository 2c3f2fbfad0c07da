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
from engine.imaging.ops import Mask, Picture, blur


@dataclass(frozen=True)
class RecolourSettings:
    """How far a colour is carried, set by eye. L*, a*, b* and chroma are CIE Lab's; lengths in face widths but for
    those named `_px`, which are canvas pixels."""

    # Percentiles of the hair's lightness that the curve goes through.
    percentiles: tuple[float, float, float, float, float] = (2.0, 25.0, 50.0, 75.0, 98.0)
    # Neighbouring percentiles lie this far apart at least (L*), or even hair would give a curve without a slope.
    least_rise: float = 0.5
    # Dark hair in a photo is half noise: steeper than this, the curve would show it.
    slopes: tuple[float, float] = (0.35, 3.6)
    # Beyond the outer percentiles the curve goes on with this slope, over this much (L*) at least.
    outer_slope: float = 0.5
    outer_room: float = 5.0
    # Strength at which the hair has wholly become the target's colour, and how far beyond it the largest may lead.
    full_strength: float = 2.0
    max_amount: float = 1.2
    # Finer than this is detail, which follows the curve's slope, told this far (L*) around, only as far as its noise
    # allows.
    detail_sigma: float = 0.004
    least_sigma_px: float = 0.8
    slope_around: float = 1.5
    detail_gains: tuple[float, float] = (0.5, 2.0)
    # What is surely hair is told from its share of a pixel; from the second where the first leaves too few pixels.
    sure: tuple[float, float] = (0.9, 0.5)
    min_hair_px: int = 300
    # L* at which a colour's chroma is told: deep shadow and bare highlight have next to none.
    tones: tuple[float, float, float, float, float] = (3.0, 20.0, 45.0, 75.0, 97.0)
    # The hair's own variation of chroma that stays, at most; wholly where the target has this chroma, and this share
    # of it where it has none.
    max_own_chroma: float = 10.0
    colourful_chroma: float = 12.0
    colourless_share: float = 0.15
    # Hair gets darker where its usual L* is so much above the target's.
    darker_by: float = 8.0


@dataclass(frozen=True)
class LightSettings:
    """How the light on a head is told, set by eye on ordinary portraits; levels of 0..255."""

    # Percentile of the brightness of eyes and skin that tells the light, and what it is in an ordinary portrait.
    eyes_percentile: float = 92.0
    usual_eyes: float = 150.0
    skin_percentile: float = 60.0
    usual_skin: float = 165.0
    # Fewer pixels tell nothing.
    min_px: int = 60
    # Hair follows the light by this power, within these limits.
    power: float = 0.5
    limits: tuple[float, float] = (0.85, 1.06)


@dataclass(frozen=True)
class HairColour:
    """lightness: L* at `RecolourSettings.percentiles`; a, b: chroma in Lab at its `tones`; own_chroma: share of the
    hair's own variation of chroma that stays."""

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


def recoloured(
    strands: Strands,
    attribute: str,
    strength: float,
    face_px: float,
    light: float,
    settings: RecolourSettings = RecolourSettings(),
) -> Picture:
    """The strands' colour (H,W,3 in 0..255) as hair of another colour.

    attribute: a key of COLOURS, of which a negative strength leads away; face_px: pixels per face width; light: how
    bright the light on this head is, 1 in an ordinary portrait.
    """
    sure = _sure(strands, settings)
    if sure.sum() < settings.min_hair_px:
        return strands.colour
    target = _target(attribute, strength)
    amount = min(abs(strength) / settings.full_strength, settings.max_amount)
    lab = to_lab(strands.colour)
    lightness, chroma = lab[..., 0], lab[..., 1:]
    sigma_px = max(settings.detail_sigma * face_px, settings.least_sigma_px)
    base = blur(lightness, sigma_px)
    knots, values = _curve(lightness[sure], target, light, settings)
    # Detail follows the curve's slope at the tones around it, as far as its noise allows.
    around = settings.slope_around
    rise = np.interp(base + around, knots, values) - np.interp(base - around, knots, values)
    slope = rise.astype(np.float32) / (2 * around)
    detail = (lightness - base) * np.clip(slope, *settings.detail_gains)
    new_lightness = np.clip(np.interp(base, knots, values).astype(np.float32) + detail, 0, 100)
    aim = np.stack([np.interp(new_lightness, settings.tones, values) for values in (target.a, target.b)], -1)
    own = np.clip(
        blur(chroma, sigma_px) - np.median(chroma[sure], 0), -settings.max_own_chroma, settings.max_own_chroma
    )
    colourful = np.hypot(aim[..., 0], aim[..., 1]) / settings.colourful_chroma
    aim = aim + own * target.own_chroma * np.clip(colourful, settings.colourless_share, 1)[..., None]
    changed = np.concatenate([new_lightness[..., None], aim.astype(np.float32)], -1)
    mixed = lab + (changed - lab) * np.float32(amount)
    mixed[..., 0] = np.clip(mixed[..., 0], 0, 100)
    # As a difference, so that what the conversion itself rounds does not count as change.
    return np.asarray(np.clip(strands.colour + from_lab(mixed) - from_lab(lab), 0, 255), np.float32)


def gets_darker(
    strands: Strands, attribute: str, strength: float, settings: RecolourSettings = RecolourSettings()
) -> bool:
    """Whether hair is lighter than the colour that it is to have (as in `recoloured`)."""
    sure = _sure(strands, settings)
    if not sure.any():
        return False
    usual = float(np.median(to_lab(strands.colour[sure][None])[..., 0]))
    target = _target(attribute, strength).lightness
    return usual > target[len(target) // 2] + settings.darker_by


def light_of(
    picture: Picture, eyes: NDArray[np.bool_], skin: NDArray[np.bool_], settings: LightSettings = LightSettings()
) -> float:
    """How bright the light on a head is: from the whites of its eyes, or its skin where no eye is seen; 1 is usual."""
    where, percentile, usual = eyes, settings.eyes_percentile, settings.usual_eyes
    if eyes.sum() <= settings.min_px:
        where, percentile, usual = skin, settings.skin_percentile, settings.usual_skin
    if where.sum() < settings.min_px:
        return 1.0
    level = float(np.percentile(picture[where].mean(-1), percentile))
    return float(np.clip((level / usual) ** settings.power, *settings.limits))


def _target(attribute: str, strength: float) -> HairColour:
    return (COLOURS if strength > 0 else OPPOSITES)[attribute]


def _sure(strands: Strands, settings: RecolourSettings) -> Mask:
    """What is surely hair (H,W)."""
    sure = strands.alpha > settings.sure[0]
    return sure if sure.sum() >= settings.min_hair_px else strands.alpha > settings.sure[1]


def _curve(
    lightness: NDArray[np.float32], target: HairColour, light: float, settings: RecolourSettings
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Knots and values of the monotone lightness curve, its slopes within limits, pinned at its median."""
    knots: NDArray[np.float64] = np.percentile(lightness, settings.percentiles).astype(np.float64)
    knots = np.maximum.accumulate(knots + np.arange(len(knots)) * settings.least_rise)
    aims = np.array(target.lightness) * light
    values = aims.copy()
    middle = len(knots) // 2
    for index in range(middle + 1, len(knots)):
        run = knots[index] - knots[index - 1]
        slope = np.clip((aims[index] - aims[index - 1]) / run, *settings.slopes)
        values[index] = values[index - 1] + slope * run
    for index in range(middle - 1, -1, -1):
        run = knots[index + 1] - knots[index]
        slope = np.clip((aims[index + 1] - aims[index]) / run, *settings.slopes)
        values[index] = values[index + 1] - slope * run
    outer, room = settings.outer_slope, settings.outer_room
    low = min(0.0, float(knots[0]) - room)
    knots = np.concatenate([[low], knots, [max(100.0, float(knots[-1]) + room)]])
    first = max(0.0, float(values[0]) - outer * float(knots[1] - low))
    last = min(100.0, float(values[-1]) + outer * float(knots[-1] - knots[-2]))
    values = np.concatenate([[first], values, [last]])
    return knots, np.maximum.accumulate(np.clip(values, 0, 100)).astype(np.float64)
