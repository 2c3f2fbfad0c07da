"""Areas of a picture that landmarks surround."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.face import ibug


def filled(points: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Pixels of a picture (H,W) inside a polygon (N,2: x, y)."""
    plane = np.zeros(shape, np.uint8)
    cv2.fillPoly(plane, [np.rint(points).astype(np.int32)], (1,))
    return plane > 0


def face_area(landmarks: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Pixels of a picture (H,W) between jaw and brows of 68 landmarks (68,2)."""
    return filled(face_outline(landmarks), shape)


def face_outline(landmarks: NDArray[np.float64]) -> NDArray[np.float64]:
    """The line (27,2) along jaw and brows of 68 landmarks (68,2)."""
    return np.concatenate([landmarks[ibug.JAW], landmarks[ibug.BROWS][::-1]])
