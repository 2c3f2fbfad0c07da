"""The lower face without its beard: smooth skin in the tone and light of the skin around it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.compositing.grain import grain_of
from engine.compositing.view import EARS, View
from engine.face.polygon import face_area
from engine.imaging.lab import to_lab
from engine.imaging.membrane import membrane
from engine.imaging.ops import Mask, Picture, Plane, blur, dilate, distance_to, erode, luminance, smoothstep
from engine.parsing import FaceClass
from engine.parsing.classes import FEATURES

# L* by which a beard is darker than the cheeks, and how many times as rough it is for how light it is.
DARKER, ROUGHER = (3.0, 14.0), (1.5, 2.6)
# L* added before roughness is divided by it: noise would make hair out of deep shadow.
BLACK = 10.0
# As far as this, at a face width of 500 px, what is only dark belongs to the rough beside it.
NEAR_PX = 24.0
# The jaw turns away from the light: towards its edge the skin gets darker, and below it more so, most right below it.
JAW_SHADE, NECK_SHADE, CHIN_SHADOW = 0.10, 0.20, 0.20
JAW_SHADE_PX, CHIN_SHADOW_PX = 42.0, 55.0
# A beard that hangs below the chin is taken for it. From the nose's foot to the chin a face has so many lengths of its
# nose; the outline is moved up to there, by this share of a face width at most.
NOSES_TO_CHIN = 1.32
MAX_HIDDEN_CHIN = 0.10
# How far below the outline a beard has to be seen, in face widths.
HANGS_BELOW = 0.05
# Landmarks are corners, a jaw has none.
JAW_ROUND_PX = 14.0
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
    filled = filled * _shape_shading(_bare_jaw(landmarks, beard), v, unit_px)[..., None]
    # A beard follows the face below it: its own light and shade, above the scale of hairs, is the skin's as well.
    level = luminance(photo)
    relief = np.log(blur(level, 14 * unit_px) + 12) - np.log(blur(level, 60 * unit_px) + 12)
    filled = filled * np.exp(np.clip(relief, -0.35, 0.35) * RELIEF * blur(beard, 12 * unit_px))[..., None]
    grain = grain_of(photo, clean, rng).on(np.zeros_like(photo), filled, np.ones(v.shape, np.float32))
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
    # Shade is dark as well but smooth, and freckles are rough, but no more so than on the cheeks.
    rough = np.sqrt(among_skin(fine * fine, 5 * unit_px)) / (mean + BLACK)
    usual = max(float(np.median(rough[cheeks])), 0.4 / (tone + BLACK))
    dark = smoothstep(tone - mean, *DARKER)
    coarse = smoothstep(np.asarray(rough / usual, np.float32), *ROUGHER) * where
    near = smoothstep(among_skin(coarse, NEAR_PX * unit_px), 0.15, 0.5)
    likely = np.maximum(coarse * (0.35 + 0.65 * dark), dark * near) * where
    # Gaps between hairs belong to the beard.
    gap = 2 * round(7 * unit_px) + 1
    closed = cv2.morphologyEx(np.asarray(likely, np.float32), cv2.MORPH_CLOSE, np.ones((gap, gap), np.uint8))
    spread = dilate(np.asarray(closed > 0.3, bool), 7 * unit_px) & where
    soft_edge = blur(np.maximum(closed, spread), 5 * unit_px)
    return smoothstep(np.asarray(soft_edge, np.float32), 0.08, 0.45)


def _bare_jaw(landmarks: NDArray[np.float64], beard: Plane) -> NDArray[np.float64]:
    """The landmarks with the jaw's outline where it would be without a beard that hangs over it."""
    width_px = float(np.linalg.norm(landmarks[16] - landmarks[0]))
    nose = landmarks[27] - landmarks[33]
    nose_px = float(np.linalg.norm(nose))
    up = nose / max(nose_px, 1.0)
    below = np.rint(landmarks[6:11] - up * HANGS_BELOW * width_px).astype(int)
    columns, rows = np.clip(below, 0, np.array(beard.shape)[::-1] - 1).T
    hangs = float(beard[rows, columns].mean())
    longer_px = float((landmarks[33] - landmarks[8]) @ up) - NOSES_TO_CHIN * nose_px
    moved = landmarks.copy()
    lift_px = hangs * min(max(longer_px, 0.0), MAX_HIDDEN_CHIN * width_px)
    moved[:17] += up * lift_px * np.sin(np.linspace(0, np.pi, 17))[:, None] ** 1.5
    return moved


def _shape_shading(landmarks: NDArray[np.float64], v: Plane, unit_px: float) -> Plane:
    """Brightness of a shaved lower face, 1 on the cheeks: darker towards the jaw's edge and below it."""
    face = blur(face_area(landmarks, v.shape), JAW_ROUND_PX * unit_px) > 0.5
    turning = 1 - smoothstep(distance_to(~face) / (JAW_SHADE_PX * unit_px), 0.0, 1.0)
    below = blur(~face, 4 * unit_px)
    shadow = NECK_SHADE + CHIN_SHADOW * np.exp(-distance_to(face) / (CHIN_SHADOW_PX * unit_px))
    return np.asarray(1 - JAW_SHADE * turning * (1 - below) - shadow * below, np.float32)
