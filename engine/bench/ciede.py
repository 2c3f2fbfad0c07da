"""CIEDE2000, the colour difference of CIE 142-2001: about 1 is just to be seen, 5 is seen at a glance.

After Sharma, Wu and Dalal 2005, "The CIEDE2000 Color-Difference Formula", in their notation.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

CHROMA_KNEE = 25.0**7  # where greys end and colours begin


def ciede2000(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Difference of two CIELAB colours (3,), L* 0..100, all three weights 1."""
    L1, a1, b1 = (float(value) for value in first)
    L2, a2, b2 = (float(value) for value in second)
    mean_chroma = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    stretch = 1 + 0.5 * (1 - _saturation(mean_chroma))
    C1, C2 = float(np.hypot(a1 * stretch, b1)), float(np.hypot(a2 * stretch, b2))
    h1, h2 = _hue(a1 * stretch, b1), _hue(a2 * stretch, b2)
    grey = C1 * C2 == 0

    turn = 0.0 if grey else (h2 - h1 + 180) % 360 - 180
    dL, dC, dH = L2 - L1, C2 - C1, 2 * np.sqrt(C1 * C2) * np.sin(np.radians(turn / 2))
    # Two opposite hues have two means; the published values take the one that is not beyond a full turn.
    hue = h1 + h2 if grey else (h1 + h2) / 2
    if not grey and abs(h1 - h2) > 180:
        hue += 180 if h1 + h2 < 360 else -180
    lightness, chroma = (L1 + L2) / 2, (C1 + C2) / 2

    T = (
        1
        - 0.17 * np.cos(np.radians(hue - 30))
        + 0.24 * np.cos(np.radians(2 * hue))
        + 0.32 * np.cos(np.radians(3 * hue + 6))
        - 0.20 * np.cos(np.radians(4 * hue - 63))
    )
    SL = 1 + 0.015 * (lightness - 50) ** 2 / np.sqrt(20 + (lightness - 50) ** 2)
    SC, SH = 1 + 0.045 * chroma, 1 + 0.015 * chroma * T
    blue = 30 * np.exp(-(((hue - 275) / 25) ** 2))
    RT = -np.sin(np.radians(2 * blue)) * 2 * _saturation(chroma)
    square = (dL / SL) ** 2 + (dC / SC) ** 2 + (dH / SH) ** 2 + RT * (dC / SC) * (dH / SH)
    return float(np.sqrt(max(square, 0.0)))


def _saturation(chroma: float) -> float:
    return float(np.sqrt(chroma**7 / (chroma**7 + CHROMA_KNEE)))


def _hue(a: float, b: float) -> float:
    """Degrees, 0 to 360."""
    return float(np.degrees(np.arctan2(b, a)) % 360)
