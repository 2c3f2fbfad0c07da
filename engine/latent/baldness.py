"""What a bald head shows, as regions for a descent: a horseshoe with hair at the sides, or no hair at all."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray

from engine.errors import NoHairLeft
from engine.face.alignment import CROP_SIZE_PX
from engine.face.head_axes import HeadAxes, skull_radius
from engine.latent.descent import EDIT_SIZE_PX, Held, Region, Wanted, hair_before, held_in_place
from engine.latent.norwood import stage_of
from engine.parsing import FaceClass
from engine.parsing.classes import HAIR_CLASSES

SKIN = (FaceClass.SKIN, FaceClass.LEFT_BROW, FaceClass.RIGHT_BROW, FaceClass.GLASSES, FaceClass.NOSE)
# More than this share of the crop is hair below the mouth's height (in face widths): hair that hangs.
LONG_HAIR_SHARE, LONG_HAIR_BELOW = 0.03, -0.6
# Above this height over the brows a horseshoe has no hair at all, however high the skull is; and within this half width
# of the midline from the forehead on. In face widths, as all below.
BARE_ABOVE, BARE_HALF_WIDTH, FOREHEAD = 0.24, 0.33, 0.04
# The band beside the skull in which a horseshoe keeps its hair.
SIDE_INNER, SIDE_OUTER, SIDE_LOW, SIDE_HIGH = 0.43, 0.58, -0.12, 0.16
# Hair that hangs keeps to a strip beside face and neck, which widens downwards.
HANG_INNER, HANG_OUTER, HANG_BELOW, HANG_WIDENING = 0.40, 0.58, -0.15, 0.40
# The skull prior's height for the scalp that must be skin, and how far beyond its outline nothing of a head is left.
SKULL_HEIGHT, SKULL_INSIDE, SKULL_BEYOND = 0.68, 0.90, 1.10
# The ends of the way, and the learned directions that lead there: for short hair and for hair that hangs.
ENDS = ("horseshoe", "clean")
KINDS = tuple(f"{end}_{length}" for end in ENDS for length in ("short", "long"))
# Length of the first step to either end: an eighth of that of the learned ones; less from a face's own start, which is
# nearer: before tall curls a step of 1.0 from there led from a loss of 4.2 to 15.3, one of 0.6 to 5.5.
FIRST_STEP, FIRST_STEP_ON = 1.0, 0.6
# Shares of the learned directions to no hair and to a horseshoe with which the way to the horseshoe begins, by eye: its
# top is as bare as a head without hair.
START_SHARES = (0.4, 0.6)
# Height of an unreceded hairline over the brows.
USUAL_HAIRLINE = 0.45
# With less hair than this there is none left to lose: share of the top of the head, and of the crop for all of it.
MIN_CROWN_HAIR, MIN_HAIR_AREA, CROWN_HALF_WIDTH = 0.03, 0.01, 0.42


def hangs_long(probabilities: NDArray[np.float32], axes: HeadAxes) -> bool:
    """Whether hair hangs below the mouth (class probabilities: 19,S,S)."""
    _, v = axes.coordinates(probabilities.shape[1], CROP_SIZE_PX / probabilities.shape[1])
    share = float(((probabilities[FaceClass.HAIR] > 0.5) & (v < LONG_HAIR_BELOW)).mean())
    return share > LONG_HAIR_SHARE


def horseshoe(probabilities: NDArray[np.float32], axes: HeadAxes) -> tuple[Wanted, ...]:
    """Skin on top, hair in a narrow band beside the skull and where it hangs, background where it stood out.

    probabilities: 19,S,S of the photo's crop.
    """
    u, v = axes.coordinates(EDIT_SIZE_PX, CROP_SIZE_PX / EDIT_SIZE_PX)
    aside, down = np.abs(u), np.maximum(-v + HANG_BELOW, 0)
    radius = skull_radius(u, v, SKULL_HEIGHT)
    hair = hair_before(probabilities)
    inner = (aside < BARE_HALF_WIDTH + 0.1 * np.maximum(v, 0)) | (v > BARE_ABOVE)
    scalp = (v > 0.02) & (radius < SKULL_INSIDE) & inner
    # Of what is above, only where hair is or a skull may be: a region of mere background would count for nothing.
    bare = ((v > BARE_ABOVE) & (hair | (radius < 1))) | ((v > FOREHEAD) & (aside < BARE_HALF_WIDTH))
    side = (aside > SIDE_INNER) & (aside < SIDE_OUTER) & (radius < 1.03) & (v > SIDE_LOW) & (v < SIDE_HIGH)
    hanging = hair & (v < HANG_BELOW) & (aside > HANG_INNER) & (aside < HANG_OUTER + HANG_WIDENING * down)
    beyond = hair & (v > 0) & (radius > SKULL_BEYOND)
    beyond |= hair & (v <= 0) & (aside > HANG_OUTER + 0.11 + HANG_WIDENING * down)
    face = (v < -0.02) & (aside < HANG_INNER - 0.04)
    return (
        Wanted(_region(scalp), SKIN),
        Wanted(_region(bare), HAIR_CLASSES, absent=True, weight=2.5),
        Wanted(_region(side), HAIR_CLASSES, weight=1.0, settles=False),
        Wanted(_region(hanging), HAIR_CLASSES, weight=0.7, settles=False),
        Wanted(_region(beyond), (FaceClass.BACKGROUND,), settles=False),
        Wanted(_region(face), HAIR_CLASSES, absent=True, weight=0.5, settles=False),
    )


def clean(probabilities: NDArray[np.float32], axes: HeadAxes) -> tuple[Wanted, ...]:
    """Skin all over the skull, background where hair stood out above it, and hair nowhere."""
    u, v = axes.coordinates(EDIT_SIZE_PX, CROP_SIZE_PX / EDIT_SIZE_PX)
    radius = skull_radius(u, v, SKULL_HEIGHT)
    hair = hair_before(probabilities)
    everywhere = np.ones((EDIT_SIZE_PX, EDIT_SIZE_PX), bool)
    return (
        Wanted(_region((v > 0.02) & (radius < SKULL_INSIDE)), SKIN),
        Wanted(_region(hair | (v > 0)), HAIR_CLASSES, absent=True, weight=3.0),
        Wanted(_region(everywhere), HAIR_CLASSES, absent=True, weight=3.0, settles=False),
        Wanted(_region(hair & (v > 0) & (radius > SKULL_BEYOND)), (FaceClass.BACKGROUND,), settles=False),
    )


def kind_of(end: str, probabilities: NDArray[np.float32], axes: HeadAxes) -> str:
    """Name of the learned direction to an end of the way, for class probabilities (19,S,S) of a crop."""
    return f"{end}_{'long' if hangs_long(probabilities, axes) else 'short'}"


def start_at(
    end: str, directions: Mapping[str, torch.Tensor], probabilities: NDArray[np.float32], axes: HeadAxes
) -> torch.Tensor:
    """Where the descent to an end of the way sets out (1,6,512), for class probabilities (19,S,S) of a crop.

    directions: the learned ones, by name (KINDS).
    """
    direct, clean = (directions[kind_of(to, probabilities, axes)] for to in (end, "clean"))
    if end == "clean":
        return clean
    bare, sides = START_SHARES
    return bare * clean + sides * direct


def wanted_at(end: str, probabilities: NDArray[np.float32], axes: HeadAxes) -> tuple[Wanted, ...]:
    """What the head shows at an end of the way, for class probabilities (19,S,S) of a crop."""
    return (horseshoe if end == "horseshoe" else clean)(probabilities, axes)


def held(probabilities: NDArray[np.float32], landmarks: NDArray[np.float64], axes: HeadAxes) -> Held:
    """What both ends hold: the face below the brows, and the surroundings."""
    _, v = axes.coordinates(EDIT_SIZE_PX, CROP_SIZE_PX / EDIT_SIZE_PX)
    return held_in_place(probabilities, landmarks, _region(v < 0))


def norwood_stage(hair: Region, u: Region, v: Region) -> float:
    """Norwood stage, 1 to 7, that a head shows from the front. hair: S,S, 0..1; u, v: head coordinates there."""
    scalp = (v > USUAL_HAIRLINE) & (skull_radius(u, v) < 0.92)
    share = float((hair[scalp] > 0.5).mean()) if scalp.any() else 0.0
    return stage_of(share)


def check_hair(hair: Region, u: Region, v: Region, *, everywhere: bool) -> None:
    """Raise NoHairLeft where there is none to lose: on top of the head, or `everywhere`."""
    there = hair > 0.5
    if everywhere:
        nothing = float(there.mean()) < MIN_HAIR_AREA
    else:
        nothing = float(there[(v > 0.05) & (np.abs(u) < CROWN_HALF_WIDTH)].mean()) < MIN_CROWN_HAIR
    if nothing:
        raise NoHairLeft("There is no hair left to lose on top of this head: the years have done it already.")


def _region(mask: NDArray[np.bool_]) -> Region:
    return mask.astype(np.float32)
