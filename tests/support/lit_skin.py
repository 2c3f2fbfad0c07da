"""Skin under a light, and the parts of a face that it lies on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.face.head_axes import head_axes
from tests.support.schematic_face import face_points

SIZE = 256
U, V = head_axes(face_points((128, 150), 160)).coordinates(SIZE)
FACE = (np.abs(U) < 0.5) & (V < 0.25) & (V > -0.6)
SCALP = (np.abs(U) < 0.5) & (V >= 0.25) & (V < 0.6)
FOREHEAD = FACE & (V > 0.0)
SKIN_COLOUR = np.array([200, 150, 125], np.float32)


def lit_skin(gain_u: float = 0.0, level: float = 1.0) -> NDArray[np.float32]:
    """Skin under a light that changes across the face."""
    light = level * np.exp(gain_u * U)
    return np.asarray(SKIN_COLOUR * light[..., None], np.float32)
