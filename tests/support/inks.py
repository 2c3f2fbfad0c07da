"""What a pencil and a newspaper's press make of a photo."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]


def pencilled(photo: Pixels, stroke_px: float = 9.0) -> Pixels:
    """A photo (H,W,3) as lines on white paper: only what is darker than its surroundings is drawn."""
    level = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY).astype(np.float32)
    around = cv2.GaussianBlur(level, (0, 0), stroke_px)
    drawn = 255 * np.clip((level + 1) / (around + 1), 0, 1) ** 2.2
    return np.repeat(drawn.astype(np.uint8)[..., None], 3, 2)


def printed(photo: Pixels, dot_px: float = 6.0) -> Pixels:
    """A photo (H,W,3) as black dots on grey paper, in rows that lean by 45 degrees."""
    level = cv2.GaussianBlur(cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY).astype(np.float32), (0, 0), dot_px / 3)
    y, x = np.mgrid[: photo.shape[0], : photo.shape[1]] * (2 * np.pi / dot_px / np.sqrt(2))
    screen = (np.cos(x + y) + np.cos(x - y)) / 4 + 0.5
    dots = cv2.GaussianBlur(np.where(level / 255 > screen, 245.0, 20.0), (0, 0), 0.8)
    return np.repeat(dots.astype(np.uint8)[..., None], 3, 2)
