"""Single hairs where the hair of a drawn head thins out into skin, which a generator draws as a soft edge."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.compositing.setting import Setting
from engine.imaging.directions import strand_angles
from engine.imaging.ops import (
    Mask,
    Picture,
    Plane,
    blur,
    bounding_box,
    distance_to,
    erode,
    luminance,
    nearby_colour,
    smoothstep,
)
from engine.imaging.scale import at_scale
from engine.imaging.strokes import Strokes, StrokeSettings, with_hairs

# Finer than a beard's, without its shadow; so fine, fewer brightnesses do. Most are short, the bright ones hardly seen:
# of one length and strength they would stand like a comb, and if they crossed each other or the drawn strands more, as
# scratches.
FINE_STROKES = StrokeSettings(
    oversampling=3,
    shades=5,
    hairs_per_face=60_000.0,
    turn=0.14,
    bend=0.2,
    opacity=0.26,
    fainter=0.55,
    length_from=0.2,
    length_spread=1.3,
    length_power=1.6,
    edge_length=0.35,
    root_share=0.0,
    long_share=0.0,
)


@dataclass(frozen=True)
class FringeHairSettings:
    """Where single hairs stand and how they lie, set by eye on 12 photos. Lengths and heights are face widths."""

    # How dense they are (0..1) where the hair begins, less and less over so much into it; off it likewise, but for a
    # few that stand further out, so many and so far.
    at_edge: float = 0.5
    into: float = 0.05
    off: float = 0.016
    further_share: float = 0.01
    further: float = 0.045
    # None at the head's outline, all so far inside of it; none below the first of these heights over the brows.
    inside: tuple[float, float] = (0.01, 0.04)
    above: tuple[float, float] = (-0.05, 0.10)
    # They are so long, and lie so much outwards for each part downwards.
    length: float = 0.055
    outwards: float = 0.45
    # Or as the drawn hair around does, where its gradients are stronger than this (levels of 0..255 a pixel), told at
    # such a size (a Gaussian's sigma), so far inside of its edge.
    least_gradient: float = 0.3
    gradient_canvas_px: float = 1.5
    inside_canvas_px: int = 3
    # In the shadow of the hair they are a little darker than it is around (face widths, a Gaussian's sigma).
    darkness: float = 0.93
    around: float = 0.05
    spread: float = 0.35
    # What is mostly and surely hair; fewer canvas pixels of the latter tell no colour.
    hair: float = 0.5
    sure: float = 0.9
    # Where fewer (0..1) stand, none do.
    least_density: float = 0.01
    min_hair_canvas_area: int = 500
    strokes: StrokeSettings = FINE_STROKES


def with_fringe(
    setting: Setting,
    picture: Picture,
    hair: Plane,
    head: Plane,
    softer_px: float,
    rng: np.random.Generator,
    settings: FringeHairSettings = FringeHairSettings(),
) -> Picture:
    """A drawn head (picture: H,W,3; hair, head: H,W, 0..1) with single hairs along its hair's edge on skin, as soft as
    the photo (softer_px: a Gaussian's sigma)."""
    settings = at_scale(settings, setting.photo.scale)
    width_px, sure = setting.axes.width_px, hair > settings.sure
    if int(sure.sum()) < settings.min_hair_canvas_area:
        return picture
    density = _density(hair > settings.hair, head, setting.v, width_px, settings)
    if not (stands := density > settings.least_density).any():
        return picture
    # Nothing else is looked at: hairs reach so far, and colour is told so wide.
    box = bounding_box(stands, round((settings.length + settings.around) * width_px))
    part, density = picture[box], density[box]
    up = np.asarray(setting.axes.up, np.float32)
    right = np.asarray(setting.axes.right, np.float32)
    outwards = np.sign(setting.u[box])[..., None] * np.float32(settings.outwards) * right
    usual = (outwards - up) / np.float32(np.hypot(1, settings.outwards))
    along = _along(part, sure[box], usual.astype(np.float32), width_px, settings)
    near, _ = nearby_colour(part, sure[box], settings.around * width_px)
    colour = np.asarray(near * settings.darkness, np.float32)
    growth = Strokes(density, along, settings.length * width_px, colour, settings.spread)
    # A hair is a part of a pixel wide, a smaller one where a pixel is a larger part of the face.
    strokes = replace(settings.strokes, oversampling=round(settings.strokes.oversampling / setting.photo.scale))
    haired = with_hairs(part, growth, np.ones_like(density), width_px, rng, strokes)
    if softer_px:
        haired = part + blur(haired - part, softer_px)
    picture = picture.copy()
    picture[box] = haired
    return picture


def _along(
    part: Picture, sure: Mask, usual: NDArray[np.float32], width_px: float, settings: FringeHairSettings
) -> NDArray[np.float32]:
    """Which way hairs lie (H,W,2, unit vectors): as the drawn hair (H,W) around does, or else as usual (H,W,2)."""
    smooth = blur(luminance(part), settings.gradient_canvas_px)
    inside = erode(sure, settings.inside_canvas_px).astype(np.float32)
    ways = usual[..., 0], usual[..., 1]
    angle = strand_angles(smooth, inside, ways, settings.least_gradient, settings.around * width_px)
    along = np.stack([np.cos(angle), np.sin(angle)], -1)
    # Off the hair rather than into it.
    return np.asarray(np.where((along * usual).sum(-1, keepdims=True) < 0, -along, along), np.float32)


def _density(hair: Mask, head: Plane, v: Plane, width_px: float, settings: FringeHairSettings) -> Plane:
    """How many hairs stand where (H,W, 0..1)."""
    off = distance_to(hair) / np.float32(width_px)
    into = distance_to(~hair) / np.float32(width_px)
    edge, further = (np.exp(-((off / np.float32(reach)) ** 2)) for reach in (settings.off, settings.further))
    share = settings.further_share
    density = settings.at_edge * ((1 - share) * edge + share * further) * np.clip(1 - into / settings.into, 0, 1)
    inside = distance_to(head < settings.hair) / np.float32(width_px)
    density = density * smoothstep(inside, *settings.inside) * smoothstep(v, *settings.above)
    return np.asarray(density, np.float32)
