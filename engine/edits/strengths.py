"""From an edit's strength to what it asks for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def at_strength(values: Sequence[float], strength: float) -> float:
    """The value of a strength, on straight lines between those of 0, 1, 2, 3 and so on; beyond, the outermost holds."""
    return float(np.interp(strength, range(len(values)), values))
