"""Percentiles and medians, by sorting: over a picture's pixels that is several times as fast as NumPy's selection."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def percentiles(values: NDArray[np.float32], at: Sequence[float]) -> NDArray[np.float64]:
    """Percentiles (0..100) of values (N, at least one), between two of them linear: as many as are asked for."""
    return of_sorted(np.sort(values), at)


def of_sorted(values: NDArray[np.float32], at: Sequence[float]) -> NDArray[np.float64]:
    """The same of values that rise."""
    places = np.asarray(at, np.float64) / 100 * (len(values) - 1)
    below = np.floor(places).astype(np.intp)
    above = np.minimum(below + 1, len(values) - 1)
    low, high = values[below].astype(np.float64), values[above].astype(np.float64)
    return np.asarray(low + (high - low) * (places - below))


def median_colour(pixels: NDArray[np.float32]) -> NDArray[np.float64]:
    """The median (3) of each channel of pixels (N,3, at least one)."""
    return np.array([percentiles(channel, (50.0,))[0] for channel in np.ascontiguousarray(pixels.T)])
