"""What is left of a background within hair, and between it and the photo's edge."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.imaging.ops import Mask, Plane, closed, dilate, drop_small_components
from engine.imaging.parts import parts_at


@dataclass(frozen=True)
class IsleSettings:
    """What is an isle, set by eye on 14 invented faces. Lengths are pixels of a face 500 wide."""

    # It has less than so many of these pixels, or is narrower than this, and so near to hair.
    area_px: float = 4000.0
    width_px: float = 20.0
    within_px: float = 120.0
    # A part as small of what a parser takes for hair with more than this probability is one, too, if the hole ends at
    # it: nothing is told by what may be hair, so what is filled would not meet it.
    maybe_hair: float = 0.3
    # More than this share (0..1) of the background near hair are no isles: they alone tell what is behind the head.
    most: float = 0.6


def isles(
    rest: Mask,
    hole: Mask,
    real: Mask,
    away: Plane,
    unit_px: float,
    hair: Plane,
    settings: IsleSettings = IsleSettings(),
) -> Mask:
    """Isles (H,W) of what is left of a background (H,W) beside the hair's hole (H,W). Hair's colour is in all of them:
    they would stay behind as bits, and go on as the background's.

    real: H,W, the photo; away: H,W, pixels off hair; unit_px: pixels per 1/500 of the face's width; hair: H,W, 0..1,
    how likely each pixel is some.
    """
    near = rest & (away <= settings.within_px * unit_px)
    narrow = near & closed(hole | ~real, settings.width_px * unit_px / 2)
    wide = drop_small_components(rest & ~narrow, settings.area_px * unit_px**2)
    maybe = near & (hair > settings.maybe_hair)
    maybe &= ~drop_small_components(maybe, settings.area_px * unit_px**2)
    found = narrow | (near & ~wide) | parts_at(maybe, dilate(hole, 1))
    return found if int(found.sum()) <= settings.most * int(near.sum()) else np.zeros_like(found)
