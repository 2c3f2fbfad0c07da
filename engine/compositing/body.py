"""A drawn person in the light, tone, sharpness and grain of the photo."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.compositing.brows import BROWS, brow_gain, brow_line
from engine.compositing.grain import Grain
from engine.compositing.light import (
    HairTone,
    SkinSample,
    even_colour,
    real_skin_sample,
    retone_clothes,
    scalp_lift,
    shine,
    skin_gain,
    with_gain,
)
from engine.compositing.setting import Setting
from engine.compositing.view import CLOTHES, SKIN, View
from engine.imaging.ops import LEAST_SEEN, Mask, Picture, Plane, blur, dilate, erode, smoothstep
from engine.parsing.classes import HAIR_CLASSES

# The rim of a render, which mixes in its own background, and over how much it fades; pixels of a face 500 wide.
RIM_PX, RIM_FADE_PX = 9.0, 6.0
# A brow is the person's own so far off their hair (pixels of a face 500 wide).
CLEAR_BROW_PX = 12.0
# Drawn skin with less hair than this is bare.
BARE = 0.3
# Light is told on a copy of the canvas reduced by so much.
GAIN_STEP_PX = 4


def lit_body(
    setting: Setting,
    render: View,
    head: Plane,
    hair: Plane,
    tone: HairTone | None,
    softer_px: float,
    grains: Sequence[Grain],
) -> Picture:
    """The drawn person in the photo's light, tone, sharpness and grain."""
    unit_px = setting.unit_px
    skin, drawn_hair = render.is_any(*SKIN, *BROWS), render.is_any(*HAIR_CLASSES)
    source = blur(render.picture, softer_px) if softer_px else render.picture
    picture = _with_inner_rim(source, head, skin | drawn_hair, unit_px)
    body = with_gain(picture, _gain(setting, render, picture, skin, hair))
    if tone is not None:
        weight = blur(hair, 1.5)
        where = weight > LEAST_SEEN
        if where.any():
            body[where] += (tone(picture[where]) - body[where]) * weight[where, None]
    domain = blur(erode(skin | drawn_hair, 5), 5)
    return body + sum(grain.on(source, body, domain) for grain in grains)


def _gain(setting: Setting, render: View, picture: Picture, skin: Mask, hair: Plane) -> Plane:
    """Log gain (H,W,3) that brings a drawn person (picture: H,W,3) into the photo's light, told on a reduced copy: it
    changes slowly."""
    photo, matte, unit_px, step_px = setting.photo, setting.matte, setting.unit_px, GAIN_STEP_PX
    height, width = hair.shape
    size = (-(-width // step_px), -(-height // step_px))

    def small(values: NDArray[np.generic]) -> NDArray[np.float32]:
        return np.asarray(cv2.resize(np.asarray(values, np.float32), size, interpolation=cv2.INTER_AREA), np.float32)

    def small_mask(mask: Mask) -> Mask:
        return small(mask) > 0.5

    cloth = render.is_any(*CLOTHES)
    sample = real_skin_sample(photo.seen(*SKIN) & skin, setting.protected, matte, setting.beard, setting.v, unit_px)
    sample = SkinSample(*(small_mask(mask) for mask in (sample.near, sample.far, sample.forehead)))
    real, made, u, v = (small(plane) for plane in (photo.picture, picture, setting.u, setting.v))
    domain, bare = small_mask(skin | render.is_any(*HAIR_CLASSES)), small_mask(skin & (hair < BARE))
    gain = skin_gain(real, made, sample, domain, step_px)
    drawn_brows = render.is_any(*BROWS) & brow_line(setting)
    own_brows = small_mask(photo.seen(*BROWS) & ~matte.near_hard(CLEAR_BROW_PX * unit_px))
    gain = gain + brow_gain(real, with_gain(made, gain), own_brows, small(drawn_brows), step_px)
    gain = gain + scalp_lift(with_gain(made, gain), real, sample, bare, u, v, step_px)
    gain = gain + even_colour(with_gain(made, gain), real, sample, bare & (v > 0), step_px)
    gain = gain + shine(with_gain(made, gain), real, sample, bare, v, step_px)
    real_cloth = small_mask(erode(photo.seen(*CLOTHES) & cloth, 4) & ~matte.near_hard(16 * unit_px))
    cloth_gain = retone_clothes(real, made, real_cloth, small_mask(cloth), step_px)
    if cloth_gain is not None:
        gain = gain + (cloth_gain - gain) * small(cloth)[..., None]
    return np.asarray(cv2.resize(gain, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def _with_inner_rim(picture: Picture, head: Plane, skin: Mask, unit_px: float) -> Picture:
    """The render's outline mixes in its own background: take the rim's colour from further inside."""
    inside = erode(head > 0.5, RIM_PX * unit_px)
    weight = blur(inside, RIM_FADE_PX * unit_px)
    inner = blur(picture * inside[..., None], RIM_FADE_PX * unit_px) / np.maximum(weight, 0.02)[..., None]
    rim = (smoothstep(weight, 0, 0.06) * (1 - blur(inside, 2)) * dilate(skin, 6))[..., None]
    return np.asarray(picture * (1 - rim) + inner * rim, np.float32)
