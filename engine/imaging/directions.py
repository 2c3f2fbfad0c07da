"""Which way strands run in a picture."""

from __future__ import annotations

import cv2
import numpy as np

from engine.imaging.ops import Plane, blur


def strand_angles(grey: Plane, where: Plane | None, usual: tuple[Plane, Plane], least: float, sigma_px: float) -> Plane:
    """Directions of strands (H,W, radians), of either sign: across their gradients, averaged over a Gaussian's sigma.

    grey: H,W, already as smooth as its gradients are told; where: H,W, 0..1, the only gradients that count, all by
    default; usual: x and y (H,W each), which way strands run where gradients are weaker than `least` a pixel.
    """
    across_x, across_y = (cv2.Sobel(grey, cv2.CV_32F, *order) / np.float32(8) for order in ((1, 0), (0, 1)))
    if where is not None:
        across_x, across_y = across_x * where, across_y * where
    # Directions have no sign: their doubled angles can be averaged.
    even = blur(across_y * across_y - across_x * across_x, sigma_px)
    odd = blur(-2 * across_x * across_y, sigma_px)
    usual_x, usual_y = usual
    weight = np.float32(least**2) / (usual_x * usual_x + usual_y * usual_y)
    even += weight * (usual_x * usual_x - usual_y * usual_y)
    odd += weight * 2 * usual_x * usual_y
    return np.asarray(np.arctan2(odd, even) / 2, np.float32)
