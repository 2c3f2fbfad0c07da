"""CIE Lab, in which lightness and colour come apart."""

from __future__ import annotations

import cv2
import numpy as np

from engine.imaging.ops import Picture


def to_lab(picture: Picture) -> Picture:
    """sRGB (H,W,3) in 0..255 to CIE Lab, L* in 0..100."""
    return np.asarray(cv2.cvtColor(np.clip(picture / 255, 0, 1).astype(np.float32), cv2.COLOR_RGB2LAB), np.float32)


def from_lab(lab: Picture) -> Picture:
    """CIE Lab (H,W,3) to sRGB in 0..255."""
    return np.asarray(cv2.cvtColor(lab.astype(np.float32), cv2.COLOR_LAB2RGB) * 255, np.float32)
