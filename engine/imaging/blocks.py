"""How plainly a picture shows the blocks of eight pixels that JPEG files are made of."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BLOCK_PX = 8


def blockiness(picture: NDArray[np.uint8]) -> float:
    """The steps from block to block over those within, 1 where there are none, in a picture (H,W,3) at its own size.

    Measured across and down; the lesser counts, since a pattern of lines has steps in one direction. Blocks of a
    picture that was resized later are not found.
    """
    level = picture.astype(np.float32).mean(-1)
    return min(_steps(level), _steps(level.T))


def _steps(level: NDArray[np.float32]) -> float:
    steps = np.abs(np.diff(level, axis=1)).mean(0)
    whole = len(steps) // BLOCK_PX * BLOCK_PX
    if whole == 0:
        return 1.0
    by_place = steps[:whole].reshape(-1, BLOCK_PX).mean(0)
    return float((by_place.max() + 1e-3) / (np.median(by_place) + 1e-3))
