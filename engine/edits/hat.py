"""Whether a hat hides the hair that an edit is about."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.errors import HatInTheWay
from engine.imaging.ops import Plane
from engine.parsing import FaceClass


@dataclass(frozen=True)
class HatSettings:
    """When a hat is in the way, set by eye; lengths in face widths."""

    # Above this share of the head, where the head is what lies above this height over the brows and so far beside the
    # midline: a scarf's edge or a wrong pixel of the parser's stays below it.
    max_share: float = 0.03
    head_above: float = 0.05
    head_half_width: float = 0.7


def check_hat(probabilities: NDArray[np.float32], u: Plane, v: Plane, settings: HatSettings = HatSettings()) -> None:
    """Raise HatInTheWay where class probabilities (19,S,S) show one; u, v (S,S): head coordinates."""
    head = (v > settings.head_above) & (np.abs(u) < settings.head_half_width)
    if float((probabilities[FaceClass.HAT] > 0.5)[head].mean()) > settings.max_share:
        raise HatInTheWay("A hat or cloth covers the hair in this photo. Use one without it.")
