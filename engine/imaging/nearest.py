"""Which pixel of an area is nearest."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.imaging.ops import Mask


def nearest_labels(area: Mask) -> NDArray[np.intp]:
    """A number for each pixel (H,W) of an area (H,W, not empty), and for each pixel outside that of the one nearest to
    it."""
    _, labels = cv2.distanceTransformWithLabels((~area).view(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    return labels.astype(np.intp)
