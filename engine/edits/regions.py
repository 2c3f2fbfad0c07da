"""Where on the photo each attribute may change pixels: a hard limit on every layer."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.compositing.view import View
from engine.face.head_axes import skull_radius
from engine.face.polygon import face_area, filled
from engine.imaging.ops import Mask, Plane, dilate, distance_to, smoothstep
from engine.parsing import FaceClass

Region = Literal["hair", "scalp", "lower_face"]

# Hair's rim and the shadow that it casts on skin, at a face width of 500 px.
RIM_PX = 64.0
LIMIT_FADE_PX = 6.0
SHARP_FADE_PX = 1.5
# A beard hangs below the chin and stands a little beyond the jaw, in face widths.
BEARD_MARGIN = 0.07
BEARD_BELOW_CHIN = 0.22
BEARD_TOP = -0.16
EYES_AND_NOSE = (
    FaceClass.LEFT_EYE,
    FaceClass.RIGHT_EYE,
    FaceClass.GLASSES,
    FaceClass.NOSE,
)
LIPS = (FaceClass.MOUTH, FaceClass.UPPER_LIP, FaceClass.LOWER_LIP)
BROWS = (FaceClass.LEFT_BROW, FaceClass.RIGHT_BROW)


def hair_region(view: View, after: View, unit_px: float) -> Mask:
    """Where hair is before or after an edit, with its rim; never eyes, nose and mouth."""
    hair = view.is_any(FaceClass.HAIR, FaceClass.HAT) | after.is_any(FaceClass.HAIR)
    bare = view.is_any(*EYES_AND_NOSE, *LIPS) & ~view.is_any(FaceClass.HAIR)
    return dilate(hair, RIM_PX * unit_px) & ~bare


def scalp_region(view: View, after: View, u: Plane, v: Plane, unit_px: float) -> Mask:
    """The same, and the skull above the brows."""
    skull = (v > 0.0) & (skull_radius(u, v) < 1.12)
    bare = view.is_any(*EYES_AND_NOSE, *LIPS) & ~view.is_any(FaceClass.HAIR)
    return hair_region(view, after, unit_px) | (skull & ~bare)


def lower_face_region(view: View, landmarks: NDArray[np.float64], u: Plane, v: Plane, face_px: float) -> Mask:
    """The face below the eyes with the strips before the ears, and a beard's length below the chin; not the mouth.

    landmarks: 68,2 on the canvas; face_px: face width.
    """
    down = landmarks[8] - landmarks[27]
    down /= np.linalg.norm(down)
    lowered = landmarks.copy()
    lowered[:17] += down * BEARD_BELOW_CHIN * face_px * np.sin(np.linspace(0, np.pi, 17))[:, None]
    near = dilate(face_area(lowered, u.shape), BEARD_MARGIN * face_px)
    bare = view.is_any(*EYES_AND_NOSE, *LIPS) | filled(landmarks[48:60], u.shape)
    return near & (v < BEARD_TOP) & ~bare


def faded(region: Mask, unit_px: float, fade_px: float = LIMIT_FADE_PX) -> Plane:
    """The region as a limit for an alpha: 0 outside, rising to 1 a little inside of it."""
    return smoothstep(distance_to(~region) / (fade_px * unit_px), 0.0, 1.0)


def hair_limit(view: View, after: View, unit_px: float) -> Plane:
    """Where an edit of hair may end up: all of `hair_region`, up to its very edge beside eyes, nose and mouth."""
    return faded(hair_region(view, after, unit_px), unit_px, SHARP_FADE_PX)


def scalp_limit(view: View, u: Plane, v: Plane, unit_px: float) -> Plane:
    """The same of `scalp_region`, for edits that take hair away."""
    return faded(scalp_region(view, view, u, v, unit_px), unit_px, SHARP_FADE_PX)
