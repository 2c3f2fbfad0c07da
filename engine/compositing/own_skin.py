"""Skin of a forehead that the photo shows itself: there the head is, whatever a generator draws."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.compositing.setting import Setting
from engine.imaging.ops import Mask, blur, bounding_box, channel_sum, erode, nearby_colour, share_of_way
from engine.imaging.quantiles import median_colour
from engine.imaging.scale import at_scale
from engine.parsing.classes import FaceClass


@dataclass(frozen=True)
class OwnSkinSettings:
    """What of a photo's forehead surely is skin, set by eye on two turned faces. Lengths in `_px` are pixels of a face
    500 wide, those in `_canvas_px` the canvas's; heights are face widths over the brows."""

    # Above this height.
    above: float = 0.12
    # In thin hair at a far temple a parser sees skin. Skin is up to this share (0..1) of the way from its colour around
    # to the hair's, if these differ by so much (levels over all channels): the first told so far inside of it and over
    # as much (a Gaussian's sigma), each pixel's over so many canvas pixels. It ends so far inside.
    deep_px: float = 26.0
    most_hair: float = 0.45
    least_contrast: float = 60.0
    sigma_canvas_px: float = 2.0
    inside_canvas_px: int = 3


def own_skin(setting: Setting, settings: OwnSkinSettings = OwnSkinSettings()) -> Mask:
    """What of the photo's forehead (H,W) surely is skin, up to hair and background."""
    settings = at_scale(settings, setting.photo.scale)
    photo, deep_px = setting.photo, settings.deep_px * setting.unit_px
    skin = photo.seen(FaceClass.SKIN) & ~setting.matte.hard & (setting.v > settings.above)
    deep, hair = erode(skin, deep_px), setting.matte.solid & photo.real
    if not deep.any():
        return np.zeros_like(skin)
    if hair.any():
        here = bounding_box(skin, round(deep_px))
        picture = photo.picture[here]
        inner, _ = nearby_colour(picture, deep[here], deep_px)
        way = np.asarray(median_colour(photo.picture[hair]) - inner, np.float32)
        length = np.maximum(np.sqrt(channel_sum(way * way)), np.float32(settings.least_contrast))
        smooth = blur(picture, settings.sigma_canvas_px)
        skin[here] &= share_of_way(smooth, inner, way, length) < settings.most_hair
    return erode(skin, settings.inside_canvas_px)
