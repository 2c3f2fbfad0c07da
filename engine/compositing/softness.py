"""How much softer a photo is than what a generator draws of it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from engine.imaging.ops import Mask, Picture, Plane, blur, luminance


@dataclass(frozen=True)
class SoftnessSettings:
    """How sharpness is compared, set by eye."""

    # Candidates for how much softer the photo is, as a Gaussian's sigma in canvas pixels.
    sigmas_px: tuple[float, ...] = (0.0, 0.6, 0.9, 1.3, 1.8, 2.5, 3.5, 5.0, 7.0)
    # Edges are compared at this percentile of their strength, where eyes, brows and mouth decide and noise does not.
    edge_percentile: float = 97.0
    # The photo counts as softer only where its edges are weaker than this share of the render's.
    softer_share: float = 0.9
    # Fewer canvas pixels of features tell nothing, nor does less contrast (levels of 0..255) among them.
    min_px: int = 200
    least_contrast: float = 1.0


def softness(photo: Picture, render: Picture, features: Mask, settings: SoftnessSettings = SoftnessSettings()) -> float:
    """How much softer the photo is than the render, as a Gaussian's sigma in pixels; 0 where it is as sharp.

    features: H,W, eyes, brows and mouth, whose edges both pictures show.
    """
    if features.sum() < settings.min_px:
        return 0.0
    rows, columns = np.nonzero(features)
    box = (slice(rows.min(), rows.max() + 1), slice(columns.min(), columns.max() + 1))
    real, made, where = luminance(photo[box]), luminance(render[box]), features[box]

    def edges(plane: Plane) -> float:
        slope = np.hypot(cv2.Sobel(plane, cv2.CV_32F, 1, 0), cv2.Sobel(plane, cv2.CV_32F, 0, 1))
        return float(np.percentile(slope[where], settings.edge_percentile)) / max(
            float(plane[where].std()), settings.least_contrast
        )

    goal = edges(real) / settings.softer_share
    for sigma_px in settings.sigmas_px:
        if edges(made if sigma_px == 0 else blur(made, sigma_px)) <= goal:
            return sigma_px
    return settings.sigmas_px[-1]
