"""How far hair's colour mixes with what is behind it: blur, compression and fine fuzz, measured on the photo."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.compositing.matte import HairMatte
from engine.imaging.ops import Mask, Picture, nearby_colour, share_of_way


@dataclass(frozen=True)
class HaloSettings:
    """How a halo is measured, set by eye. Lengths are pixels of a face 500 wide; counts are canvas pixels."""

    # The background's own colour is that beyond the first distance, where no halo reaches, averaged over the second,
    # where so much of the surroundings (0..1) is background.
    beyond_px: float = 100.0
    averaged_px: float = 50.0
    least_weight: float = 0.01
    # It says something where it differs from hair by so many levels of 0..255 (over all channels).
    min_contrast: float = 40.0
    # Told in rings of this width up to the furthest, from so many pixels each.
    ring_px: float = 6.0
    furthest_px: float = 60.0
    min_ring_canvas_area: int = 200
    # The halo ends where half of a ring has so much (0..1) of the background's colour.
    is_background: float = 0.93
    # Or where its colour does not come any nearer to that, by less than this over so many rings: what varies is then
    # the background itself, a post beside the head or a darker foreground.
    least_rise: float = 0.015
    rise_rings: int = 2
    # A background that at this percentile has less of its own colour (0..1) in the rings further out varies too much to
    # tell it from a halo.
    spread_percentile: float = 20.0
    least_spread: float = 0.7


def halo_px(
    picture: Picture, matte: HairMatte, background: Mask, unit_px: float, settings: HaloSettings = HaloSettings()
) -> float:
    """Pixels beyond the hair up to which its colour is seen before a background (H,W) of a photo (H,W,3); 0 where it
    cannot be told."""
    far = background & (matte.away > settings.beyond_px * unit_px)
    if far.sum() < settings.min_ring_canvas_area or not matte.solid.any():
        return 0.0
    behind, weight = nearby_colour(picture, far, settings.averaged_px * unit_px)
    away = matte.away / np.float32(unit_px)
    near = background & (away > 0) & (away < settings.beyond_px) & (weight > settings.least_weight)
    way = behind[near] - matte.colour
    length = np.sqrt((way * way).sum(1))
    clear = length > settings.min_contrast
    share = share_of_way(picture[near][clear], matte.colour, way[clear], length[clear])
    rings = (away[near][clear] / np.float32(settings.ring_px)).astype(int)
    count = round(settings.furthest_px / settings.ring_px)
    if (rings < count).sum() < settings.min_ring_canvas_area:
        return 0.0
    outer = share[rings >= count]
    if len(outer) < settings.min_ring_canvas_area:
        return 0.0
    if float(np.percentile(outer, settings.spread_percentile)) < settings.least_spread:
        return 0.0
    medians = [_median(share[rings == ring], settings) for ring in range(count + settings.rise_rings)]
    for ring, (here, further) in enumerate(zip(medians, medians[settings.rise_rings :], strict=False)):
        if here >= settings.is_background or further < here + settings.least_rise:
            return ring * settings.ring_px * unit_px
    return settings.furthest_px * unit_px


def _median(share: NDArray[np.float32], settings: HaloSettings) -> float:
    """The middle share (0..1) of a ring's (N); not a number where there are too few, which compares as neither."""
    return float(np.median(share)) if len(share) >= settings.min_ring_canvas_area else math.nan
