"""Edits that take hair away: the way to a bald head as far as wanted, or the photo's hair cut, the bare head behind."""

from __future__ import annotations

import numpy as np

from engine.compositing.view import View
from engine.edits.balding import Balding, paced, top_of_head
from engine.edits.ends import strand_ends
from engine.edits.layers import Layer, Limited, Reveal, ordered, visible
from engine.edits.outline import strand_texture
from engine.edits.portrait import Portrait
from engine.edits.regions import hair_limit, scalp_limit
from engine.errors import NoHairLeft, NothingToEdit
from engine.imaging.ops import Plane, blur, smoothstep

# Norwood stage at strengths 0, 1, 2 and 3; 8 stands for no hair at all.
BALD_STAGES = (1.0, 4.0, 7.0, 8.0)
RECEDING_STAGES = (1.0, 2.4, 3.4, 4.5)
# Height, in face widths above the brows, at which hair is cut off for strengths 0, -1, -2, -3.
CUT_HEIGHTS = (-2.0, -0.85, -0.55, -0.25)
# Height of the hairline that a fringe is taken back to, and half the width of the forehead.
HAIRLINE, FOREHEAD_HALF_WIDTH = 0.40, 0.43
FRINGE_LEFT = (0.0, 0.5, 0.86, 1.0)
MIN_AREA_PX = 1500
# How far strands' ends lie apart, in face widths.
END_SPREAD = 0.022
# All below set by eye, in face widths unless it says otherwise.
# A cut: beside the head it runs lower by this per face width, its edge is so soft, and locks move it by so much.
CUT_SLOPE, CUT_BESIDE, CUT_SOFT, CUT_LOCKS = 0.05, 0.5, 0.03, 0.3
# The hairline that a fringe is taken back to: it falls towards the temples from here on, and a little to the middle.
TEMPLE_SLOPE, TEMPLE_FROM = 0.9, 0.26
MIDDLE_SLOPE, MIDDLE_UP_TO = 0.10, 0.12
# Of the fringe nothing is left below so much under the brows, whatever the strength; its edge is frayed by locks, in
# height and beside the forehead, and softer above than below. Further down it fades out altogether.
FRINGE_FOOT, FRAYED, FRAYED_BESIDE = -0.05, 0.022, 0.02
FRINGE_EDGE, FRINGE_FADE = (-0.03, 0.05), (-0.35, -0.25)
# The lowest goes first, by locks this far apart; the last of it appears at this share of the time.
ORDER_LOCKS, ORDER_TIME = 0.06, 0.9


def going_bald(portrait: Portrait, stage: float, *, clean: bool = False) -> Balding:
    """The person losing their hair until a Norwood stage, 1 to 7; clean: until there is none at all.

    Raises NoHairLeft. The portrait keeps the layer for whoever asks for it in another format.
    """
    if (stage, clean) not in portrait.paced:
        portrait.paced[stage, clean] = _paced(portrait, stage, clean)
    return portrait.paced[stage, clean]


def _paced(portrait: Portrait, stage: float, clean: bool) -> Balding:
    if float((portrait.matte.alpha > 0.5).sum()) < MIN_AREA_PX * portrait.unit_px**2:
        raise NoHairLeft("There is no hair left to lose on this head: the years have done it already.")
    if clean:
        layer = portrait.balding_clean
        return paced(layer, np.ones_like(layer.change, bool), float(len(layer.heads) - 1))
    return paced(portrait.balding, top_of_head(portrait.u, portrait.v), portrait.effort.heads - 1.0, stage=stage)


def bald(portrait: Portrait, view: View, strength: float) -> Layer:
    """The top of the head goes bald, at strength 3 the sides as well."""
    stage = float(np.interp(strength, range(4), BALD_STAGES))
    if stage <= 7:
        return _limited(portrait, going_bald(portrait, stage))
    # Between the horseshoe and no hair at all, so much of the way.
    whole = portrait.balding_clean
    heads = portrait.effort.heads
    end = heads - 1 + (stage - 7) * (len(whole.heads) - heads)
    return _limited(portrait, paced(whole, np.ones_like(whole.change, bool), end))


def receding_hairline(portrait: Portrait, view: View, strength: float) -> Layer:
    """The hairline recedes, at the temples first."""
    return _limited(portrait, going_bald(portrait, float(np.interp(strength, range(4), RECEDING_STAGES))))


def shorter(portrait: Portrait, view: View, strength: float) -> Reveal:
    """Long hair is cut: below a height that rises with the strength nothing is left."""
    cut = float(np.interp(-strength, range(4), CUT_HEIGHTS))
    # Straight across the neck, a little lower outside; locks and strands end at heights of their own.
    ends = strand_ends(portrait.u, np.random.default_rng(portrait.seed)) + CUT_LOCKS * _texture(portrait)
    edge = portrait.v - cut + CUT_SLOPE * np.clip(np.abs(portrait.u) - CUT_BESIDE, 0, CUT_BESIDE) + END_SPREAD * ends
    gone = 1 - smoothstep(np.asarray(edge, np.float32), -CUT_SOFT, CUT_SOFT)
    # Above the cut nothing happens, shadows of the hair included.
    limit = hair_limit(portrait.view, portrait.view, portrait.unit_px)
    return _without(portrait, gone, limit, "The hair is not long enough to be cut shorter.")


def without_fringe(portrait: Portrait, view: View, strength: float) -> Reveal:
    """Hair over the forehead goes; what grows above a usual hairline and beside the forehead stays."""
    share = float(np.interp(-strength, range(4), FRINGE_LEFT))
    u, v = np.abs(portrait.u), portrait.v
    texture = _texture(portrait)
    hairline = HAIRLINE - TEMPLE_SLOPE * np.maximum(u - TEMPLE_FROM, 0)
    hairline = hairline - MIDDLE_SLOPE * np.clip(MIDDLE_UP_TO - u, 0, 1)
    height = FRINGE_FOOT + (hairline - FRINGE_FOOT) * share
    below = smoothstep(np.asarray(height - v + FRAYED * texture, np.float32), *FRINGE_EDGE)
    between = smoothstep(np.asarray(FOREHEAD_HALF_WIDTH - u + FRAYED_BESIDE * texture, np.float32), *FRINGE_EDGE)
    gone = below * between * smoothstep(v, *FRINGE_FADE)
    limit = scalp_limit(portrait.view, portrait.u, portrait.v, portrait.unit_px)
    return _without(portrait, gone, limit, "There is no fringe over this forehead that could go.")


def _texture(portrait: Portrait) -> Plane:
    return blur(strand_texture(portrait.view.picture), 2)


def _without(portrait: Portrait, gone: Plane, limit: Plane, refusal: str) -> Reveal:
    if float((portrait.matte.alpha * gone > 0.5).sum()) < MIN_AREA_PX * portrait.unit_px**2:
        raise NothingToEdit(refusal)
    bare = portrait.bare
    alpha = np.asarray(bare.change * gone * limit, np.float32)
    alpha = visible(alpha)
    lowest_first = portrait.v + ORDER_LOCKS * _texture(portrait)
    picture = bare.heads[-1].picture.astype(np.float32)
    return Reveal(picture, alpha, ORDER_TIME * ordered(blur(lowest_first, 2), alpha))


def _limited(portrait: Portrait, layer: Balding) -> Limited:
    return Limited(layer, scalp_limit(portrait.view, portrait.u, portrait.v, portrait.unit_px))
