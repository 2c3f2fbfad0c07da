"""Edits that take hair away: the way to a bald head as far as wanted, or the photo's hair cut, the bare head behind."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.compositing.strand_texture import strand_texture
from engine.compositing.view import View
from engine.edits.balding import Balding
from engine.edits.ends import strand_ends
from engine.edits.layers import Layer, Limited, Reveal, ordered, visible
from engine.edits.pace import PaceSettings, paced, top_of_head
from engine.edits.portrait import Portrait
from engine.edits.regions import hair_limit, scalp_limit
from engine.edits.strengths import at_strength
from engine.errors import NoHairLeft, NothingToEdit
from engine.imaging.ops import Plane, blur, smoothstep
from engine.imaging.scale import at_scale
from engine.latent.norwood import LAST_STAGE


@dataclass(frozen=True)
class BaldSettings:
    """How far people go bald at the strengths 0 to 3, as Norwood stages (8: no hair at all), set by eye."""

    bald: tuple[float, float, float, float] = (1.0, 4.0, 7.0, 8.0)
    receding_hairline: tuple[float, float, float, float] = (1.0, 2.4, 3.4, 4.5)
    # Less hair than this, in squares of a face width's side, is a rim that cannot be lost.
    min_hair: float = 0.006


@dataclass(frozen=True)
class CutSettings:
    """How long hair is cut, set by eye; in face widths."""

    # Height above the brows at which it is cut off at strengths 0 to -3; from so far beside the midline on it is
    # rounded, and ends higher by this times the square of how much further out it stands, or it would end in wings.
    heights: tuple[float, float, float, float] = (-2.0, -0.85, -0.55, -0.25)
    beside: float = 0.45
    rounded: float = 1.0
    # How far strands' ends lie apart, locks so much as single strands; each end is so soft.
    end_spread: float = 0.022
    locks: float = 0.3
    soft: float = 0.03


@dataclass(frozen=True)
class FringeTakenSettings:
    """The hairline that a fringe is taken back to, set by eye; in face widths from the midline and above the brows."""

    # How far it is taken back at strengths 0 to -3.
    shares: tuple[float, float, float, float] = (0.0, 0.5, 0.86, 1.0)
    # The hairline's height; it falls towards the temples from here on, and a little to the middle.
    hairline: float = 0.40
    temple_slope: float = 0.9
    temple_from: float = 0.26
    middle_slope: float = 0.10
    middle_up_to: float = 0.12
    forehead_half_width: float = 0.43
    # Below this height it is gone at any strength; further down, on the nose and cheeks, nothing is taken.
    foot: float = -0.05
    faded: tuple[float, float] = (-0.35, -0.25)
    # Its edge is frayed by locks, in height and beside the forehead, and softer above than below.
    frayed: float = 0.022
    frayed_beside: float = 0.02
    edge: tuple[float, float] = (-0.03, 0.05)


@dataclass(frozen=True)
class RemovalSettings:
    """How hair that is cut off disappears, set by eye."""

    # Less hair than this, in squares of a face width's side, would not be missed.
    min_hair: float = 0.006
    # The lowest goes first, by locks this far apart (face widths); the last of it at this share of the time.
    order_locks: float = 0.06
    order_time: float = 0.9
    # Locks are the photo's strands so blurred (canvas pixels), which is also how softly the order runs.
    lock_sigma_px: float = 2.0


def going_bald(
    portrait: Portrait, stage: float, *, clean: bool = False, settings: BaldSettings = BaldSettings()
) -> Balding:
    """The person losing their hair until a Norwood stage, 1 to 7; clean: until there is none at all.

    Raises NoHairLeft. The portrait keeps the layer for whoever asks for it in another format.
    """
    if (stage, clean) not in portrait.paced:
        portrait.paced[stage, clean] = _paced(portrait, stage, clean, settings.min_hair)
    return portrait.paced[stage, clean]


def _paced(portrait: Portrait, stage: float, clean: bool, min_hair: float) -> Balding:
    if float((portrait.matte.alpha > 0.5).sum()) < min_hair * portrait.face_px**2:
        raise NoHairLeft("There is no hair left to lose on this head: the years have done it already.")
    settings = at_scale(PaceSettings(), portrait.view.scale)
    if clean:
        layer = portrait.balding_clean
        return paced(layer, np.ones_like(layer.change, bool), float(len(layer.heads) - 1), settings=settings)
    top = top_of_head(portrait.u, portrait.v)
    return paced(portrait.balding, top, portrait.effort.heads - 1.0, stage=stage, settings=settings)


def bald(portrait: Portrait, view: View, strength: float, settings: BaldSettings = BaldSettings()) -> Layer:
    """The top of the head goes bald, at strength 3 the sides as well."""
    stage = at_strength(settings.bald, strength)
    if stage <= LAST_STAGE:
        return _limited(portrait, going_bald(portrait, stage, settings=settings))
    # Between the horseshoe and no hair at all, so much of the way.
    whole = portrait.balding_clean
    heads = portrait.effort.heads
    end = heads - 1 + (stage - LAST_STAGE) * (len(whole.heads) - heads)
    return _limited(portrait, paced(whole, np.ones_like(whole.change, bool), end))


def receding_hairline(
    portrait: Portrait, view: View, strength: float, settings: BaldSettings = BaldSettings()
) -> Layer:
    """The hairline recedes, at the temples first."""
    stage = at_strength(settings.receding_hairline, strength)
    return _limited(portrait, going_bald(portrait, stage, settings=settings))


def shorter(portrait: Portrait, view: View, strength: float, settings: CutSettings = CutSettings()) -> Reveal:
    """Long hair is cut: below a height that rises with the strength nothing is left."""
    cut = at_strength(settings.heights, -strength)
    # Straight across the neck, rounded outside; locks and strands end at heights of their own.
    ends = strand_ends(portrait.u, np.random.default_rng(portrait.seed)) + settings.locks * _texture(portrait)
    edge = portrait.v - cut_height(portrait.u, cut, settings) + settings.end_spread * ends
    gone = 1 - smoothstep(np.asarray(edge, np.float32), -settings.soft, settings.soft)
    # Above the cut nothing happens, shadows of the hair included.
    limit = hair_limit(portrait.view, portrait.view, portrait.face_px)
    return _without(portrait, gone, limit, "The hair is not long enough to be cut shorter.")


def cut_height(u: Plane, cut: float, settings: CutSettings = CutSettings()) -> Plane:
    """How high over the brows hair ends (H,W, face widths) that is cut at a height on the neck. u: H,W, likewise."""
    outside = np.maximum(np.abs(u) - settings.beside, 0)
    return np.asarray(cut + settings.rounded * outside**2, np.float32)


def without_fringe(
    portrait: Portrait, view: View, strength: float, settings: FringeTakenSettings = FringeTakenSettings()
) -> Reveal:
    """Hair over the forehead goes; what grows above a usual hairline and beside the forehead stays."""
    share = at_strength(settings.shares, -strength)
    u, v = np.abs(portrait.u), portrait.v
    texture = _texture(portrait)
    hairline = settings.hairline - settings.temple_slope * np.maximum(u - settings.temple_from, 0)
    hairline = hairline - settings.middle_slope * np.clip(settings.middle_up_to - u, 0, 1)
    height = settings.foot + (hairline - settings.foot) * share
    below = smoothstep(np.asarray(height - v + settings.frayed * texture, np.float32), *settings.edge)
    inside = settings.forehead_half_width - u + settings.frayed_beside * texture
    between = smoothstep(np.asarray(inside, np.float32), *settings.edge)
    gone = below * between * smoothstep(v, *settings.faded)
    limit = scalp_limit(portrait.view, portrait.u, portrait.v, portrait.face_px)
    return _without(portrait, gone, limit, "There is no fringe over this forehead that could go.")


def _texture(portrait: Portrait, settings: RemovalSettings = RemovalSettings()) -> Plane:
    """The photo's locks (H,W, about -1..1)."""
    return blur(strand_texture(portrait.view.picture), settings.lock_sigma_px)


def _without(
    portrait: Portrait, gone: Plane, limit: Plane, refusal: str, settings: RemovalSettings = RemovalSettings()
) -> Reveal:
    """The bare head where hair is gone (H,W, 0..1), within a limit. Raises NothingToEdit with the refusal."""
    if float((portrait.matte.alpha * gone > 0.5).sum()) < settings.min_hair * portrait.face_px**2:
        raise NothingToEdit(refusal)
    bare = portrait.bare
    alpha = np.asarray(bare.change * gone * limit, np.float32)
    alpha = visible(alpha)
    lowest_first = blur(portrait.v + settings.order_locks * _texture(portrait, settings), settings.lock_sigma_px)
    picture = bare.heads[-1].picture.astype(np.float32)
    return Reveal(picture, alpha, settings.order_time * ordered(lowest_first, alpha))


def _limited(portrait: Portrait, layer: Balding) -> Limited:
    return Limited(layer, scalp_limit(portrait.view, portrait.u, portrait.v, portrait.face_px))
