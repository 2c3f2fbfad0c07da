"""Hair where there was none, as regions for a descent: a fringe, a head of hair, hair that hangs.

The counterpart of the bald ends. What is wanted is a region of the crop, so that the same strength gives the same
fringe on everyone.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.face.alignment import CROP_SIZE_PX
from engine.face.head_axes import HeadAxes, skull_radius
from engine.latent.descent import EDIT_SIZE_PX, Aim, Held, Wanted, hair_before, held_in_place
from engine.parsing import FaceClass

# How much new hair, bare skin below it, and the person's own hair are wanted, against the face's hold.
GROW_WEIGHT, CLEAR_WEIGHT, OWN_WEIGHT = 2.0, 1.0, 0.5
# Around the wanted region nothing is held, so that the new hair may meet the old; in pixels of the 256 px crop.
FREE_PX = 4


@dataclass(frozen=True)
class HairShape:
    """256,256 planes, 0..1, of the crop: where hair has to be, and where none may grow."""

    grow: NDArray[np.float32]
    clear: NDArray[np.float32]


def aim_of(shape: HairShape, probabilities: NDArray[np.float32], landmarks: NDArray[np.float64]) -> Aim:
    """What a descent is asked for. probabilities: 19,S,S of the photo's crop; landmarks: 68,2 in crop pixels."""
    hair = hair_before(probabilities, 0.5)
    free = cv2.dilate(shape.grow, np.ones((2 * FREE_PX + 1, 2 * FREE_PX + 1), np.uint8)) > 0
    own = (hair & ~free).astype(np.float32)
    everywhere = np.ones((EDIT_SIZE_PX, EDIT_SIZE_PX), np.float32)
    held = held_in_place(probabilities, landmarks, everywhere)
    wanted = (
        Wanted(shape.grow, (FaceClass.HAIR,), weight=GROW_WEIGHT),
        Wanted(
            np.asarray(shape.clear * ~hair, np.float32),
            (FaceClass.HAIR, FaceClass.HAT),
            absent=True,
            weight=CLEAR_WEIGHT,
            settles=False,
        ),
        Wanted(own, (FaceClass.HAIR,), weight=OWN_WEIGHT, settles=False),
    )
    surroundings = np.maximum(held.surroundings, own) * ~free
    return Aim(wanted, Held(np.asarray(held.face * ~free, np.float32), np.asarray(surroundings, np.float32)))


def edit_planes(axes: HeadAxes) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Head coordinates u and v at the size in which shapes are described."""
    return axes.coordinates(EDIT_SIZE_PX, CROP_SIZE_PX / EDIT_SIZE_PX)


def fringe(axes: HeadAxes, depth: float) -> HairShape:
    """Hair over the forehead, down to a height. depth: 0 the usual hairline, 1 the brows."""
    u, v = edit_planes(axes)
    bottom = 0.42 - 0.36 * depth + 0.25 * np.maximum(np.abs(u) - 0.30, 0)
    grow = (v > bottom) & (v < 0.50) & (np.abs(u) < 0.42) & (skull_radius(u, v) < 0.95)
    return HairShape(grow.astype(np.float32), ((v < bottom - 0.08) & (np.abs(u) < 0.40)).astype(np.float32))


def crown(axes: HeadAxes, hairline: float, rise: float) -> HairShape:
    """Hair on top of the head, from a hairline (face widths above the brows) to a little above the skull (`rise`)."""
    u, v = edit_planes(axes)
    edge = hairline - 0.9 * np.maximum(np.abs(u) - 0.28, 0)
    radius = skull_radius(u, v)
    grow = (v > edge) & (radius < 1 + rise) & (v > 0.05)
    sides = (np.abs(u) > 0.46) & (np.abs(u) < 0.56 + 0.5 * rise) & (v > -0.12) & (v <= edge)
    clear = (v < edge - 0.07) & (np.abs(u) < 0.38)
    return HairShape((grow | sides).astype(np.float32), clear.astype(np.float32))


def curtain(axes: HeadAxes, length: float) -> HairShape:
    """Hair hanging beside face and neck. length: face widths below the brows at which it ends."""
    u, v = edit_planes(axes)
    inner = 0.50 - 0.10 * np.clip((-v - 0.55) / 0.3, 0, 1)
    outer = 0.70 + 0.10 * np.clip(-v, 0, 1)
    grow = (np.abs(u) > inner) & (np.abs(u) < outer) & (v < 0.15) & (v > -length)
    clear = (np.abs(u) < 0.36) & (v < 0.25) & (v > -0.8)
    return HairShape(grow.astype(np.float32), clear.astype(np.float32))
