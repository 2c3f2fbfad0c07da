"""A drawn head cut out of its own background along its hair: how much of each pixel is hair, and of which colour."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.compositing.setting import Setting
from engine.compositing.view import View
from engine.imaging.ops import (
    Mask,
    Picture,
    Plane,
    blur,
    colour_guided_filter,
    dilate,
    distance_to,
    drop_small_components,
    mixed,
    smooth_over,
    smoothstep,
    soft,
    weighted,
)
from engine.imaging.scale import at_scale
from engine.parsing.classes import HAIR_CLASSES


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
    solid = head > 0.5
    off_edge = np.maximum(distance_to(solid), distance_to(~solid))
    off_hair = distance_to(render.is_any(*HAIR_CLASSES))
    within_px, ends_px = (px * unit_px for px in (settings.within_px, settings.within_px + settings.fade_px))
    near = 1 - smoothstep(np.maximum(off_edge, off_hair), within_px, ends_px)
    if not near.any():
        return render, head
    told = colour_guided_filter(
        render.picture / np.float32(255),
        solid.astype(np.float32),
        round(settings.radius_px * unit_px),
        settings.epsilon,
        settings.reduced,
    )
    told = blur(smoothstep(told, *settings.shares), settings.edge_canvas_px)
    share = np.asarray(head + (told - head) * near, np.float32)
    share = _in_one_piece(share, settings)
    colour = _own_colour(render.picture, share, [sigma * unit_px for sigma in settings.colour_sigmas_px])
    return render.with_picture(mixed(render.picture, colour, near)), share


def _in_one_piece(share: Plane, settings: CutoutSettings) -> Plane:
    solid: Mask = share > 0.5
    whole = drop_small_components(solid, settings.least_part * float(solid.sum()))
    return np.asarray(
        share * soft(dilate(whole, settings.part_wider_canvas_px), settings.part_edge_canvas_px), np.float32
    )


def _own_colour(picture: Picture, share: Plane, sigmas_px: list[float]) -> Picture:
    """The colour of what has a share of each pixel (H,W, 0..1), without that of the rest."""
    own, rest = picture, picture
    for sigma_px in sigmas_px:
        its, rest = smooth_over(own, share, sigma_px), smooth_over(rest, np.float32(1) - share, sigma_px)
        own = its + weighted(picture - mixed(rest, its, share), share)
        np.clip(own, 0, 255, out=own)
    return own
