"""What is left of a background within hair, and between it and the photo's edge."""

from __future__ import annotations

from dataclasses import dataclass

from engine.imaging.ops import Mask, Plane, closed, drop_small_components


@dataclass(frozen=True)
class IsleSettings:
    """What is an isle, set by eye on 14 invented faces. Lengths are pixels of a face 500 wide."""

    # It has less than so many of these pixels, or is narrower than this, and so near to hair.
    area_px: float = 4000.0
    width_px: float = 20.0
    within_px: float = 120.0


def isles(
    rest: Mask, hole: Mask, real: Mask, away: Plane, unit_px: float, settings: IsleSettings = IsleSettings()
) -> Mask:
    """Isles (H,W) of what is left of a background (H,W) beside the hair's hole (H,W). Hair's colour is in all of them:
    they would stay behind as bits, and go on as the background's.

    real: H,W, the photo; away: H,W, pixels off hair; unit_px: pixels per 1/500 of the face's width.
    """
    near = rest & (away <= settings.within_px * unit_px)
    narrow = near & closed(hole | ~real, settings.width_px * unit_px / 2)
    wide = drop_small_components(rest & ~narrow, settings.area_px * unit_px**2)
    return narrow | (near & ~wide)
