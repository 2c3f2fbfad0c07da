"""Generated hair that hangs from the person's own, told from pieces that would hang in the air."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.imaging.ops import Plane, blur, dilate
from engine.imaging.parts import parts_at


@dataclass(frozen=True)
class HangingSettings:
    """Which hair hangs together, set by eye. Lengths are in face widths but for `_px`, which are canvas pixels."""

    # Hair is what has this share of a pixel; less own hair, in squares of a face width's side, holds none.
    hair: float = 0.35
    min_own: float = 0.006
    # It reaches over gaps of twice this: between locks, and where new hair takes hold of the own.
    gap: float = 0.012
    # With what hangs together stay its wisps and its shadow, so far around, so softly.
    around: float = 0.03
    edge_sigma_px: float = 2.0


def hanging(generated: Plane, own: Plane, face_px: float, settings: HangingSettings = HangingSettings()) -> Plane:
    """How much of generated hair to keep (H,W, 0..1): what hangs together with own hair, or all where there is none.

    generated, own: H,W, 0..1, their shares of each pixel. On a turned face a generator draws hair beyond the far cheek;
    the photo's cheek may end before it.
    """
    holds = own > settings.hair
    if holds.sum() < settings.min_own * face_px**2:
        return np.ones_like(generated)
    hair = holds | (generated > settings.hair)
    together = dilate(hair, settings.gap * face_px)
    kept = parts_at(together, holds)
    if kept[hair].all():
        return np.ones_like(generated)
    return blur(dilate(kept & hair, settings.around * face_px), settings.edge_sigma_px)
