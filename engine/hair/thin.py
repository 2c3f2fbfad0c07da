"""Hair so short or thin that skin shows through: how much of each pixel that is, and what the hair in it looks like."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.compositing.view import SKIN, View
from engine.hair.strands import Strands
from engine.imaging.ops import (
    blur,
    channel_sum,
    colour_near_or_further,
    dilate,
    distance_to,
    mixed,
    share_of_way,
    smoothstep,
)


@dataclass(frozen=True)
class ThinSettings:
    """How skin is told in hair, set by eye. Lengths are in face widths; pairs are from nothing to all."""

    # Hair further from skin is never thin, and what is not thin is told from beyond. Where hair gets darker it is much
    # less far: a sunlit lock looks like skin, and would stay light.
    reach: tuple[float, float] = (0.08, 0.16)
    darker_reach: tuple[float, float] = (0.02, 0.07)
    # Hair is what has this share of a pixel.
    hair: float = 0.5
    # Skin's colour is read so far off the hair. Both colours are means over this distance, and over so many times as
    # much where none is near (less than this share of the surroundings).
    off_hair: float = 0.012
    sigma: float = 0.04
    wider: float = 4.0
    least_weight: float = 0.02
    # A pixel's colour is told over so much, or noise would be taken for gaps.
    smooth: float = 0.003
    # It is skin up to the first share of the way from skin to hair, and hair from the second, where the two are so far
    # apart (levels of 0..255, over all channels).
    way: tuple[float, float] = (0.10, 0.95)
    contrast: tuple[float, float] = (60.0, 110.0)
    # The compositing equation is solved as if a pixel had this share of hair at least, or noise would be divided by
    # nothing.
    least_divisor: float = 0.35
    # Less hair that is not thin, in squares of a face width's side, tells no colour.
    min_deep: float = 0.01


def without_skin(
    strands: Strands, view: View, face_px: float, gets_darker: bool, settings: ThinSettings = ThinSettings()
) -> Strands:
    """A view's strands without the skin that shows between them. face_px: canvas pixels per face width; gets_darker:
    whether the hair is to become darker than it is.

    A fade and a thin hairline are mixtures: taken for hair alone, they are the lightest of it.
    """
    reach, hair = settings.darker_reach if gets_darker else settings.reach, strands.alpha > settings.hair
    skin = view.seen(*SKIN) & ~dilate(hair, settings.off_hair * face_px)
    off_skin = np.asarray(distance_to(skin) / face_px, np.float32)
    deep = hair & view.real & (off_skin > settings.reach[1])
    if not skin.any() or deep.sum() < settings.min_deep * face_px**2:
        return strands
    near_px, far_px = settings.sigma * face_px, settings.wider * settings.sigma * face_px
    its_skin, its_hair = (
        colour_near_or_further(view.picture, where, near_px, far_px, settings.least_weight)[0] for where in (skin, deep)
    )
    way = its_hair - its_skin
    length = np.sqrt(channel_sum(way * way))
    smooth = blur(view.picture, settings.smooth * face_px)
    share = share_of_way(smooth, its_skin, way, np.maximum(length, settings.contrast[0]))
    low, high = settings.way
    told = smoothstep(length, *settings.contrast) * (1 - smoothstep(off_skin, *reach))
    left = 1 - np.clip((high - share) / (high - low), 0, 1) * told
    alone = its_skin + (strands.colour - its_skin) / np.maximum(left, settings.least_divisor)[..., None]
    # Where there is next to no hair it looks like the rest.
    colour = mixed(its_hair, np.clip(alone, 0, 255), smoothstep(left, 0, settings.least_divisor))
    changed = (left < 1)[..., None]
    return Strands(
        np.asarray(strands.alpha * left, np.float32), np.asarray(np.where(changed, colour, strands.colour), np.float32)
    )
