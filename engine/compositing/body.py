"""A drawn person in the light, tone, sharpness and grain of the photo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import cv2
import numpy as np

from engine.compositing.brows import BROWS, with_brows_as_dark
from engine.compositing.grain import Grain, GrainSettings
from engine.compositing.light import (
    SampleSettings,
    SkinGainSettings,
    SkinSample,
    real_skin_sample,
    retone_clothes,
    skin_gain,
    with_gain,
)
from engine.compositing.own_tone import OwnTone, with_own_tone
from engine.compositing.scalp import BareSkin, even_colour, scalp_lift, shine
from engine.compositing.setting import Setting
from engine.compositing.view import CLOTHES, EARS, SKIN, View
from engine.imaging.ops import (
    Mask,
    Picture,
    Plane,
    blur,
    dilate,
    distance_to,
    drop_small_components,
    erode,
    mixed,
    smooth_over,
    smoothstep,
)
from engine.imaging.reduction import whole_squares
from engine.imaging.scale import at_scale
from engine.parsing.classes import HAIR_CLASSES


@dataclass(frozen=True)
class BodySettings:
    """Where a drawn person takes on the photo's look, set by eye. Lengths in `_px` are pixels of a face 500 wide, those
    in `_canvas_px` pixels of the canvas, on whose grid a generator draws and a parser sees."""

    # The rim of a render, which mixes in its own background, and over how much it fades.
    rim_px: float = 9.0
    rim_fade_px: float = 6.0
    # Its colour is taken from further inside, where at least so much of the surroundings is inside, and wholly where
    # this much more is; softly at the inside, and this far beside skin; hair, which is cut out, keeps its own.
    rim_least_weight: float = 0.02
    rim_weights: tuple[float, float] = (0, 0.06)
    rim_inner_canvas_px: float = 2
    # An ear's rim is its fold: so little of it.
    ear_rim_px: float = 2.5
    rim_skin_canvas_px: int = 6
    # Cloth shows its own light so far off hair, and so far inside.
    clear_cloth_px: float = 16
    cloth_inside_canvas_px: int = 4
    # Drawn skin with less hair (0..1) than this is bare.
    bare: float = 0.3
    # In it a parser's holes up to so many pixels of a face 500 wide are skin like the rest: one that got no light would
    # stand there as a dark spot. Above this height over the brows (face widths) all of a head that is not hair is skin:
    # a parser has seen glasses there, or background.
    max_hole_px: float = 3000.0
    scalp_above: float = 0.12
    # Light is told on a copy of the canvas of a crop at full size, reduced by about so much: it changes slowly.
    gain_pixel_px: int = 4
    # Drawn skin gets the forehead's colour above the second of these heights over the brows (face widths), down to the
    # first less and less of it: at the temples it would end in a line.
    even_above: tuple[float, float] = (-0.30, 0.0)
    # Grain lies so far inside of skin and hair, and ends so softly. How much of it there is already is told so far
    # inside of the head: its outline, taken for texture, left a rim without pores.
    grain_inside_canvas_px: int = 2
    grain_edge_canvas_px: float = 2
    grain_told_canvas_px: int = 10
    # Whether a scalp is lifted and shines: beside an own forehead that keeps its light it would end there in an arc.
    lit_from_above: bool = True
    # How drawn skin meets the photo's.
    seam: SkinGainSettings = field(default_factory=SkinGainSettings)


@dataclass(frozen=True)
class PhotoTexture:
    """How a photo is rendered. softer_px: how much softer it is than what was drawn of it (a Gaussian's sigma); grains:
    what it has of noise, pores and lines."""

    softer_px: float
    grains: Sequence[Grain]


def lit_body(
    setting: Setting,
    render: View,
    head: Plane,
    hair: Plane,
    tone: OwnTone | None,
    texture: PhotoTexture,
    settings: BodySettings = BodySettings(),
) -> Picture:
    """The drawn person in the photo's light, tone, sharpness and grain (H,W,3).

    head, hair: H,W, 0..1, how much of each pixel they are; tone: what carries drawn hair to the person's own, None
    where that is not known.
    """
    settings = at_scale(settings, render.scale)
    unit_px = setting.unit_px
    labelled = render.is_any(*HAIR_CLASSES)
    # A crown that was painted over is bare, though its labels still say hair.
    drawn_hair = labelled & (hair >= settings.bare)
    scalp = (head > 0.5) & (setting.v > settings.scalp_above) & ~drawn_hair
    skin = render.is_any(*SKIN, *BROWS) | scalp
    source = blur(render.picture, texture.softer_px) if texture.softer_px else render.picture
    clear, ears = skin & ~dilate(drawn_hair, settings.rim_skin_canvas_px), render.is_any(*EARS)
    picture = _with_inner_rim(source, head, clear, ears, unit_px, settings)
    body = with_gain(picture, _gain(setting, render, picture, skin, hair, settings))
    body = with_brows_as_dark(setting, render, body)
    if tone is not None:
        body = with_own_tone(setting, render, picture, body, hair, head, tone)
    inside = erode(skin | labelled, settings.grain_inside_canvas_px)
    domain = blur(inside, settings.grain_edge_canvas_px)
    light = at_scale(GrainSettings(), render.scale)
    shown = (skin | labelled) & setting.matte.solid & (hair < settings.bare)
    told = erode(head > 0.5, settings.grain_told_canvas_px)
    return body + sum(grain.on(picture, body, domain, shown, told, light) for grain in texture.grains)


def _gain(setting: Setting, render: View, picture: Picture, skin: Mask, hair: Plane, settings: BodySettings) -> Plane:
    """Log gain (H,W,3) that brings a drawn person (picture: H,W,3) into the photo's light, told on a reduced copy: it
    changes slowly."""
    photo, matte, unit_px = setting.photo, setting.matte, setting.unit_px
    height, width = hair.shape
    reduced_px = max(1, round(settings.gain_pixel_px * render.scale))
    pixel_px = reduced_px / render.scale
    small = partial(whole_squares, side_px=reduced_px)

    def small_mask(mask: Mask) -> Mask:
        return small(mask) > 0.5

    cloth = render.is_any(*CLOTHES)
    sample = real_skin_sample(
        photo.seen(*SKIN) & skin,
        setting.protected,
        matte,
        setting.beard,
        setting.v,
        unit_px,
        at_scale(SampleSettings(), photo.scale),
    )
    sample = SkinSample(*(small_mask(mask) for mask in (sample.near, sample.far, sample.forehead)))
    real, made, u, v = (small(plane) for plane in (photo.picture, picture, setting.u, setting.v))
    # A crown that was painted over is bare, though its render's labels still say hair.
    head = skin | render.is_any(*HAIR_CLASSES)
    domain, bare = small_mask(head), small_mask(head & (hair < settings.bare))
    bare = ~drop_small_components(~bare, settings.max_hole_px * (unit_px / reduced_px) ** 2)
    gain = skin_gain(real, made, sample, domain, v, pixel_px, settings.seam)
    scalp = BareSkin(bare, u, v, pixel_px)
    if settings.lit_from_above:
        gain = gain + scalp_lift(with_gain(made, gain), real, sample, scalp)
    even = even_colour(with_gain(made, gain), real, sample, bare & (v > settings.even_above[0]), pixel_px)
    gain = gain + even * smoothstep(v, *settings.even_above)[..., None]
    if settings.lit_from_above:
        gain = gain + shine(with_gain(made, gain), real, sample, scalp)
    real_cloth = erode(photo.seen(*CLOTHES) & cloth, settings.cloth_inside_canvas_px)
    real_cloth = small_mask(real_cloth & ~matte.near_hard(settings.clear_cloth_px * unit_px))
    cloth_gain = retone_clothes(real, made, real_cloth, small_mask(cloth), pixel_px)
    if cloth_gain is not None:
        gain = gain + (cloth_gain - gain) * small(cloth)[..., None]
    size = (reduced_px * gain.shape[1], reduced_px * gain.shape[0])
    return np.asarray(cv2.resize(gain, size, interpolation=cv2.INTER_LINEAR)[:height, :width], np.float32)


def _with_inner_rim(
    picture: Picture, head: Plane, skin: Mask, ears: Mask, unit_px: float, settings: BodySettings
) -> Picture:
    """The render's outline mixes in its own background: take the rim's colour from further inside."""
    off_edge = distance_to(head <= 0.5)
    inside = (
        off_edge > np.where(dilate(ears, settings.rim_skin_canvas_px), settings.ear_rim_px, settings.rim_px) * unit_px
    )
    weight = blur(inside, settings.rim_fade_px * unit_px)
    inner = smooth_over(picture, inside, settings.rim_fade_px * unit_px, settings.rim_least_weight)
    outside, beside = 1 - blur(inside, settings.rim_inner_canvas_px), dilate(skin, settings.rim_skin_canvas_px)
    return mixed(picture, inner, smoothstep(weight, *settings.rim_weights) * outside * beside)
