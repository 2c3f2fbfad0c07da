"""Edits that put hair where there was none: generated per photo, then laid over it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from engine.compositing.grain import grain_of
from engine.compositing.view import SKIN, View
from engine.edits.ends import strand_ends
from engine.edits.layers import Reveal, ordered, visible
from engine.edits.limits import within_hair
from engine.edits.portrait import Portrait
from engine.edits.steering import first_step
from engine.face.head_axes import skull_radius
from engine.hair.toning import hair_reference
from engine.hair.transplant import matched_hair, transplant
from engine.imaging.ops import Picture, Plane, blur, dilate, distance_to, erode, smoothstep, soft
from engine.latent.descent import EDIT_LAYERS, descend
from engine.latent.shaping import HairShape, crown, curtain, fringe, wanted_and_held
from engine.parsing import FaceClass
from engine.parsing.classes import FEATURES

RATE = 0.04
# How deep new hair reaches into the person's own, at a face width of 500 px.
OVERLAP_PX = 46.0
FRINGE_DEPTHS = (0.0, 0.45, 0.78, 0.98)
# How far the ends of a fringe lie apart, in face widths.
END_SPREAD = 0.018
LENGTHS = (0.4, 0.9, 1.25, 1.6)
# Hairline and rise over the skull of hair that comes back, at strengths 0, -1, -2, -3.
HAIRLINES, RISES = (0.55, 0.46, 0.40, 0.36), (0.0, 0.05, 0.10, 0.16)
LOWERINGS = (0.0, 0.10, 0.22, 0.34)
# Where new hair may appear, set by eye; in face widths from the midline (u) and above the brows (v),
# each pair from nothing to all. The generator's own edges decide within; these only cut off what goes astray.
HANGING_BESIDE, HANGING_BELOW, HANGING_END = (0.36, 0.46), (0.20, 0.42), (-0.35, 0.1)
# A hairline falls towards the temples by this much from here on.
TEMPLE_SLOPE, TEMPLE_FROM = 0.9, 0.28
CROWN_FRONT, CROWN_SIDES, CROWN_BESIDE = (-0.22, -0.14), (-0.30, -0.15), (0.36, 0.46)
# Beyond the skull (1 is its radius) new hair ends so far out, the rise added.
CROWN_REACH = (1.2, 1.4)
# A fringe's lower end: at no strength this high, at full strength so much lower, and higher towards the temples.
FRINGE_TOP, FRINGE_DEPTH, FRINGE_BEND, FRINGE_HALF_WIDTH = 0.42, 0.36, 0.10, 0.42
FRINGE_LOCKS = 0.15
FRINGE_END, FRINGE_BESIDE, FRINGE_ABOVE = (-0.20, -0.14), (0.46, 0.54), (0.60, 0.72)
# The last of it appears at this share of the time.
ORDER_TIME = 0.9
# Grain is learnt from skin above this height, so far off its edge and off the features, if there are so many pixels.
GRAIN_ABOVE, GRAIN_EDGE_PX, GRAIN_FEATURES_PX, MIN_GRAIN_PX = -0.45, 5, 6, 4000
# New hair is laid over the own where that covers less than this, and takes hold between these shares of OVERLAP_PX.
OWN_SHARE, TAKES_HOLD = 0.6, (0.1, 1.0)
# Around eyes and mouth nothing is laid, so far and so softly, at a face width of 500 px; and between which shares.
PROTECTED_PX, PROTECTED_EDGE_PX, PROTECTED = 3, 2, (0.05, 0.8)
# Of the learned bald direction, backwards: where the search for hair on a bald head begins.
BACKWARDS = 0.6


@dataclass(frozen=True)
class Growth:
    """What is asked of the generator, and where (canvas plane, 0..1) its hair may be laid over the photo; order: what
    appears first, low values first."""

    shape: HairShape
    region: Plane
    order: Plane


def fringed(portrait: Portrait, view: View, strength: float) -> Reveal:
    """A fringe, deeper with the strength, at 3 down to the brows."""
    depth = float(np.interp(strength, range(4), FRINGE_DEPTHS))
    return _grown(portrait, view, _fringe(portrait, depth), first_step(portrait, "bangs", strength, EDIT_LAYERS))


def lower_hairline(portrait: Portrait, view: View, strength: float) -> Reveal:
    """The opposite of a receding hairline: it comes forward."""
    depth = float(np.interp(-strength, range(4), LOWERINGS))
    start = first_step(portrait, "receding_hairline", strength, EDIT_LAYERS)
    return _grown(portrait, view, _fringe(portrait, depth), start)


def longer(portrait: Portrait, view: View, strength: float) -> Reveal:
    """Hair that hangs beside face and neck, down to the shoulders at strength 2."""
    length = float(np.interp(strength, range(4), LENGTHS))
    u, v = np.abs(portrait.u), portrait.v
    region = smoothstep(u, *HANGING_BESIDE) * (1 - smoothstep(v, *HANGING_BELOW))
    region = region * smoothstep(v, *(end - length for end in HANGING_END))
    growth = Growth(curtain(portrait.axes, length), region, -v)
    return _grown(portrait, view, growth, first_step(portrait, "long_hair", strength, EDIT_LAYERS))


def hair_again(portrait: Portrait, view: View, strength: float) -> Reveal:
    """Hair on top of a head that has lost it."""
    hairline = float(np.interp(-strength, range(4), HAIRLINES))
    rise = float(np.interp(-strength, range(4), RISES))
    u, v = np.abs(portrait.u), portrait.v
    edge = hairline - TEMPLE_SLOPE * np.maximum(u - TEMPLE_FROM, 0)
    # The generator's own hairline decides: what is cut off here is only what hangs far below it.
    front = smoothstep(np.asarray(v - edge, np.float32), *CROWN_FRONT)
    region = front + (smoothstep(v, *CROWN_SIDES) - front) * smoothstep(u, *CROWN_BESIDE)
    radius = skull_radius(portrait.u, portrait.v)
    region = region * (1 - smoothstep(radius, *(reach + rise for reach in CROWN_REACH)))
    growth = Growth(crown(portrait.axes, hairline, rise), np.asarray(region, np.float32), -v)
    return _grown(portrait, view, growth, -BACKWARDS * portrait.models.bald_directions["clean_short"])


def _fringe(portrait: Portrait, depth: float) -> Growth:
    u, v = np.abs(portrait.u), portrait.v
    # The generator's own ends decide; what hangs far below them, into the eyes, is not cut off straight.
    ends = strand_ends(portrait.u, np.random.default_rng(portrait.seed), FRINGE_LOCKS * v)
    bottom = FRINGE_TOP - FRINGE_DEPTH * depth + END_SPREAD * ends
    bottom = bottom + FRINGE_BEND * np.square(portrait.u / FRINGE_HALF_WIDTH)
    region = (
        smoothstep(np.asarray(v - bottom, np.float32), *FRINGE_END)
        * (1 - smoothstep(u, *FRINGE_BESIDE))
        * (1 - smoothstep(v, *FRINGE_ABOVE))
    )
    return Growth(fringe(portrait.axes, depth), np.asarray(region, np.float32), -v)


def _grown(portrait: Portrait, view: View, growth: Growth, start: torch.Tensor) -> Reveal:
    models = portrait.models
    inversion = portrait.inversion
    with portrait.timed("growing"):
        wanted, held = wanted_and_held(growth.shape, portrait.probabilities, portrait.landmarks)
        edit = descend(
            inversion.generator,
            models.descent_parser,
            inversion.latent,
            wanted,
            held,
            start,
            steps=portrait.effort.growing,
            rate=RATE,
            tell=lambda fraction: portrait.tell("growing hair", fraction),
        )
    render = portrait.drawn(edit.delta)
    generated = portrait.strands_of(render)
    own = portrait.strands_of(view) if view is not portrait.view else portrait.strands
    brows = view.seen(FaceClass.LEFT_BROW, FaceClass.RIGHT_BROW)
    toned = matched_hair(view.picture, own, generated, hair_reference(view.picture, brows))
    toned = toned + _grain(portrait, view, render, toned, generated.alpha)
    region = growth.region * _beside_own(own.alpha, portrait.unit_px) * (1 - _protected(view, portrait.unit_px))
    region = np.asarray(region * portrait.reachable, np.float32)
    skin = blur(view.is_any(*SKIN), 3)
    picture, alpha = transplant(view.picture, own, generated, region, skin, toned, portrait.unit_px)
    alpha = visible(alpha) * (region > 0)
    return within_hair(portrait, view, Reveal(picture, alpha, ORDER_TIME * ordered(growth.order, alpha)))


def _grain(portrait: Portrait, view: View, render: View, lit: Picture, domain: Plane) -> Picture:
    """The photo's noise, which generated hair lacks: as it is on calm skin."""
    plain = erode(view.seen(FaceClass.SKIN) & (portrait.v > GRAIN_ABOVE), GRAIN_EDGE_PX)
    plain = plain & ~dilate(view.is_any(*FEATURES), GRAIN_FEATURES_PX)
    if plain.sum() < MIN_GRAIN_PX:
        return np.zeros_like(lit)
    rng = np.random.default_rng(portrait.seed)
    return grain_of(view.picture, plain, rng).on(render.picture, lit, domain)


def _beside_own(own: Plane, unit_px: float) -> Plane:
    """1 off the person's own hair, falling to 0 inside it."""
    return 1 - smoothstep(distance_to(own <= OWN_SHARE) / (OVERLAP_PX * unit_px), *TAKES_HOLD)


def _protected(view: View, unit_px: float) -> Plane:
    """Eyes, brows, glasses, nose and mouth stay the photo's."""
    features = view.is_any(*FEATURES, FaceClass.EARRING)
    return soft(dilate(features, PROTECTED_PX * unit_px), PROTECTED_EDGE_PX * unit_px, *PROTECTED)
