"""Scores of the face: beard and its parts, glasses, smile, pose."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.attributes.scoring.view import FaceView, eroded
from engine.parsing import FaceClass

SKIN = (FaceClass.SKIN, FaceClass.HAIR)
LIPS = (FaceClass.MOUTH, FaceClass.UPPER_LIP, FaceClass.LOWER_LIP)
EYES = (FaceClass.LEFT_EYE, FaceClass.RIGHT_EYE, FaceClass.GLASSES)
MIN_REGION_PX = 20
MAX_HANGING = 0.2
# How a beard differs from a cheek: darker, less red, rougher; weights bring the three to one scale in CIELAB units.
DARKER, PALER, ROUGHER = 0.5, 1.0, 1.5


def face_scores(view: FaceView) -> dict[str, float]:
    """All of them; NaN where a region is not to be seen."""
    return beard_scores(view) | {
        "glasses": glasses(view),
        "smile": smile(view),
        "yaw": yaw(view),
    }


def beard_scores(view: FaceView) -> dict[str, float]:
    """How far chin and jaw, upper lip, and the strips before the ears differ from the cheeks, as hair does."""
    points = view.landmarks
    rough = _roughness(view)
    free = view.share(*SKIN) > 0.5
    lips = cv2.dilate((view.share(*LIPS) > 0.3).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    outline = view.polygon(np.concatenate([points[:17], points[26:16:-1]]))
    nose, mouth, chin = view.height_of(33), view.height_of(57), view.height_of(8)
    eyes = (view.height_of(36) + view.height_of(45)) / 2
    halfway = (eyes + nose) / 2

    cheeks = outline & free & (view.v < eyes - 0.1) & (view.v > nose - 0.02)
    cheeks &= (np.abs(view.u) > 0.16) & (np.abs(view.u) < 0.33)
    jaw = eroded(outline & free & ~lips, 1) & (view.v < mouth - 0.02) & (view.v > chin + 0.02)
    lip = view.polygon(np.concatenate([points[31:36], points[54:47:-1]])) & free & ~lips
    lip &= view.v < nose - 0.015
    strips = eroded(outline & free, 1) & (view.v < halfway) & (view.v > mouth) & (np.abs(view.u) > 0.37)
    sides = [_like_hair(view, rough, strips & side, cheeks & side) for side in (view.u < 0, view.u > 0)]
    # Hair that hangs past the cheek hides the strip; it is known by hair outside of the face beside the mouth.
    beside = ~outline & (view.v < mouth + 0.05) & (view.v > chin) & (np.abs(view.u) < 0.6)
    hidden = float(view.share(FaceClass.HAIR)[beside].mean()) > MAX_HANGING if beside.any() else True
    return {
        "beard": _like_hair(view, rough, jaw, cheeks),
        "mustache": _like_hair(view, rough, lip, cheeks),
        # Shade darkens one side alone, hair both.
        "sideburns": float("nan") if hidden else min(sides),
    }


def _roughness(view: FaceView) -> NDArray[np.float32]:
    """Local standard deviation of fine detail in L."""
    light = view.lab[..., 0]
    detail = light - cv2.GaussianBlur(light, (0, 0), 2.0)
    return np.asarray(np.sqrt(cv2.GaussianBlur(detail**2, (0, 0), 2.0)), np.float32)


def _like_hair(
    view: FaceView, rough: NDArray[np.float32], region: NDArray[np.bool_], cheeks: NDArray[np.bool_]
) -> float:
    if region.sum() < MIN_REGION_PX or cheeks.sum() < MIN_REGION_PX:
        return float("nan")
    darker, paler, _ = np.median(view.lab[cheeks], 0) - np.median(view.lab[region], 0)
    rougher = float(np.median(rough[region]) - np.median(rough[cheeks]))
    return float(DARKER * darker + PALER * paler + ROUGHER * rougher)


def glasses(view: FaceView) -> float:
    """Share of the parser's glasses around the eyes, and the edge that a bridge draws across the nose's root."""
    points = view.landmarks
    low, high = view.height_of(29), view.height_of(27) + 0.12
    region = (view.v > low) & (view.v < high) & (np.abs(view.u) < 0.45)
    seen = float(view.share(FaceClass.GLASSES)[region].mean()) if region.any() else float("nan")
    light = cv2.GaussianBlur(view.lab[..., 0], (0, 0), 1.0)
    edges = np.abs(cv2.Sobel(light, cv2.CV_32F, 0, 1, scale=1 / 4))
    span = float(np.linalg.norm(points[42] - points[39]))
    bridge = (np.abs(view.u) * view.axes.width_px < 0.18 * span) & (view.v < view.height_of(27) + 0.03)
    bridge &= view.v > view.height_of(28) - 0.02
    if not bridge.any():
        return seen
    columns = np.where(bridge, edges, 0).max(0)
    strongest = float(columns[bridge.any(0)].mean())
    return seen + 0.03 * min(strongest, 10.0)


def smile(view: FaceView) -> float:
    """Width of the mouth, how far its corners are lifted, and how far it is open, in distances between the eyes."""
    points = view.landmarks
    eyes = float(np.linalg.norm(points[36:42].mean(0) - points[42:48].mean(0)))
    wide = float(np.linalg.norm(points[54] - points[48]))
    corners = (points[48] + points[54]) / 2
    lifted = float((corners - (points[51] + points[57]) / 2) @ view.axes.up)
    teeth = float(view.share(FaceClass.MOUTH).sum()) / eyes
    return (wide + 1.5 * lifted + 0.5 * teeth) / eyes


def yaw(view: FaceView) -> float:
    """How far the nose's tip lies off the middle between the jaw's ends, in face widths."""
    return view.side_of(30)
