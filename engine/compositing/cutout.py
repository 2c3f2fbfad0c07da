"""A drawn head cut out of its own background along its hair: how much of each pixel is hair, and of which colour."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from engine.compositing.setting import Setting
from engine.compositing.view import View
from engine.imaging.guided import colour_guided_filter
from engine.imaging.ops import (
    Mask,
    Picture,
    Plane,
    blur,
    bounding_box,
    dilate,
    distance_to,
    drop_small_components,
    enlarged,
    mixed,
    reduced,
    smooth_over,
    smoothstep,
    soft,
    weighted,
)
from engine.imaging.scale import at_scale
from engine.parsing.classes import HAIR_CLASSES

# The lightest of a picture's levels.
WHITE = 255
# Colours around each pixel are told on a copy reduced by this where all of them are at least as wide as the second (a
# Gaussian's sigma in pixels): with narrower ones it would show.
COLOUR_PIXEL_PX, COLOUR_REDUCED_FROM_PX = 2, 2.0


@dataclass(frozen=True)
class CutoutSettings:
    """How hair is cut out, set by eye. Lengths in `_px` are pixels of a face 500 wide, those in `_canvas_px` pixels of
    the canvas."""

    # The edge that a parser saw is told again from the colours within this radius, with this regularisation, on a copy
    # reduced by this factor.
    radius_px: float = 20.0
    epsilon: float = 5e-4
    reduced: int = 2
    # What comes out between these shares is hair in part: strands show more clearly.
    shares: tuple[float, float] = (0.3, 0.92)
    # It is at least so soft (a Gaussian's sigma): no picture is sharper.
    edge_canvas_px: float = 1.5
    # It counts so near to hair's edge, and from there over so much less and less.
    within_px: float = 15.0
    fade_px: float = 10.0
    # Strands that are not connected stay from this share of the head on; they are so much wider, so soft.
    least_part: float = 0.1
    part_wider_canvas_px: int = 3
    part_edge_canvas_px: float = 1.0
    # Hair's own colour, and its background's, are told over the first of these, then the second (a Gaussian's sigma).
    colour_sigmas_px: tuple[float, float] = (45.0, 6.0)


def cut_out(
    setting: Setting, render: View, head: Plane, settings: CutoutSettings = CutoutSettings()
) -> tuple[View, Plane]:
    """A render whose hair has its own colour up to its edge, without its background's, and how much of each pixel is
    the head (H,W, 0..1). head: the same as a parser saw it.

    Guided filter as a matting method (He et al. 2013, section 4), and the colours of what it divides by blur fusion
    (Forte 2021).
    """
    settings = at_scale(settings, render.scale)
    unit_px = setting.unit_px
    here = _around_hair(render.is_any(*HAIR_CLASSES), unit_px, settings)
    if here is None:
        return render, head
    solid = head[here] > 0.5
    near = _near(solid, render.is_any(*HAIR_CLASSES)[here], unit_px, settings)
    told = told_by_colour(render.picture[here], solid, settings.radius_px * unit_px, settings)
    told = blur(told, settings.edge_canvas_px)
    share = head.copy()
    share[here] += (told - head[here]) * near
    share = _in_one_piece(share, settings)
    colour = _own_colour(render.picture, share, [sigma * unit_px for sigma in settings.colour_sigmas_px])
    picture = render.picture.copy()
    picture[here] = mixed(picture[here], colour[here], near)
    return render.with_picture(picture), share


def told_by_colour(picture: Picture, solid: Mask, radius_px: float, settings: CutoutSettings) -> Plane:
    """How much of each pixel (H,W, 0..1) a head with hair at its edge is, where a parser saw it (solid: H,W), told from
    the colours within a radius."""
    told = colour_guided_filter(
        picture, solid.astype(np.float32), round(radius_px), settings.epsilon * WHITE**2, settings.reduced
    )
    return smoothstep(told, *settings.shares)


def _around_hair(hair: Mask, unit_px: float, settings: CutoutSettings) -> tuple[slice, slice] | None:
    """A box, in whole pixels of the reduced copy, with all that hair (H,W) has a say in, and what that is told from;
    None without any."""
    if not hair.any():
        return None
    step_px = settings.reduced
    # What counts ends this far off; the filter looks a radius around, and at what was told from one around that.
    margin_px = (settings.within_px + settings.fade_px + 2 * settings.radius_px) * unit_px + settings.edge_canvas_px * 3
    rows, columns = (
        slice(
            max(math.floor((side.start - margin_px) / step_px), 0) * step_px,
            math.ceil((side.stop + margin_px) / step_px) * step_px,
        )
        for side in bounding_box(hair)
    )
    return rows, columns


def _near(solid: Mask, hair: Mask, unit_px: float, settings: CutoutSettings) -> Plane:
    """How near each pixel is to the edges of a head and of its hair (H,W, 0..1)."""
    off_edge = np.maximum(distance_to(solid), distance_to(~solid))
    within_px, ends_px = (px * unit_px for px in (settings.within_px, settings.within_px + settings.fade_px))
    return 1 - smoothstep(np.maximum(off_edge, distance_to(hair)), within_px, ends_px)


def _in_one_piece(share: Plane, settings: CutoutSettings) -> Plane:
    solid: Mask = share > 0.5
    whole = drop_small_components(solid, settings.least_part * float(solid.sum()))
    return np.asarray(
        share * soft(dilate(whole, settings.part_wider_canvas_px), settings.part_edge_canvas_px), np.float32
    )


def _own_colour(picture: Picture, share: Plane, sigmas_px: list[float]) -> Picture:
    """The colour of what has a share of each pixel (H,W, 0..1), without that of the rest."""
    height_px, width_px = share.shape
    pixel_px = COLOUR_PIXEL_PX if min(sigmas_px) >= COLOUR_REDUCED_FROM_PX else 1
    small, part = (reduced(values, width_px // pixel_px, height_px // pixel_px) for values in (picture, share))
    own = its = rest = small
    for sigma_px in (sigma_px / pixel_px for sigma_px in sigmas_px):
        its, rest = smooth_over(own, part, sigma_px), smooth_over(rest, np.float32(1) - part, sigma_px)
        own = _without(small, its, rest, part)
    return _without(picture, enlarged(its, width_px, height_px), enlarged(rest, width_px, height_px), share)


def _without(picture: Picture, its: Picture, rest: Picture, share: Plane) -> Picture:
    """A picture (H,W,3) of what has a share of each pixel (H,W, 0..1), if that has about its colour, and what is beside
    it the rest's."""
    own = its + weighted(picture - mixed(rest, its, share), share)
    return np.asarray(np.clip(own, 0, 255, out=own), np.float32)
