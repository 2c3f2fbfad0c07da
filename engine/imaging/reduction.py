"""Pictures on fewer pixels, for what changes slowly."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


def whole_squares(values: NDArray[np.generic], side_px: int) -> NDArray[np.float32]:
    """A plane (H,W) or a picture (H,W,C) on fewer pixels, each the mean of a square of so many pixels a side. Where its
    sides are no multiples they go on as they end: OpenCV takes two to five times as long for shares of pixels."""
    source = np.asarray(values, np.float32)
    height, width = source.shape[:2]
    below, beside = -height % side_px, -width % side_px
    if below or beside:
        source = np.asarray(cv2.copyMakeBorder(source, 0, below, 0, beside, cv2.BORDER_REPLICATE), np.float32)
    size = ((width + beside) // side_px, (height + below) // side_px)
    return np.asarray(cv2.resize(source, size, interpolation=cv2.INTER_AREA), np.float32)
