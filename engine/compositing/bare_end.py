"""A head that is to have no hair at all: what its render has left of it is skin where the skull is, and gone below."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.compositing.bands import bands
from engine.compositing.crown import Crown
from engine.compositing.hidden_cloth import hidden_cloth
from engine.compositing.own_ears import ears_seen
from engine.compositing.setting import Setting
from engine.compositing.torso import chin_height, flared, torso
from engine.compositing.view import CLOTHES, EARS, SKIN, View
from engine.imaging.lab import to_lab
from engine.imaging.ops import (
    Mask,
    Picture,
    Plane,
    blur,
    channel_sum,
    closed,
    colour_near_or_further,
    dilate,
    distance_to,
    erode,
    mixed,
    opened,
    reduced,
    smoothstep,
)
from engine.imaging.parts import connected_parts
from engine.imaging.scale import at_scale
from engine.parsing.classes import FEATURES, HAIR_CLASSES, FaceClass

# More than so much of a pixel counts as all of it.
HALF = 0.5
# What lies so near (canvas pixels) touches.
BESIDE_PX = 2


@dataclass(frozen=True)
class BareEndSettings:
    """How what is left of hair goes, set by eye. Lengths in `_px` are pixels of a face 500 wide, those in `_canvas_px`
    the canvas's; heights and half widths are face widths, over the brows and from the midline."""

    # So near to the outline whatever a parser holds for hair with more than this probability is some.
    hair: float = 0.15
    rim_px: float = 50.0
    # Below the first of these heights hair hangs beside the head, and further out than this half width below the
    # second, but not so near to an ear: there nothing of it is left.
    hangs_below: tuple[float, float] = (-0.33, -0.12)
    beside: float = 0.55
    ears_px: float = 35.0
    # Jaw and neck go on smoothly from what the photo shows of them so near to the drawn ones, below this height:
    # without what is thinner than twice the third of these, and notches that are narrower than twice the fourth;
    # shoulders, below the last height but one, have none where hair was that are narrower than twice the fifth, nor so
    # near to the chin, by the last: they would begin at the jaw.
    near_px: float = 70.0
    below: float = 0.10
    thinnest_px: float = 9.0
    notch_px: float = 22.0
    shoulder_notch_px: float = 180.0
    shoulders_below: float = -0.72
    shoulders_below_chin: float = 0.06
    # A skull has none that are narrower than twice this, above this height, where no ear is.
    skull_notch_px: float = 60.0
    skull_above: float = 0.20
    # The outline is so smooth (a Gaussian's sigma), its edge between these shares of that.
    smooth_px: float = 4.0
    edge: tuple[float, float] = (0.32, 0.68)
    # Painted is so much around hair, so softly; on the skull, where it ends in stubble, more, above this height and so
    # far off ears.
    wider_px: float = 12.0
    fade_px: float = 5.0
    stubble_px: float = 28.0
    stubble_above: float = -0.10
    stubble_off_ears_px: float = 12.0
    # In the colour of the skin around that is so far inside and so far off hair; where hardly any is near, further.
    # Below this height whatever is nearest goes on: a neck, cloth, a shoulder.
    inside_canvas_px: int = 5
    clear_px: float = 40.0
    sigma_px: float = 22.0
    further: float = 4.0
    least_weight: float = 0.05
    nearest_below: float = -0.55
    nearest_sigma_px: float = 8.0
    # Cloth that is thinner than twice this is a strap, which ends there; skin and cloth meet so softly.
    strap_px: float = 9.0
    cloth_edge_px: float = 3.0
    # Along the neck's outline, below this height, what is so much lighter or of another colour (Lab) than the skin so
    # far inside is none either: light hair that a parser took for a neck. Darker it is in its own shade.
    neck_below: float = -0.45
    inner_px: float = 28.0
    apart: tuple[float, float] = (10.0, 18.0)


def without_any_hair(setting: Setting, crown: Crown, settings: BareEndSettings = BareEndSettings()) -> Crown:
    """A drawn head on which no hair is left, its jaw and neck in one line with those that the photo shows."""
    settings = at_scale(settings, setting.photo.scale)
    render, unit_px, u, v = crown.render, setting.unit_px, np.abs(setting.u), setting.v
    head = crown.head > HALF
    near_edge = distance_to(~head) < settings.rim_px * unit_px
    hair = render.is_any(*HAIR_CLASSES) | (near_edge & (render.probability(FaceClass.HAIR) > settings.hair))
    hair &= crown.scalp < HALF
    lowest, low = settings.hangs_below
    off_ears = ~dilate(render.is_any(*EARS), settings.ears_px * unit_px)
    hanging = hair & ((v < lowest) | ((v < low) & (u > settings.beside) & off_ears))
    whole = _outline(setting, head & ~hanging & ~ears_seen(setting, render).second, hanging, settings)
    share = smoothstep(blur(whole, settings.smooth_px * unit_px), *settings.edge)
    off_hair = head & ~dilate(hair, settings.clear_px * unit_px)
    skin = erode(render.is_any(*SKIN) & off_hair, settings.inside_canvas_px)
    if not skin.any():
        return crown
    wider_px = settings.wider_px * unit_px
    strange = _strange_cloth(setting, render)
    paint = dilate(hair | (whole & ~head) | strange, wider_px)
    ears = dilate(render.is_any(*EARS), settings.stubble_off_ears_px * unit_px)
    paint |= dilate(hair, settings.stubble_px * unit_px) & (v > settings.stubble_above) & ~ears
    # Not on ears, whose rim and folds a parser doubts; and a little beyond the outline, whose edge is soft.
    paint &= dilate(whole, (settings.smooth_px + settings.fade_px) * unit_px) & ~render.is_any(*FEATURES, *EARS)
    cloth = hidden_cloth(setting, render, whole)
    body = off_hair & ~dilate(strange, wider_px) & ~cloth & (v < settings.nearest_below)
    body = body if body.any() else skin

    def colour_of(where: Mask, near_px: float) -> Picture:
        sigma_px = near_px * unit_px
        further_px = settings.further * sigma_px
        return colour_near_or_further(render.picture, where, sigma_px, further_px, settings.least_weight)[0]

    colour = colour_of(skin, settings.sigma_px)

    # As far as a shoulder is wide no average near at hand reaches.
    def gone_on(where: Mask) -> Picture:
        return bands(render.picture, where, colour_of(where, settings.nearest_sigma_px))

    # Where cloth is told of skin and cloth that meet no average is either; all of one may be close to hair.
    drawn = head & ~hair & (v < settings.nearest_below)
    clothed = drawn & opened(render.is_any(FaceClass.CLOTH), settings.strap_px * unit_px)
    bare = drawn & ~clothed
    if cloth.any() and clothed.any() and bare.any():
        nearer = cloth | (distance_to(clothed) < distance_to(bare))
        of_skin, of_cloth = (gone_on(body & kind if (body & kind).any() else kind) for kind in (bare, clothed))
        beside = mixed(of_skin, of_cloth, blur(nearer, settings.cloth_edge_px * unit_px))
    else:
        beside = gone_on(body)
    colour = np.where((v < settings.nearest_below)[..., None], beside, colour)
    paint |= cloth
    painted = blur(paint, settings.fade_px * unit_px)
    neck = near_edge & render.is_any(FaceClass.NECK) & (v < settings.neck_below)
    inner = skin & (distance_to(~head) > settings.inner_px * unit_px)
    if neck.any() and inner.any():
        usual = colour_of(inner, settings.sigma_px)
        odd = _unlike(render.picture, usual, settings) * neck
        colour = mixed(colour, usual, odd)
        painted = np.maximum(painted, blur(odd, settings.fade_px * unit_px))
    made = View(mixed(render.picture, colour, painted), _hairless(render, paint, cloth), render.real, render.scale)
    return Crown(made, np.asarray(share, np.float32), np.ones_like(crown.scalp))


def with_hair_on_shoulders(setting: Setting, change: Plane) -> Plane:
    """Where heads may replace the photo (H,W, 0..1), with the ends of hair on bare shoulders: they would stay there."""
    ends = blur(setting.matte.near_hard(BESIDE_PX), BESIDE_PX) * setting.fade * (setting.v < 0)
    return np.asarray(np.maximum(change, np.where(setting.protected | ~setting.photo.real, 0, ends)), np.float32)


def _outline(setting: Setting, drawn: Mask, hanging: Mask, settings: BareEndSettings) -> Mask:
    """A drawn head (H,W) with the jaw and neck that the photo shows beside it, in one line.
    hanging: H,W, hair that was taken from it."""
    unit_px, v = setting.unit_px, setting.v
    low = v < settings.below
    seen = setting.photo.seen(*SKIN) & ~setting.matte.hard & low
    seen &= distance_to(drawn) < settings.near_px * unit_px
    both = opened(drawn | seen, settings.thinnest_px * unit_px)
    skull = _closed(drawn, settings.skull_notch_px * unit_px) & (v > settings.skull_above)
    # Hair that hangs before the body has more of it on its other side, an arm or a sleeve.
    photo, hair, chin = setting.photo, setting.matte.hard, chin_height(setting)
    lowest = v < settings.shoulders_below
    body = (
        (photo.seen(*SKIN, *CLOTHES) | setting.bare_body) & ~hair & lowest & (v < chin - settings.shoulders_below_chin)
    )
    behind_hair = dilate(hanging | hair, settings.notch_px * unit_px) & lowest
    # They begin at the neck: a cheek that is turned to them is as near, and a wing would stand out below it.
    neck = both & (v < chin)
    shoulders = _closed(neck | body, settings.shoulder_notch_px * unit_px) & behind_hair & ~both
    shoulders = _reaching_out(shoulders, body, np.abs(setting.u))
    told = torso(setting, neck)
    shoulders |= (told if told.any() else flared(setting, drawn, hanging)) & behind_hair
    # No neck gets narrower below the chin.
    shoulders |= np.logical_or.accumulate(neck, 0) & behind_hair
    return np.asarray(np.where(low, closed(both, settings.notch_px * unit_px) | shoulders, drawn | skull), bool)


def _reaching_out(shoulders: Mask, body: Mask, u: Plane) -> Mask:
    """The parts of shoulders (H,W) that end at more of the body (H,W) further out: without any nothing says how far
    they go. u: H,W, from the midline."""
    reaching = np.zeros_like(shoulders)
    for part in connected_parts(shoulders, BESIDE_PX):
        beside = body[part.box] & ~part.mask & dilate(part.mask, BESIDE_PX)
        near_u = u[part.box]
        if (near_u[beside] > np.median(near_u[part.mask])).any():
            reaching[part.box] |= part.mask
    return reaching


def _closed(mask: Mask, radius_px: float) -> Mask:
    """A mask (H,W) without notches. With room around, or what lies between it and the picture's edge would be one;
    below it goes on as it ends there."""
    room = math.ceil(2 * radius_px)
    wide = np.pad(np.pad(mask, ((room, 0), (room, room))), ((0, room), (0, 0)), "edge")
    return closed(wide, radius_px)[room:-room, room:-room]


def _strange_cloth(setting: Setting, render: View) -> Mask:
    """Drawn cloth (H,W) of somebody whose shoulders are bare."""
    cloth, bare = setting.photo.seen(*CLOTHES), setting.bare_body
    return render.is_any(*CLOTHES) if bare.sum() > cloth.sum() else np.zeros_like(bare)


def _unlike(picture: Picture, usual: Picture, settings: BareEndSettings) -> Plane:
    """How surely each pixel (H,W, 0..1) is lighter, or of another colour, than usual (H,W,3 each)."""
    differs = to_lab(picture) - to_lab(usual)
    differs[..., 0] = np.maximum(differs[..., 0], 0)
    return smoothstep(np.sqrt(channel_sum(differs * differs)), *settings.apart)


def _hairless(render: View, painted: Mask, cloth: Mask) -> NDArray[np.float32]:
    """The probabilities of a render (19,h,w) with whatever else is likeliest in hair's place, skin where that is
    background, and cloth where that is told (H,W)."""
    made = render.probabilities.copy()
    height, width = made.shape[1:]
    small: Plane = reduced(painted.astype(np.float32), width, height)
    where = small > HALF
    made[list(HAIR_CLASSES)] *= ~where
    made[FaceClass.SKIN] += where * (made[FaceClass.BACKGROUND] + np.float32(1e-3))
    made[FaceClass.BACKGROUND] *= ~where
    small = reduced(cloth.astype(np.float32), width, height)
    made *= small <= HALF
    made[FaceClass.CLOTH] += small > HALF
    return np.asarray(made, np.float32)
