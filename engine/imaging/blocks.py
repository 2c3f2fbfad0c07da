"""How plainly a picture shows the blocks of eight pixels that JPEG files are made of, and other squares."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BLOCK_PX = 8
# A picture is in squares where so few of its steps from row to row, and from column to column, hold so much of all its
# change. 35 photos have 0.49 at most as they are, 0.61 at JPEG 20; at JPEG 8, in whose blocks they are, the worst has
# 0.79. Enlarged from 32 and 48 px without smoothing they have 1, also reduced and compressed after that 0.71.
SQUARES_STEPS, SQUARES_CHANGE = 0.3, 0.7


def blockiness(picture: NDArray[np.uint8]) -> float:
    """The steps from block to block over those within, 1 where there are none, in a picture (H,W,3) at its own size.

    Measured across and down; the lesser counts, since a pattern of lines has steps in one direction. Blocks of a
    picture that was resized later are not found.
    """
    level = picture.astype(np.float32).mean(-1)
    return min(_steps(level), _steps(level.T))


def in_squares(picture: NDArray[np.uint8]) -> bool:
    """Whether a picture (H,W,3) changes at the edges of large squares alone: it was enlarged without smoothing, or
    compressed until each block has one colour."""
    if min(picture.shape[:2]) < BLOCK_PX:
        return False
    level = picture.astype(np.float32).mean(-1)
    return min(_at_few_steps(level), _at_few_steps(level.T)) >= SQUARES_CHANGE


def _at_few_steps(level: NDArray[np.float32]) -> float:
    """How much (0..1) of the change from column to column lies at the few steps that have most of it."""
    steps = np.sort(np.abs(np.diff(level, axis=1)).mean(0))
    return float(steps[len(steps) - round(SQUARES_STEPS * len(steps)) :].sum() / max(float(steps.sum()), 1e-3))


def _steps(level: NDArray[np.float32]) -> float:
    steps = np.abs(np.diff(level, axis=1)).mean(0)
    whole = len(steps) // BLOCK_PX * BLOCK_PX
    if whole == 0:
        return 1.0
    by_place = steps[:whole].reshape(-1, BLOCK_PX).mean(0)
    return float((by_place.max() + 1e-3) / (np.median(by_place) + 1e-3))
