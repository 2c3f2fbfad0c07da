"""A face of 68 points whose measures are known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def face_at(centre_x: float, brow_y: float, width: float, roll_degrees: float = 0.0) -> NDArray[np.float64]:
    """68 landmarks of a schematic face: jaw ends, brows and eyes where the axes look for them."""
    points = np.tile([0.0, 0.5 * width], (68, 1))
    points[0], points[16] = (-width / 2, 0.3 * width), (width / 2, 0.3 * width)
    points[17:27, 0], points[17:27, 1] = np.linspace(-0.35, 0.35, 10) * width, 0.0
    points[36:42], points[42:48] = (-0.2 * width, 0.12 * width), (0.2 * width, 0.12 * width)
    angle = np.deg2rad(roll_degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.asarray(points @ turn.T + (centre_x, brow_y))
