"""How far the shadow of a photo's hair reaches, which must not stay where the hair goes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.compositing.light import LOG_OFFSET
from engine.compositing.matte import HairMatte
from engine.imaging.ops import Mask, Picture, luminance


@dataclass(frozen=True)
class OwnShadowSettings:
    """How far hair's shadow reaches, set by eye. Lengths in `_px` are pixels of a face 500 wide, those in `_canvas_px`
    the canvas's."""

    # Above this height over the brows (face widths) skin is forehead.
    forehead_above: float = 0.05
    # There it reaches as far as the skin gets lighter away from the hair, within these limits, looked for in rings of
    # this width that hold so many pixels, up to so many rings beyond.
    limits_px: tuple[float, float] = (40.0, 84.0)
    ring_px: float = 6.0
    min_ring_px: int = 100
    rings_beyond: int = 4
    # Skin is out of it where its brightness (natural logarithm) is within this of the brightest ring's.
    gone: float = 0.02
    # It fades out so softly, between these shares (0..1).
    fade_px: float = 18.0
    edge: tuple[float, float] = (0.1, 0.95)
    # At the sides it reaches less far, likewise; both meet so softly.
    side_px: float = 30.0
    side_fade_px: float = 14.0
    side_edge: tuple[float, float] = (0.1, 0.9)
    seam_canvas_px: float = 3
    # It spares ears, grown by so much, but for what lies this near to hair.
    ears_canvas_px: int = 2
    ears_off_hair_canvas_px: float = 5


def shadow_px(
    photo: Picture, matte: HairMatte, forehead: Mask, unit_px: float, settings: OwnShadowSettings = OwnShadowSettings()
) -> float:
    """How far hair's shadow reaches over a forehead (H,W) of a photo (H,W,3), in pixels of a face 500 wide, of which
    one is unit_px of the canvas's."""
    least, most = settings.limits_px
    away_px = np.minimum(matte.off_hard[forehead], float(max(forehead.shape)))
    away, bright = away_px / unit_px, np.log(luminance(photo)[forehead] + LOG_OFFSET)
    rings: list[tuple[float, float]] = []
    for inner in np.arange(least / 2, most + settings.rings_beyond * settings.ring_px, settings.ring_px):
        ring = bright[(away >= inner) & (away < inner + settings.ring_px)]
        if len(ring) >= settings.min_ring_px * unit_px**2:
            rings.append((float(inner), float(np.median(ring))))
    if not rings:
        return least
    brightest = max(value for _, value in rings)
    reach = next(inner for inner, value in rings if value >= brightest - settings.gone)
    return float(np.clip(reach + settings.fade_px / 2, least, most))
