"""How far out a head may stand above what the photo shows of the person below it.

A turned head shows its far temple, and hair there ends above the cheek. Heads are drawn with side hair further out:
on its own outline that ended in the air, as a flap with a corner.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.compositing.setting import Setting
from engine.imaging.ops import Mask, Plane
from engine.imaging.parts import parts_at


@dataclass(frozen=True)
class OverhangSettings:
    """How far a head may overhang, set by eye. Face widths from the midline and over the brows."""

    # The person's width is told between these heights, from the cheekbones up, in steps of so much, and counts above.
    lowest: float = -0.25
    highest: float = 0.9
    step: float = 0.02
    # It is what hangs together with the face, which is there so near to where the midline and the brows meet.
    inner: float = 0.2
    # No head is wider than at any height below, by more than so much and this share of how far below it is.
    beyond: float = 0.01
    slope: float = 0.15


def overhang(setting: Setting, own: Mask, settings: OverhangSettings = OverhangSettings()) -> Plane:
    """How much further out (H,W, face widths) each spot lies than a head may be above the person (own: H,W); negative
    where one may be."""
    heights = np.arange(settings.lowest, settings.highest, settings.step)
    rows = np.floor((setting.v - settings.lowest) / settings.step).astype(np.int32)
    own = own & setting.photo.real
    person = parts_at(own, own & (np.abs(setting.u) < settings.inner) & (np.abs(setting.v) < settings.inner))
    told = person & (rows >= 0) & (rows < len(heights))
    limits = [_limit(setting.u[told] * side, rows[told], len(heights), settings) for side in (-1, 1)]
    at = np.clip(rows, 0, len(heights) - 1)
    limit = np.where(setting.u < 0, limits[0][at], limits[1][at])
    return np.asarray(np.where(rows < 0, -1, np.abs(setting.u) - limit), np.float32)


def _limit(
    outwards: NDArray[np.float32], rows: NDArray[np.int32], count: int, settings: OverhangSettings
) -> NDArray[np.float32]:
    """How far out a head may be in each row, from the lowest up. outwards, rows: N, of the person's pixels."""
    widths = np.full(count, -np.inf, np.float32)
    np.maximum.at(widths, rows, outwards)
    # Rows without any of the person tell nothing.
    widths[np.isneginf(widths)] = np.inf
    rise = np.arange(count, dtype=np.float32) * np.float32(settings.slope * settings.step)
    return np.asarray(np.minimum.accumulate(widths - rise) + rise + settings.beyond, np.float32)
