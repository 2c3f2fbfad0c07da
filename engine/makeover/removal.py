"""Edits that take hair away: the photo's own hair falls or is cut, and the bald plate shows where it was."""

from __future__ import annotations

import numpy as np

from engine.compositing import Fall, prepare_fall, times_for_years
from engine.compositing.arrays import Plane, blur, smoothstep
from engine.compositing.view import View
from engine.errors import NoHairLeft, NothingToEdit
from engine.makeover.ends import strand_ends
from engine.makeover.layers import Limited, Recession, Reveal, ordered
from engine.makeover.regions import hair_limit, scalp_limit
from engine.makeover.studio import Studio

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


def bald(studio: Studio, view: View, strength: float) -> Limited:
    """The top of the head goes bald, at strength 3 the sides as well."""
    return _receding_to(studio, float(np.interp(strength, range(4), BALD_STAGES)))


def receding_hairline(studio: Studio, view: View, strength: float) -> Limited:
    """The hairline recedes, at the temples first."""
    return _receding_to(studio, float(np.interp(strength, range(4), RECEDING_STAGES)))


def shorter(studio: Studio, view: View, strength: float) -> Reveal:
    """Long hair is cut: below a height that rises with the strength nothing is left."""
    fall = _fall(studio)
    cut = float(np.interp(-strength, range(4), CUT_HEIGHTS))
    # Straight across the neck, a little lower outside; locks and strands end at heights of their own.
    ends = strand_ends(studio.u, np.random.default_rng(studio.seed)) + 0.3 * blur(fall.texture, 2)
    edge = studio.v - cut + 0.05 * np.clip(np.abs(studio.u) - 0.5, 0, 0.5) + END_SPREAD * ends
    gone = 1 - smoothstep(np.asarray(edge, np.float32), -0.03, 0.03)
    # Above the cut nothing happens, shadows of the hair included.
    limit = hair_limit(studio.view, studio.view, studio.unit_px)
    return _without(studio, fall, gone, limit, "The hair is not long enough to be cut shorter.")


def without_fringe(studio: Studio, view: View, strength: float) -> Reveal:
    """Hair over the forehead goes; what grows above a usual hairline and beside the forehead stays."""
    fall = _fall(studio)
    share = float(np.interp(-strength, range(4), FRINGE_LEFT))
    u, v = np.abs(studio.u), studio.v
    hairline = HAIRLINE - 0.9 * np.maximum(u - 0.26, 0) - 0.10 * np.clip(0.12 - u, 0, 1)
    height = -0.05 + (hairline + 0.05) * share
    below = smoothstep(np.asarray(height - v + 0.012 * fall.noise + 0.022 * fall.texture, np.float32), -0.03, 0.05)
    between = smoothstep(np.asarray(FOREHEAD_HALF_WIDTH - u + 0.02 * fall.texture, np.float32), -0.03, 0.05)
    gone = below * between * smoothstep(v, -0.35, -0.25)
    return _without(studio, fall, gone, _scalp(studio), "There is no fringe over this forehead that could go.")


def _without(studio: Studio, fall: Fall, gone: Plane, limit: Plane, refusal: str) -> Reveal:
    alpha = np.asarray(fall.change * gone * limit, np.float32)
    alpha = np.where(alpha < 1 / 128, 0, alpha).astype(np.float32)
    if float((fall.hair * gone > 0.5).sum()) < MIN_AREA_PX * studio.unit_px**2:
        raise NothingToEdit(refusal)
    lowest_first = studio.v + 0.04 * fall.noise + 0.06 * fall.texture
    return Reveal(fall.plate, alpha, 0.9 * ordered(blur(lowest_first, 2), alpha))


def _receding_to(studio: Studio, stage: float) -> Limited:
    fall = _fall(studio)
    if float((fall.hair > 0.5).sum()) < MIN_AREA_PX * studio.unit_px**2:
        raise NoHairLeft("There is no hair left to lose on this head: the years have done it already.")
    whole = np.array([20.0])
    times = [float(times_for_years(fall, whole, level, clean=False)[0]) for level in range(1, 8)]
    times.append(float(times_for_years(fall, whole, 7, clean=True)[0]))
    times[0] = 0.0
    return Limited(Recession(fall, float(np.interp(stage, range(1, 9), times))), _scalp(studio))


def _scalp(studio: Studio) -> Plane:
    return scalp_limit(studio.view, studio.u, studio.v, studio.unit_px)


def _fall(studio: Studio) -> Fall:
    return prepare_fall(studio.plate, studio.view.picture, np.random.default_rng(studio.seed))
