"""How much a face is still the same person's: dlib's descriptor (128 numbers; below 0.6 apart is the same person).

The landmarks are always those of the untouched photo, so that the figure does not depend on whether the detector
finds a bald head, nor on where it then sees the brows.
"""

from __future__ import annotations

from typing import Any

import dlib
import numpy as np
from numpy.typing import NDArray

from engine.weights import dlib_model_path

DESCRIPTOR = "dlib_face_recognition_resnet_model_v1.dat"


def load_descriptor() -> Any:
    """dlib's face recognition network (King 2017). Raises WeightsUnreachable if its package is not installed."""
    return dlib.face_recognition_model_v1(str(dlib_model_path(DESCRIPTOR)))


def describe(network: Any, crop: NDArray[np.uint8], landmarks: NDArray[np.float64]) -> NDArray[np.float64]:
    """Descriptor (128,) of the face with these landmarks (68, 2) in a crop (H, W, 3)."""
    points = [dlib.point(round(float(x)), round(float(y))) for x, y in landmarks]
    low, high = landmarks.min(axis=0), landmarks.max(axis=0)
    box = dlib.rectangle(*(round(float(value)) for value in (*low, *high)))
    shape = dlib.full_object_detection(box, points)
    return np.asarray(network.compute_face_descriptor(np.ascontiguousarray(crop), shape), dtype=np.float64)


def distance(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Euclidean distance of two descriptors."""
    return float(np.linalg.norm(first - second))
