"""Whether a hat hides the hair that an edit is about."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.errors import HatInTheWay
from engine.imaging.ops import Plane
from engine.parsing import FaceClass

# Above this share of the head a hat is in the way, counted above this height over the brows, so far beside the midline
# (face widths).
MAX_HAT_SHARE, HEAD_ABOVE, HEAD_HALF_WIDTH = 0.03, 0.05, 0.7


def check_hat(probabilities: NDArray[np.float32], u: Plane, v: Plane) -> None:
    """Raise HatInTheWay where class probabilities (19,S,S) show one; u, v (S,S): head coordinates."""
    head = (v > HEAD_ABOVE) & (np.abs(u) < HEAD_HALF_WIDTH)
    if float((probabilities[FaceClass.HAT] > 0.5)[head].mean()) > MAX_HAT_SHARE:
        raise HatInTheWay("A hat or cloth covers the hair in this photo. Use one without it.")
