"""The lower face without its beard: smooth skin in the tone and light of the skin around it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.compositing.arrays import Mask, Picture, Plane, blur, dilate, erode, luminance, membrane, smoothstep
from engine.compositing.scalp import grain_like
from engine.compositing.view import EARS, FEATURES, View
from engine.parsing import FaceClass
from engine.retouch.colour import to_lab

# L* by which a beard is darker than the cheeks, and local contrast by which it is rougher.
DARKER, ROUGHER = (5.0, 16.0), (1.6, 3.2)
# The jaw turns away from the light: towards its edge the skin gets darker, and below it more so.
JAW_SHADE, NECK_SHADE = 0.10, 0.22
JAW_SHADE_PX = 42.0
# Share of a beard's light and shade that the shaved skin below it gets.
RELIEF = 0.22


def without_beard(
    view: View,
    landmarks: NDArray[np.float64],
    lower_face: Mask,
    v: Plane,
    unit_px: float,
    rng: np.random.Generator,
) -> tuple[Picture, Plane]:
    """Picture (H,W,3) of the shaved face, and how much of a beard is at each pixel (H,W, 0..1).

    landmarks: 68,2 on the canvas; lower_face: where a beard may be.
    """
    photo = view.picture
    lab = to_lab(photo)
    features = dilate(view.is_any(*FEATURES), 5 * unit_px)
    skin = view.seen(FaceClass.SKIN) & ~features
    cheeks = erode(skin & (v < -0.12) & (v > -0.40), 4)
    if cheeks.sum() < 1500:
        cheeks = erode(skin & (v < 0.2) & (v > -0.45), 2)
    if cheeks.sum() < 300:
        return photo, np.zeros(v.shape, np.float32)
    tone = np.median(lab[cheeks], 0)
    hidden = dilate(view.is_any(FaceClass.HAIR, *EARS), 5 * unit_px) | dilate(view.is_any(*FEATURES), 2 * unit_px)
    bearded = lower_face & view.is_any(FaceClass.SKIN, FaceClass.NECK) & ~hidden
    beard = _beard(lab, cheeks, float(tone[0]), bearded, unit_px)
    clean = erode(skin, 4) & (beard < 0.12) & (v > -0.75) & ~dilate(beard > 0.4, 12 * unit_px)
    known = clean & (np.abs(lab[..., 0] - tone[0]) < 22)
    smooth = blur(photo * known[..., None], 7 * unit_px) / np.maximum(blur(known, 7 * unit_px), 1e-3)[..., None]
    filled = membrane(np.asarray(smooth, np.float32), known, np.ones_like(known), (16, 32, 64, 128))
    filled = filled * _shape_shading(landmarks, v, unit_px)[..., None]
    # A beard follows the face below it: its own light and shade, above the scale of hairs, is the skin's as well.
    level = luminance(photo)
    relief = np.log(blur(level, 14 * unit_px) + 12) - np.log(blur(level, 60 * unit_px) + 12)
    filled = filled * np.exp(np.clip(relief, -0.35, 0.35) * RELIEF * blur(beard, 12 * unit_px))[..., None]
    grain = grain_like(photo, np.zeros_like(photo), clean, filled, np.ones(v.shape, np.float32), rng)
    return np.asarray(np.clip(filled + grain, 0, 255), np.float32), beard


def _beard(lab: Picture, cheeks: Mask, tone: float, where: Mask, unit_px: float) -> Plane:
    light = lab[..., 0]
    skin = where | cheeks

    def among_skin(values: Plane, sigma_px: float) -> Plane:
        # Without what lies beside the face: its outline is no beard.
        weight = np.maximum(blur(skin, sigma_px), np.float32(1e-2))
        return np.asarray(blur(values * skin, sigma_px) / weight, np.float32)

    mean = among_skin(light, 3 * unit_px)
    fine = (light - mean) * skin
    rough = np.sqrt(among_skin(fine * fine, 5 * unit_px))
    usual = max(float(np.median(rough[cheeks])), 0.4)
    dark = smoothstep(tone - mean, *DARKER)
    coarse = smoothstep(np.asarray(rough / usual, np.float32), *ROUGHER)
    likely = np.clip(0.75 * dark + 0.75 * coarse, 0, 1) * where
    # Gaps between hairs belong to the beard.
    gap = 2 * round(7 * unit_px) + 1
    closed = cv2.morphologyEx(np.asarray(likely, np.float32), cv2.MORPH_CLOSE, np.ones((gap, gap), np.uint8))
    spread = dilate(np.asarray(closed > 0.3, bool), 7 * unit_px) & where
    soft_edge = blur(np.maximum(closed, spread), 5 * unit_px)
    return smoothstep(np.asarray(soft_edge, np.float32), 0.08, 0.45)


def _shape_shading(landmarks: NDArray[np.float64], v: Plane, unit_px: float) -> Plane:
    """Brightness of a shaved lower face, 1 on the cheeks: darker towards the jaw's edge and below it."""
    outline = np.concatenate([landmarks[:17], landmarks[26:16:-1]])
    face = np.zeros(v.shape, np.uint8)
    cv2.fillPoly(face, [np.rint(outline).astype(np.int32)], (1,))
    inside = np.asarray(cv2.distanceTransform(face, cv2.DIST_L2, 5), np.float32)
    turning = 1 - smoothstep(inside / (JAW_SHADE_PX * unit_px), 0.0, 1.0)
    below = blur((face == 0).astype(np.float32), 5 * unit_px)
    return np.asarray(1 - JAW_SHADE * turning * (1 - below) - NECK_SHADE * below, np.float32)
