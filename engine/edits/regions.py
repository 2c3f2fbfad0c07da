"""Where on the photo each attribute may change pixels: a hard limit on every layer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.compositing.view import View
from engine.face import ibug
from engine.face.head_axes import skull_radius
from engine.face.polygon import face_area, filled
from engine.imaging.ops import Mask, Plane, dilate, distance_to, smoothstep, soft
from engine.parsing import FaceClass
from engine.parsing.classes import FEATURES, LIPS

EYES_AND_NOSE = (
    FaceClass.LEFT_EYE,
    FaceClass.RIGHT_EYE,
    FaceClass.GLASSES,
    FaceClass.NOSE,
)


@dataclass(frozen=True)
class EditRegionSettings:
    """How far an attribute may reach, set by eye; lengths in face widths."""

    # Hair's rim and the shadow that it casts on skin.
    rim: float = 0.128
    # The skull ends at so many of its radii, a little outside of most.
    skull: float = 1.12
    # A beard hangs so far below the chin, stands so far beyond the jaw, and begins so far below the brows.
    beard_below_chin: float = 0.22
    beard_margin: float = 0.07
    beard_top: float = -0.16
    # Over this distance a limit rises to 1; beside eyes, nose and mouth more sharply, or hair would end before them.
    fade: float = 0.012
    sharp_fade: float = 0.003
    # Around eyes, brows, nose and mouth no hair is laid, so far and so softly, between these shares of the blur.
    features_around: float = 0.006
    features_sigma: float = 0.004
    features_edge: tuple[float, float] = (0.05, 0.8)


def hair_region(view: View, after: View, face_px: float, settings: EditRegionSettings = EditRegionSettings()) -> Mask:
    """Where hair is before or after an edit (H,W), with its rim; never eyes, nose and mouth. face_px: pixels per face
    width."""
    hair = view.is_any(FaceClass.HAIR, FaceClass.HAT) | after.is_any(FaceClass.HAIR)
    bare = view.is_any(*EYES_AND_NOSE, *LIPS) & ~view.is_any(FaceClass.HAIR)
    return dilate(hair, settings.rim * face_px) & ~bare


def scalp_region(
    view: View, after: View, u: Plane, v: Plane, face_px: float, settings: EditRegionSettings = EditRegionSettings()
) -> Mask:
    """The same, and the skull above the brows. u, v: H,W, head coordinates in face widths."""
    skull = (v > 0.0) & (skull_radius(u, v) < settings.skull)
    bare = view.is_any(*EYES_AND_NOSE, *LIPS) & ~view.is_any(FaceClass.HAIR)
    return hair_region(view, after, face_px, settings) | (skull & ~bare)


def lower_face_region(
    view: View,
    landmarks: NDArray[np.float64],
    u: Plane,
    v: Plane,
    face_px: float,
    settings: EditRegionSettings = EditRegionSettings(),
) -> Mask:
    """The face below the eyes with the strips before the ears, and a beard's length below the chin; not the mouth.

    landmarks: 68,2 on the canvas; u, v: H,W, head coordinates; face_px: pixels per face width.
    """
    down = landmarks[ibug.CHIN] - landmarks[ibug.NOSE_ROOT]
    down /= np.linalg.norm(down)
    lowered = landmarks.copy()
    lengths_px = settings.beard_below_chin * face_px * np.sin(np.linspace(0, np.pi, ibug.JAW.stop))
    lowered[ibug.JAW] += down * lengths_px[:, None]
    near = dilate(face_area(lowered, u.shape), settings.beard_margin * face_px)
    bare = view.is_any(*EYES_AND_NOSE, *LIPS) | filled(landmarks[ibug.MOUTH], u.shape)
    return near & (v < settings.beard_top) & ~bare


def features_kept(
    view: View, face_px: float, *others: FaceClass, settings: EditRegionSettings = EditRegionSettings()
) -> Plane:
    """How much (H,W, 0..1) of the photo stays on eyes, brows, glasses, nose and mouth, and on other classes."""
    around = dilate(view.is_any(*FEATURES, *others), settings.features_around * face_px)
    return soft(around, settings.features_sigma * face_px, *settings.features_edge)


def faded(region: Mask, face_px: float, fade: float = EditRegionSettings.fade) -> Plane:
    """The region (H,W) as a limit for an alpha: 0 outside, rising to 1 a little inside, over `fade` face widths."""
    return smoothstep(distance_to(~region) / (fade * face_px), 0.0, 1.0)


def hair_limit(view: View, after: View, face_px: float, settings: EditRegionSettings = EditRegionSettings()) -> Plane:
    """Where an edit of hair may end up (H,W, 0..1): all of `hair_region`, up to eyes, nose and mouth."""
    return faded(hair_region(view, after, face_px, settings), face_px, settings.sharp_fade)


def scalp_limit(
    view: View, u: Plane, v: Plane, face_px: float, settings: EditRegionSettings = EditRegionSettings()
) -> Plane:
    """The same (H,W, 0..1) of `scalp_region`, for edits that take hair away."""
    return faded(scalp_region(view, view, u, v, face_px, settings), face_px, settings.sharp_fade)
