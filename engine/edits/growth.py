"""Edits that put hair where there was none: generated per photo, then laid over it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import torch

from engine.compositing.grain import grain_of
from engine.compositing.view import SKIN, View
from engine.edits.ends import strand_ends
from engine.edits.layers import Reveal, ordered, visible
from engine.edits.limits import within_hair
from engine.edits.portrait import Portrait
from engine.edits.regions import features_kept
from engine.edits.steering import first_delta
from engine.edits.strengths import at_strength
from engine.face.head_axes import skull_radius
from engine.hair.hanging import hanging
from engine.hair.thin import without_skin
from engine.hair.toning import hair_reference
from engine.hair.transplant import matched_hair, transplant
from engine.imaging.ops import Picture, Plane, blur, dilate, distance_to, erode, smoothstep
from engine.latent.descent import EDIT_LAYERS, descend
from engine.latent.gradient import FallingRate
from engine.latent.shaping import HairShape, aim_of, crown, curtain, fringe
from engine.parsing import FaceClass
from engine.parsing.classes import FEATURES


@dataclass(frozen=True)
class FringeGrowthSettings:
    """Where a fringe may appear, set by eye; in face widths from the midline and above the brows."""

    # How deep it hangs at strengths 0 to 3, and by how much a hairline comes forward at strengths 0 to -3; as shares of
    # the way from the top to the brows.
    depths: tuple[float, float, float, float] = (0.0, 0.45, 0.78, 0.98)
    lowerings: tuple[float, float, float, float] = (0.0, 0.10, 0.22, 0.34)
    # Its lower end: at no depth this high, at full depth so much lower, higher by so much at this half width.
    top: float = 0.42
    fall: float = 0.36
    bend: float = 0.10
    half_width: float = 0.42
    # How far its strands' ends lie apart, and by how much they slant outwards for each height.
    end_spread: float = 0.018
    slant: float = 0.15
    # The generator's own ends decide; what hangs so far below them, into the eyes, is not cut off straight.
    end: tuple[float, float] = (-0.20, -0.14)
    beside: tuple[float, float] = (0.46, 0.54)
    above: tuple[float, float] = (0.60, 0.72)


@dataclass(frozen=True)
class LengthSettings:
    """Where long hair may appear, set by eye; in face widths from the midline and above the brows, each pair from
    nothing to all."""

    # How far below the brows it hangs at strengths 0 to 3; its end fades between these heights around that.
    lengths: tuple[float, float, float, float] = (0.4, 0.9, 1.25, 1.6)
    end: tuple[float, float] = (-0.35, 0.1)
    # Beside the face, and gone above the ears, where the own hair is.
    beside: tuple[float, float] = (0.36, 0.46)
    below: tuple[float, float] = (0.20, 0.42)


@dataclass(frozen=True)
class CrownGrowthSettings:
    """Where hair may come back, set by eye; in face widths from the midline and above the brows, each pair from nothing
    to all."""

    # Hairline and rise over the skull at strengths 0 to -3.
    hairlines: tuple[float, float, float, float] = (0.55, 0.46, 0.40, 0.36)
    rises: tuple[float, float, float, float] = (0.0, 0.05, 0.10, 0.16)
    # The hairline falls towards the temples by this from here on.
    temple_slope: float = 0.9
    temple_from: float = 0.28
    # The generator's own hairline decides: what is cut off is only what hangs so far below it, in front; at the sides,
    # which begin so far out, it is what hangs below these heights.
    front: tuple[float, float] = (-0.22, -0.14)
    sides: tuple[float, float] = (-0.30, -0.15)
    beside: tuple[float, float] = (0.36, 0.46)
    # Beyond the skull (1 is its radius) new hair ends so far out, the rise added.
    reach: tuple[float, float] = (1.2, 1.4)
    # Of the learned bald direction, backwards: where the search for hair on a bald head begins.
    backwards: float = 0.6


@dataclass(frozen=True)
class GrowthSettings:
    """How generated hair is searched for and laid over the photo, set by eye. Lengths in face widths; those named `_px`
    are canvas pixels, because noise and the parser's edges belong to that grid."""

    # Learning rate of the descent in latent space.
    rate: float = 0.04
    # New hair is laid over the own where that covers less than this share of a pixel, and takes hold over this depth of
    # it, between these shares of that.
    own_share: float = 0.6
    overlap: float = 0.092
    takes_hold: tuple[float, float] = (0.1, 1.0)
    # Grain is learnt from skin above this height over the brows, so far off its edge and off the features, if there are
    # so many pixels.
    grain_above: float = -0.45
    grain_edge_px: float = 5.0
    grain_features_px: float = 6.0
    min_grain_px: int = 4000
    # Skin that a shadow may fall on ends so softly.
    skin_sigma_px: float = 3.0
    # The last of it appears at this share of the time.
    order_time: float = 0.9


@dataclass(frozen=True)
class Growth:
    """What is asked of the generator, and where (canvas plane, 0..1) its hair may be laid over the photo; order: what
    appears first, low values first."""

    shape: HairShape
    region: Plane
    order: Plane


def fringed(
    portrait: Portrait, view: View, strength: float, settings: FringeGrowthSettings = FringeGrowthSettings()
) -> Reveal:
    """A fringe, deeper with the strength, at 3 down to the brows."""
    depth = at_strength(settings.depths, strength)
    start = first_delta(portrait, "bangs", strength, EDIT_LAYERS)
    return _grown(portrait, view, _fringe(portrait, depth, settings), start)


def lower_hairline(
    portrait: Portrait, view: View, strength: float, settings: FringeGrowthSettings = FringeGrowthSettings()
) -> Reveal:
    """The opposite of a receding hairline: it comes forward."""
    depth = at_strength(settings.lowerings, -strength)
    start = first_delta(portrait, "receding_hairline", strength, EDIT_LAYERS)
    return _grown(portrait, view, _fringe(portrait, depth, settings), start)


def longer(portrait: Portrait, view: View, strength: float, settings: LengthSettings = LengthSettings()) -> Reveal:
    """Hair that hangs beside face and neck, down to the shoulders at strength 2."""
    length = at_strength(settings.lengths, strength)
    u, v = np.abs(portrait.u), portrait.v
    region = smoothstep(u, *settings.beside) * (1 - smoothstep(v, *settings.below))
    region = region * smoothstep(v, *(end - length for end in settings.end))
    growth = Growth(curtain(portrait.axes, length), region, -v)
    return _grown(portrait, view, growth, first_delta(portrait, "long_hair", strength, EDIT_LAYERS))


def hair_again(
    portrait: Portrait, view: View, strength: float, settings: CrownGrowthSettings = CrownGrowthSettings()
) -> Reveal:
    """Hair on top of a head that has lost it."""
    hairline = at_strength(settings.hairlines, -strength)
    rise = at_strength(settings.rises, -strength)
    u, v = np.abs(portrait.u), portrait.v
    edge = hairline - settings.temple_slope * np.maximum(u - settings.temple_from, 0)
    front = smoothstep(np.asarray(v - edge, np.float32), *settings.front)
    region = front + (smoothstep(v, *settings.sides) - front) * smoothstep(u, *settings.beside)
    radius = skull_radius(portrait.u, portrait.v)
    region = region * (1 - smoothstep(radius, *(reach + rise for reach in settings.reach)))
    growth = Growth(crown(portrait.axes, hairline, rise), np.asarray(region, np.float32), -v)
    return _grown(portrait, view, growth, -settings.backwards * portrait.models.bald_directions["clean_short"])


def _fringe(portrait: Portrait, depth: float, settings: FringeGrowthSettings) -> Growth:
    u, v = np.abs(portrait.u), portrait.v
    ends = strand_ends(portrait.u, np.random.default_rng(portrait.seed), settings.slant * v)
    bottom = settings.top - settings.fall * depth + settings.end_spread * ends
    bottom = bottom + settings.bend * np.square(portrait.u / settings.half_width)
    region = (
        smoothstep(np.asarray(v - bottom, np.float32), *settings.end)
        * (1 - smoothstep(u, *settings.beside))
        * (1 - smoothstep(v, *settings.above))
    )
    return Growth(fringe(portrait.axes, depth), np.asarray(region, np.float32), -v)


def _grown(
    portrait: Portrait,
    view: View,
    growth: Growth,
    start: torch.Tensor,
    settings: GrowthSettings = GrowthSettings(),
) -> Reveal:
    models, inversion, steps = portrait.models, portrait.inversion, portrait.effort.growing
    with portrait.timed("growing"):
        edit = descend(
            models.for_descents(inversion.generator),
            inversion.latent,
            aim_of(growth.shape, portrait.probabilities, portrait.landmarks),
            start,
            steps=steps,
            stepper=partial(FallingRate, rate=settings.rate, steps=steps.coarse + steps.fine),
            tell=lambda fraction: portrait.tell("growing hair", fraction),
        )
    render = portrait.drawn(edit.delta)
    # Skin between the strands of a thin fringe, toned like hair, would be lighter than skin.
    generated = without_skin(portrait.strands_of(render), render, portrait.face_px, gets_darker=False)
    own = portrait.strands_of(view) if view is not portrait.view else portrait.strands
    brows = view.seen(FaceClass.LEFT_BROW, FaceClass.RIGHT_BROW)
    toned = matched_hair(view.picture, own, generated, hair_reference(view.picture, brows))
    toned = toned + _grain(portrait, view, render, toned, generated.alpha, settings)
    region = growth.region * _beside_own(own.alpha, portrait.face_px, settings)
    region = region * (1 - features_kept(view, portrait.face_px, FaceClass.EARRING))
    region = np.asarray(region * portrait.reachable, np.float32)
    region = region * hanging(generated.alpha * region, own.alpha, portrait.face_px)
    skin = blur(view.is_any(*SKIN), settings.skin_sigma_px)
    picture, alpha = transplant(view.picture, generated, region, skin, toned, portrait.face_px)
    alpha = visible(alpha) * (region > 0)
    return within_hair(portrait, view, Reveal(picture, alpha, settings.order_time * ordered(growth.order, alpha)))


def _grain(
    portrait: Portrait, view: View, render: View, lit: Picture, domain: Plane, settings: GrowthSettings
) -> Picture:
    """The photo's noise, which generated hair lacks: as it is on calm skin."""
    plain = erode(view.seen(FaceClass.SKIN) & (portrait.v > settings.grain_above), settings.grain_edge_px)
    plain = plain & ~dilate(view.is_any(*FEATURES), settings.grain_features_px)
    if plain.sum() < settings.min_grain_px:
        return np.zeros_like(lit)
    rng = np.random.default_rng(portrait.seed)
    return grain_of(view.picture, plain, rng).on(render.picture, lit, domain)


def _beside_own(own: Plane, face_px: float, settings: GrowthSettings) -> Plane:
    """1 off the person's own hair, falling to 0 inside it."""
    depth = distance_to(own <= settings.own_share) / (settings.overlap * face_px)
    return 1 - smoothstep(depth, *settings.takes_hold)
