"""68 landmarks whose measures are known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def _arc(center: tuple[float, float], radii: tuple[float, float], degrees: NDArray[np.float64]) -> NDArray[np.float64]:
    turn = np.radians(degrees)
    return np.stack([center[0] + radii[0] * np.cos(turn), center[1] + radii[1] * np.sin(turn)], 1)


def face_points(center: tuple[float, float], width_px: float, roll_degrees: float = 0.0) -> NDArray[np.float64]:
    """A symmetric upright face (68,2), then rolled clockwise about `center`, which is the midline at brow height.

    In face widths below the brows: jaw ends 0.15 (1 apart), eyes 0.15 (0.4 apart), mouth 0.66, chin 0.85.
    """
    points = np.zeros((68, 2))
    points[:17] = _arc((0, 0.15), (0.5, 0.70), np.linspace(180, 0, 17))
    points[17:27, 0] = np.r_[np.linspace(-0.38, -0.1, 5), np.linspace(0.1, 0.38, 5)]
    points[27:31, 1] = np.linspace(0.15, 0.42, 4)
    points[31:36] = np.stack([np.linspace(-0.1, 0.1, 5), np.full(5, 0.47)], 1)
    for first, x in ((36, -0.2), (42, 0.2)):
        points[first : first + 6] = _arc((x, 0.15), (0.07, 0.03), np.linspace(180, 480, 6))
    points[48:60] = _arc((0, 0.66), (0.18, 0.06), np.linspace(180, 510, 12))
    points[60:68] = _arc((0, 0.66), (0.12, 0.02), np.linspace(180, 495, 8))
    angle = np.radians(roll_degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.asarray(points * width_px @ turn.T + center)
