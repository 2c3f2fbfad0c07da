"""How soft a photo is: by itself, and beside what a generator draws of it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.compositing.matte import HairMatte
from engine.compositing.view import View
from engine.face.ibug import JAW
from engine.face.polygon import filled
from engine.imaging.ops import Mask, Picture, Plane, blur, bounding_box, luminance
from engine.parsing.classes import FEATURES

# Brows, eyes, glasses and nose: what of a face has edges in any light.
SHARP_FEATURES = FEATURES[:6]


@dataclass(frozen=True)
class SoftnessSettings:
    """How sharpness is compared, set by eye."""

    # Candidates for how much softer the photo is, as a Gaussian's sigma in canvas pixels.
    sigmas_canvas_px: tuple[float, ...] = (0.0, 0.6, 0.9, 1.3, 1.8, 2.5, 3.5, 5.0, 7.0)
    # Edges are compared at this percentile of their strength, where eyes, brows and mouth decide and noise does not.
    edge_percentile: float = 97.0
    # The photo counts as softer only where its edges are weaker than this share of the render's.
    softer_share: float = 0.9
    # Features are clear so far off hair.
    off_hair_canvas_px: float = 4.0
    # Fewer canvas pixels of features tell nothing, nor does less contrast (levels of 0..255) among them.
    min_canvas_area: int = 200
    least_contrast: float = 1.0
    # By itself a photo's softness is told on a copy of half its size, from how much another blur of so many of its
    # pixels weakens the strongest edges (above this percentile); of these the sharpest count (this percentile).
    again_canvas_px: float = 4.0
    strong_percentile: float = 90.0
    sharpest_percentile: float = 25.0
    # Softer than this (canvas pixels) and than so many of the photo's own pixels a photo is blurred, whatever a render
    # of it shows: a generator can learn blurred eyes, but ends the hair as sharply as ever. Of 45 faces clear ones have
    # 1 to 3 canvas pixels, small ones (40 to 90 px) 4 to 6, which is less than 1.2 of their own; four blurred ones have
    # 6 to 12, at least 3 of their own.
    blurred_canvas_px: float = 4.0
    blurred_photo_px: float = 2.0


def clear_features(
    photo: View, matte: HairMatte, landmarks: NDArray[np.float64], settings: SoftnessSettings = SoftnessSettings()
) -> Mask:
    """Where edges of a face (H,W) show how sharp a photo is: brows, eyes, glasses and nose off the hair, or all between
    brows and mouth where a parser sees none of them, as in what is blurred most of all. landmarks: 68,2."""
    features = photo.seen(*SHARP_FEATURES) & ~matte.near_hard(settings.off_hair_canvas_px)
    if features.sum() >= settings.min_canvas_area:
        return features
    outline = cv2.convexHull(landmarks[JAW.stop :].astype(np.float32))[:, 0]
    return filled(outline.astype(np.float64), features.shape) & photo.real


def blurred_px(
    photo: Picture, features: Mask, pixel_px: float, settings: SoftnessSettings = SoftnessSettings()
) -> float:
    """How blurred a photo (H,W,3) is, as a Gaussian's sigma in pixels; 0 where it is as clear as photos are.

    pixel_px: side of one of the photo's own pixels.
    """
    if features.sum() < settings.min_canvas_area:
        return 0.0
    box = bounding_box(features)
    soft_px = _edge_sigma(luminance(photo[box]), features[box], settings)
    return soft_px if soft_px > max(settings.blurred_canvas_px, settings.blurred_photo_px * pixel_px) else 0.0


def softness(photo: Picture, render: Picture, features: Mask, settings: SoftnessSettings = SoftnessSettings()) -> float:
    """How much softer a photo that is not blurred is than a render of it, as a Gaussian's sigma in pixels.

    It is 0 where the photo is as sharp.

    features: H,W, whose edges both pictures show.
    """
    if features.sum() < settings.min_canvas_area:
        return 0.0
    box = bounding_box(features)
    real, made, where = luminance(photo[box]), luminance(render[box]), features[box]

    def edges(plane: Plane) -> float:
        return float(np.percentile(_slope(plane)[where], settings.edge_percentile)) / max(
            float(plane[where].std()), settings.least_contrast
        )

    goal = edges(real) / settings.softer_share
    for sigma_px in settings.sigmas_canvas_px:
        if edges(made if sigma_px == 0 else blur(made, sigma_px)) <= goal:
            return sigma_px
    return settings.sigmas_canvas_px[-1]


def _edge_sigma(plane: Plane, where: Mask, settings: SoftnessSettings) -> float:
    """How soft the sharpest edges in a plane are where `where`, as a Gaussian's sigma in its pixels (Zhuo and Sim 2011,
    "Defocus map estimation from a single image", equation 5)."""
    size = (-(-plane.shape[1] // 2), -(-plane.shape[0] // 2))
    small = np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), np.float32)
    there = cv2.resize(where.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST).astype(bool)
    slope, again = _slope(small), _slope(blur(small, settings.again_canvas_px))
    strong = there & (slope > np.percentile(slope[there], settings.strong_percentile))
    ratio = slope[strong] / np.maximum(again[strong], 1e-3)
    sigma = settings.again_canvas_px / np.sqrt(np.maximum(ratio**2 - 1, 1e-3))
    return 2 * float(np.percentile(sigma, settings.sharpest_percentile)) if strong.any() else 0.0


def _slope(plane: Plane) -> Plane:
    across, down = cv2.Sobel(plane, cv2.CV_32F, 1, 0), cv2.Sobel(plane, cv2.CV_32F, 0, 1)
    return np.asarray(np.hypot(across, down), np.float32)
