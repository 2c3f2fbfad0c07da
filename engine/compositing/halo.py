"""How far hair's colour mixes with what is behind it: blur, compression and fine fuzz, measured on the photo."""

from __future__ import annotations

import numpy as np

from engine.compositing.matte import HairMatte
from engine.imaging.ops import Mask, Picture, nearby_colour

# The background's own colour is that beyond the first distance, averaged over the second (both in pixels of a face 500
# wide), where so much of it is; it says something where it differs from hair by so many levels (over all channels).
BEYOND_PX, AVERAGED_PX, LEAST_WEIGHT, MIN_CONTRAST = 100.0, 50.0, 0.01, 40.0
# Told in rings of this width up to the furthest, from so many pixels each.
RING_PX, FURTHEST_PX, MIN_RING_PX = 6.0, 60.0, 200
# The halo ends where half of a ring has so much of the background's colour. A background that varies more than this in
# the rings further out says nothing about it.
IS_BACKGROUND, SPREAD_PERCENTILE, LEAST_SPREAD = 0.93, 20.0, 0.7


def halo_px(picture: Picture, matte: HairMatte, background: Mask, unit_px: float) -> float:
    """Pixels beyond the hair up to which its colour is seen before a background (H,W) of a photo (H,W,3); 0 where it
    cannot be told."""
    far = background & (matte.away > BEYOND_PX * unit_px)
    if far.sum() < MIN_RING_PX or not matte.solid.any():
        return 0.0
    behind, weight = nearby_colour(picture, far, AVERAGED_PX * unit_px)
    away = matte.away / np.float32(unit_px)
    near = background & (away > 0) & (away < BEYOND_PX) & (weight > LEAST_WEIGHT)
    way = behind[near] - matte.colour
    length = (way * way).sum(1)
    clear = length > MIN_CONTRAST**2
    share = ((picture[near] - matte.colour) * way).sum(1)[clear] / length[clear]
    rings = (away[near][clear] / np.float32(RING_PX)).astype(int)
    if (rings < round(FURTHEST_PX / RING_PX)).sum() < MIN_RING_PX:
        return 0.0
    outer = share[rings >= round(FURTHEST_PX / RING_PX)]
    if len(outer) < MIN_RING_PX or float(np.percentile(outer, SPREAD_PERCENTILE)) < LEAST_SPREAD:
        return 0.0
    for ring in range(round(FURTHEST_PX / RING_PX)):
        inside = share[rings == ring]
        if len(inside) >= MIN_RING_PX and float(np.median(inside)) >= IS_BACKGROUND:
            return ring * RING_PX * unit_px
    return FURTHEST_PX * unit_px
