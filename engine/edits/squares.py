"""What is said of a photo that was enlarged into squares, as a small avatar is by a program that does not smooth."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from engine.errors import DrawnFace, HatInTheWay
from engine.face.drawn import DrawnSettings, drawn_evidence
from engine.imaging.blocks import in_squares
from engine.parsing.faces import blurred


@contextmanager
def blurred_if_in_squares(
    window: NDArray[np.uint8],
    crop: NDArray[np.uint8],
    landmarks: NDArray[np.float64],
    settings: DrawnSettings = DrawnSettings(),
) -> Iterator[None]:
    """What is done in here raises FaceBlurred instead of HatInTheWay or DrawnFace, where a face is in squares: their
    edges look like things on the hair, and their colours like a drawing's. What is certainly drawn stays drawn: of four
    photos enlarged from 32 to 56 px none has more than 0.90 of that evidence, a drawing has 1.06 and more.

    window: H,W,3, the photo around the face; crop, landmarks: as in `drawn_evidence`.
    """
    try:
        yield
    except (HatInTheWay, DrawnFace) as error:
        if not in_squares(window) or drawn_evidence(crop, landmarks).score >= settings.certain:
            raise
        raise blurred() from error
