"""Side hair of a balding head, which thins out towards the bald skin that it borders.

A generator draws side hair as full at its inner edge as further out, in one line from the cheek to the crown. On heads
that go bald it begins little by little, further back the higher: the line turns back at the temple.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.compositing.brows import BROWS
from engine.compositing.setting import Setting
from engine.compositing.view import View
from engine.imaging.mirrored import mirrored_beyond
from engine.imaging.ops import (
    Mask,
    Picture,
    Plane,
    blur,
    bounding_box,
    channel_sum,
    dilate,
    distance_to,
    luminance,
    mixed,
    nearby_colour,
    share_of_way,
    smooth_over,
    smoothstep,
)
from engine.imaging.quantiles import median_colour

# More than so much of a pixel counts as all of it.
HALF = 0.5


@dataclass(frozen=True)
class ThinSideSettings:
    """Where side hair thins out, set by eye on 25 heads. All but shares in face widths, heights over the brows."""

    # Over so much from bald skin into the hair, single strands by so much of that sooner or later; each is left from
    # none to all between these shares of it. All alike, they would be a blurred band.
    width: float = 0.12
    strands: float = 0.4
    left: tuple[float, float] = (0.1, 0.9)
    # But over no more than this share of what is there between bald skin and outline: short hair is a narrow band.
    most_of_it: float = 0.4
    # From none to all of that between these heights, distances from the midline, and depths inside of the outline.
    heights: tuple[float, float] = (-0.08, 0.16)
    aside: tuple[float, float] = (0.16, 0.30)
    inside: tuple[float, float] = (0.0, 0.06)
    # What is bare, and what has some hair, by these shares (0..1); it lies on a head by the third.
    bare: float = 0.1
    some_hair: float = 0.3
    head: float = 0.5
    # Skin so far off hair tells the colour of what gets bare, over so much (a Gaussian's sigma), and what is finer than
    # the third its pores. Nearer than that skin is shaded by the hair: it is painted, too, down to the fourth.
    clear: float = 0.08
    around: float = 0.04
    texture: float = 0.02
    shaded: float = 0.03
    # As dark as between both, but no darker than this share of that colour: further than that it is the hair's shadow.
    darkest: float = 0.92
    # That is so, from nothing to all, where hair thins out over such shares of the width: half of it would be a line.
    painted: tuple[float, float] = (0.0, 0.25)
    # So soft is what is painted (a Gaussian's sigma).
    edge: float = 0.004
    # A strand that is left on the skin up to so far off the hair is painted over: what lies between these shares (0..1)
    # of the way from the skin's colour to the hair's, beyond what lies there over so much (a Gaussian's sigma: the
    # hair's shade is none), with so much around, if these differ by so much (levels of 0..255, over all channels). Hair
    # is sure above the last.
    strays: float = 0.20
    stray_shares: tuple[float, float] = (0.12, 0.25)
    stray_shade: float = 0.02
    stray_around: float = 0.004
    least_contrast: float = 60.0
    sure: float = 0.9


@dataclass(frozen=True)
class ThinSides:
    """Of a drawn head. hair: H,W, 0..1, how much is left; bared: H,W, 0..1, how much of each pixel is to show skin in
    its place; clear: H,W, skin whose colour that has; shade: H,W, skin nearer to the hair, as dark as which it is;
    beside: H,W, 0..1, skin beside, with strands that are left on it.
    """

    hair: Plane
    bared: Plane
    clear: Mask
    shade: Mask
    beside: Plane


def thin_sides(
    setting: Setting,
    strands: Plane,
    render: View,
    hair: Plane,
    head: Plane,
    share: float,
    settings: ThinSideSettings = ThinSideSettings(),
) -> ThinSides:
    """The sides of a drawn head as they are to thin out. strands: H,W, -1..1, which single hairs go first; hair, head:
    H,W, 0..1, how much of each pixel they are; share: 0..1, of the width over which the baldest head's do."""
    bared, clear, width_px = np.zeros_like(hair), np.zeros(hair.shape, bool), np.float32(setting.axes.width_px)
    place = smoothstep(setting.v, *settings.heights) * smoothstep(np.abs(setting.u), *settings.aside)
    where = (hair > settings.some_hair) & (place > 0)
    if share <= 0 or not where.any():
        return ThinSides(hair, bared, clear, clear, np.zeros_like(hair))
    box = bounding_box(where, round((settings.width + settings.strays) * setting.axes.width_px))
    part, on_head = hair[box], head[box] > settings.head
    inside, into, off = (
        np.asarray(distance_to(mask) / width_px, np.float32)
        for mask in (~on_head, (part <= settings.bare) & on_head, part > settings.some_hair)
    )
    reach = place[box] * smoothstep(inside, *settings.inside)
    width = np.float32(settings.width)
    wide = np.minimum(share * width * reach, settings.most_of_it * (into + inside))
    full = into / np.maximum(wide, settings.edge)
    left = smoothstep(full - settings.strands * strands[box] * (full < 1 + settings.strands), *settings.left)
    left = 1 - (1 - left) * smoothstep(wide, 0, settings.edge)
    shaded = (1 - smoothstep(off, settings.shaded, settings.clear)) * smoothstep(wide / width, *settings.painted)
    brows = render.is_any(*BROWS)[box]
    bared[box] = np.where(off == 0, 1 - left, shaded) * (on_head & ~brows)
    bared[box] = blur(bared[box], settings.edge * setting.axes.width_px)
    skin = on_head & ~brows & (setting.v[box] > settings.heights[0])
    clear[box] = skin & (off > settings.clear)
    shade = np.zeros_like(clear)
    shade[box] = skin & (off > settings.shaded) & (off <= settings.clear)
    beside, thinner = np.zeros_like(hair), hair.copy()
    beside[box] = reach * (1 - smoothstep(off, settings.clear, settings.strays)) * (on_head & ~brows & (off > 0))
    thinner[box] = part * left
    return ThinSides(thinner, bared, clear, shade, beside)


def with_thin_sides(
    setting: Setting, render: View, sides: ThinSides, settings: ThinSideSettings = ThinSideSettings()
) -> View:
    """The render of that head with skin where its sides got bare."""
    if not sides.clear.any() or not (sides.bared > 0).any():
        return render
    width_px = setting.axes.width_px
    box = bounding_box(sides.clear | (sides.bared > 0))
    picture, part, clear = render.picture.copy(), render.picture[box], sides.clear[box]
    colour, _ = nearby_colour(part, clear, settings.around * width_px)
    strays = _strays(part, colour, sides.hair[box], width_px, settings) * sides.beside[box]
    strays = blur(dilate(strays > HALF, settings.stray_around * width_px), settings.edge * width_px)
    if strays.any() and (plain := clear & (strays == 0)).any():
        clear = plain
        colour, _ = nearby_colour(part, clear, settings.around * width_px)
    if (shade := sides.shade[box] & (strays == 0)).any():
        # Skin gets darker towards hair: lighter than what lies beside it, that would be a groove.
        near, _ = nearby_colour(part, shade, settings.around * width_px)
        darker = luminance(near) / np.maximum(luminance(colour), 1)
        colour *= np.clip(darker, settings.darkest, 1)[..., None]
    pores = part - smooth_over(part, clear, settings.texture * width_px)
    pores = mirrored_beyond(np.asarray(pores * clear[..., None], np.float32), clear)
    picture[box] = mixed(part, colour + pores, np.maximum(sides.bared[box], strays))
    return render.with_picture(picture)


def _strays(picture: Picture, skin: Picture, hair: Plane, width_px: float, settings: ThinSideSettings) -> Plane:
    """How much (H,W, 0..1) each pixel of a picture has of the hair's colour rather than of the skin's (H,W,3) there,
    where that is a strand's and no shade. width_px: of the face."""
    sure = hair > settings.sure
    if not sure.any():
        return np.zeros_like(hair)
    way = np.asarray(median_colour(picture[sure]) - skin, np.float32)
    length = np.sqrt(channel_sum(way**2))
    share = share_of_way(picture, skin, way, np.maximum(length, settings.least_contrast))
    shade = smooth_over(share, hair <= settings.bare, settings.stray_shade * width_px)
    return smoothstep(share - shade, *settings.stray_shares) * (length > settings.least_contrast)
