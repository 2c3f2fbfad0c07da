"""Own hair beside and below the ears, which does not change until the horseshoe."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.compositing.drawn import DrawnHead
from engine.compositing.setting import Setting
from engine.edits.ends import strand_ends
from engine.imaging.ops import Mask, Plane, distance_to, smoothstep

# More than so much of a pixel counts as all of it.
HALF = 0.5


@dataclass(frozen=True)
class KeptSettings:
    """What of own hair stays until the horseshoe, beside and below the ears, set by eye. All in face widths."""

    # At these heights over the brows so far beyond its head, where the outline of hair that hangs comes down from the
    # skull in one slope, and on its face so far off its hair: steeper, a lock would begin in the air.
    heights: tuple[float, ...] = (-1.0, -0.6, -0.3, -0.15, -0.02, 0.05, 0.1, 0.2, 0.3)
    beyond: tuple[float, ...] = (1.2, 0.6, 0.34, 0.22, 0.14, 0.10, 0.07, 0.02, -0.07)
    inward: tuple[float, ...] = (0.5, 0.25, 0.1, 0.04, 0.0, -0.02, -0.07, -0.07, -0.07)
    # Its end is frayed by locks of such lengths.
    strands: float = 0.012
    strands_inward: float = 0.05
    # As it gets shorter its ends lie so far apart, locks so much as single strands: that differs across the head alone,
    # or pieces would be left below them.
    end_spread: float = 0.03
    end_locks: float = 0.3
    # Before the face, where the strands above it have fallen, it ends over so many times the distance.
    on_face_softer: float = 3.0
    # From the first of these heights to the second, ever less of it where the head's hair is further away than so much:
    # beside the far temple of a turned head, which shows none, it would float.
    beside_hair: tuple[float, float] = (-0.2, 0.0)
    hair_within: float = 0.10
    # From the first of these heights to the second it reaches ever less far, by so much in the end, locks so much
    # higher or lower, at a side whose own hair does not hang: beyond the head, at least so wide, in the rows of these
    # heights, from none to all of it between these shares of them. Short hair at the ears, whose inner part has given
    # way to drawn hair, stood off the head as a dark flake.
    above_ends: tuple[float, float] = (-0.5, -0.2)
    short_by: float = 0.4
    short_locks: float = 0.05
    beside_ears: tuple[float, float] = (-0.38, -0.12)
    least_wide: float = 0.02
    hanging_rows: tuple[float, float] = (0.3, 0.8)
    # Beyond the head it reaches so far over the head's rim, where a drawn head shows what is behind it.
    over_rim: float = 0.06


def kept_until_bald(
    setting: Setting, horseshoe: DrawnHead, locks: Plane, settings: KeptSettings = KeptSettings()
) -> Plane:
    """How far (H,W, face widths) each spot lies inside of what does not change until the horseshoe: so far beyond its
    head, and on it so far off its hair. Negative outside."""
    hair, head = horseshoe.hair > HALF, horseshoe.head > HALF
    if not hair.any():
        return np.full_like(setting.v, -1)
    outward = np.interp(setting.v, settings.heights, settings.beyond) + settings.strands * locks
    inward = np.interp(setting.v, settings.heights, settings.inward) + settings.strands_inward * locks
    width_px = np.float32(setting.axes.width_px)
    off_hair = distance_to(hair) / width_px
    outward -= smoothstep(setting.v, *settings.beside_hair) * np.maximum(off_hair - settings.hair_within, 0)
    short = 1 - _hanging(setting, head, settings)
    height = setting.v + settings.short_locks * locks
    outward -= short * smoothstep(height, *settings.above_ends) * np.float32(settings.short_by)
    over_rim = np.minimum(outward, settings.over_rim) - distance_to(~head) / width_px
    on_head = np.maximum((inward - off_hair) / settings.on_face_softer, over_rim)
    kept = np.where(head, on_head, outward - distance_to(head) / width_px)
    return np.asarray(kept, np.float32)


def _hanging(setting: Setting, head: Mask, settings: KeptSettings) -> Plane:
    """How much (H,W, 0..1) own hair hangs beside a head (H,W), told for each side of it."""
    low, high = settings.beside_ears
    beside = (setting.v > low) & (setting.v < high)
    own = beside & ~head & (setting.matte.alpha > HALF)
    hangs = np.zeros_like(setting.v)
    for side in (setting.u < 0, setting.u >= 0):
        rows = (beside & side).any(1)
        wide = (own & side).sum(1) >= settings.least_wide * setting.axes.width_px
        share = np.full(1, wide[rows].mean() if rows.any() else 1.0, np.float32)
        hangs[side] = smoothstep(share, *settings.hanging_rows)
    return hangs


def hanging_ends(setting: Setting, locks: Plane, settings: KeptSettings = KeptSettings()) -> Plane:
    """How high (H,W, face widths over the brows) hair counts at each spot as it gets shorter from its ends up."""
    frayed = strand_ends(setting.u, np.random.default_rng(0)) + settings.end_locks * locks
    return np.asarray(setting.v + settings.end_spread * frayed, np.float32)
