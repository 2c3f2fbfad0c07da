"""Where drawn hair thins out into skin: how much of each pixel is hair, told by its colour, and of what colour it is.

A generator draws temples and hairlines as thin hair that gets thinner. A parser says where that ends, in one line; hair
up to there in the person's own tone, and none beyond, would be a wall in the shape of an oval.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.compositing.brows import BROWS
from engine.compositing.setting import Setting
from engine.compositing.view import View
from engine.imaging.ops import (
    Mask,
    Picture,
    Plane,
    blur,
    bounding_box,
    channel_sum,
    dilate,
    distance_to,
    erode,
    nearby_colour,
    share_of_way,
    smoothstep,
)
from engine.imaging.parts import parts_at
from engine.imaging.scale import at_scale
from engine.parsing.classes import FaceClass

# More than so much of a pixel counts as all of it.
HALF = 0.5


@dataclass(frozen=True)
class HairOnSkinSettings:
    """How hair is told from the skin that it thins out on, set by eye on 16 heads. Lengths and heights over the brows
    are face widths, contrasts levels of 0..255 over all channels."""

    # Hair's colour is told so deep in it, or less deep where that is too little, the skin's so far off it above such
    # a height; around each pixel, over so much (a Gaussian's sigma), from so many pixels at least.
    deep: float = 0.07
    less_deep: float = 0.02
    off: float = 0.08
    skin_above: float = -0.1
    around: float = 0.05
    min_sample_canvas_area: int = 200
    # From none to all of a pixel is hair between these shares of the way from the skin's colour to the hair's, as far
    # as both differ between these contrasts.
    shares: tuple[float, float] = (0.12, 0.85)
    contrasts: tuple[float, float] = (40.0, 80.0)
    # That counts up to such distances from where the parser's hair ends, so deep inside of the head's outline and above
    # such heights; below, a cheek's shade would be hair.
    within: tuple[float, float] = (0.08, 0.14)
    inside: tuple[float, float] = (0.01, 0.05)
    heights: tuple[float, float] = (-0.12, 0.02)
    # There strands of hair and skin by turns take so much more or less of it (0..1), of how much there is told over so
    # much (a Gaussian's sigma), and so much of a colour that is not on the way goes, in full between the inner of these
    # shares. Drawn soft, a temple was a straight grey band.
    strands: float = 0.18
    smooth_canvas_px: float = 2.0
    aside: float = 0.8
    partly: tuple[tuple[float, float], tuple[float, float]] = ((0.04, 0.2), (0.8, 0.96))
    # What only a channel up to twice so wide joins to the skin is a lock of its colour, from none to all so deep inside
    # of where the parser's hair ends: nearer to that there are gaps between strands.
    channel: float = 0.012
    lock_depths: tuple[float, float] = (0.02, 0.04)
    # So near to brows and glasses nothing is told; so softly it ends (a Gaussian's sigma).
    features_wider: float = 0.015
    edge: float = 0.004


@dataclass(frozen=True)
class HairOnSkin:
    """Where hair ends on skin, at these rows and columns. bare: h,w, skin well off it; around_px: over how much its
    colour is told; skin, way: h,w,3, that around, and what the hair's is away from it; length: h,w, of that; near: h,w,
    0..1, where it tells how much is hair."""

    box: tuple[slice, slice]
    bare: Mask
    around_px: float
    skin: Picture
    way: Picture
    length: Plane
    near: Plane

    def skin_of(self, picture: Picture) -> Picture:
        """The skin's colour around (h,w,3) in another picture (H,W,3)."""
        return nearby_colour(picture[self.box], self.bare, self.around_px)[0]

    def share(self, picture: Picture, least: float) -> Plane:
        """How far (h,w) each pixel (h,w,3) is on the way from the skin to the hair, whose length is this at least."""
        return share_of_way(picture, self.skin, self.way, np.maximum(self.length, np.float32(least)))


def thinning_on_skin(
    setting: Setting, render: View, hair: Plane, head: Plane, settings: HairOnSkinSettings = HairOnSkinSettings()
) -> Plane:
    """A drawn head's hair (H,W, 0..1), thinner and thinner where it ends on skin. hair, head: H,W, 0..1, how much of
    each pixel a parser says they are."""
    fade = hair_on_skin(setting, render, render.picture, hair, head, settings)
    if fade is None:
        return hair
    settings = at_scale(settings, render.scale)
    share = fade.share(render.picture[fade.box], settings.contrasts[0])
    thinner, part = hair.copy(), hair[fade.box]
    told = part + (smoothstep(share, *settings.shares) - part) * fade.near
    amid = _amid_hair(part, told, head[fade.box], setting, settings)
    told = told + (part - told) * amid
    thinner[fade.box] = np.minimum(told, head[fade.box])
    return thinner


def _amid_hair(hair: Plane, told: Plane, head: Plane, setting: Setting, settings: HairOnSkinSettings) -> Plane:
    """Where hair (h,w, 0..1) that was told to be skin (told: what is left) is no part of the skin beside it (h,w,
    0..1): a lock that has its colour."""
    lost = (hair > HALF) & (told <= HALF)
    bare = (hair <= HALF) & (head > HALF)
    width_px = setting.axes.width_px
    narrow_px = settings.channel * width_px
    wide = erode(lost | bare, narrow_px)
    reached = dilate(parts_at(wide, bare & wide), narrow_px + 1)
    amid = dilate(lost & ~reached, settings.smooth_canvas_px) & ~reached
    depth = distance_to(bare) / np.float32(width_px)
    return blur(amid, settings.edge * width_px) * smoothstep(depth, *settings.lock_depths)


def strands_on_skin(
    setting: Setting,
    render: View,
    person: Picture,
    hair: Plane,
    head: Plane,
    order: Plane,
    settings: HairOnSkinSettings = HairOnSkinSettings(),
) -> Picture:
    """A drawn person (H,W,3) whose hair ends on skin in strands, in the colours between the skin's and the hair's.

    hair, head: H,W, 0..1, how much of each pixel they are; order: H,W, -1..1, which single hairs fall first.
    """
    fade = hair_on_skin(setting, render, person, hair, head, settings)
    if fade is None:
        return person
    settings = at_scale(settings, render.scale)
    part = person[fade.box]
    along = fade.share(part, settings.contrasts[0])
    share = blur(np.clip(along, 0, 1), settings.smooth_canvas_px)
    least, most = settings.partly
    partly = smoothstep(share, *least) * (1 - smoothstep(share, *most)) * fade.near
    # What is neither is the tone of hair on pixels that are half skin: a grey or blue rim.
    aside = part - fade.skin - along[..., None] * fade.way
    # As many hairs as skin between them: none where all is hair, or skin.
    thinner = np.clip(share - settings.strands * 4 * share * (1 - share) * order[fade.box], 0, 1) - share
    stranded = person.copy()
    stranded[fade.box] += (thinner * fade.near)[..., None] * fade.way - (settings.aside * partly)[..., None] * aside
    return stranded


def hair_on_skin(
    setting: Setting,
    render: View,
    picture: Picture,
    hair: Plane,
    head: Plane,
    settings: HairOnSkinSettings = HairOnSkinSettings(),
) -> HairOnSkin | None:
    """Where hair (H,W, 0..1) of a drawn head (H,W, 0..1) ends on skin, in the colours of a picture of it (H,W,3); None
    where it does not, or where either is too little to tell its colour."""
    settings = at_scale(settings, render.scale)
    width_px = np.float32(setting.axes.width_px)
    on_head = head > HALF
    where = (hair > HALF) & on_head & (setting.v > settings.heights[0])
    if not where.any():
        return None
    box = bounding_box(where, round(settings.within[1] * float(width_px)))
    on_head = on_head[box]
    solid, bare = on_head & (hair[box] > HALF), on_head & (hair[box] <= HALF)
    into, off, depth = (distance_to(mask) / width_px for mask in (bare, solid, ~on_head))
    features = dilate(render.is_any(*BROWS, FaceClass.GLASSES)[box], settings.features_wider * float(width_px))
    deep = _sample(solid, into, (settings.deep, settings.less_deep), settings)
    skin = bare & (off > settings.off) & (setting.v[box] > settings.skin_above) & ~features
    if deep is None or int(skin.sum()) < settings.min_sample_canvas_area:
        return None
    around_px = settings.around * float(width_px)
    its, skins = (nearby_colour(picture[box], sample, around_px)[0] for sample in (deep, skin))
    way = np.asarray(its - skins, np.float32)
    length = np.sqrt(channel_sum(way**2))
    near = 1 - smoothstep(np.maximum(into, off), *settings.within)
    near *= smoothstep(depth, *settings.inside) * smoothstep(setting.v[box], *settings.heights)
    near *= smoothstep(length, *settings.contrasts) * (on_head & ~features)
    return HairOnSkin(box, skin, around_px, skins, way, length, blur(near, settings.edge * float(width_px)))


def _sample(solid: Mask, into: Plane, depths: tuple[float, float], settings: HairOnSkinSettings) -> Mask | None:
    """Hair (H,W) as deep as there is enough of it; None where there never is."""
    for depth in depths:
        deep: Mask = solid & (into > depth)
        if int(deep.sum()) >= settings.min_sample_canvas_area:
            return deep
    return None
