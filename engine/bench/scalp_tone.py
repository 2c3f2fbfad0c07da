"""Whether the scalp has the colour of the face that it continues."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.bench.ciede import ciede2000
from engine.bench.hairline import hairline
from engine.face import ibug
from engine.face.head_axes import head_axes
from engine.imaging.lab import to_lab
from engine.parsing import FaceClass

# All lengths in face widths.
FACE_HALF_WIDTH = 0.40
MIDDLE_HALF_WIDTH = 0.15
# Above the brows; where foreheads end and scalps begin, on those who have no hair that would tell.
USUAL_HAIRLINE = 0.30
ABOVE_HAIRLINE = 0.02  # what lies below is a mixture of both
BRIGHT_PERCENTILE = 75
MIN_REGION_PX = 60  # at 512 px
RIM_PX = 2  # of a parsed region: mixed colours


def scalp_tone(
    photo: NDArray[np.uint8],
    photo_classes: NDArray[np.uint8],
    frame: NDArray[np.uint8],
    frame_classes: NDArray[np.uint8],
    landmarks: NDArray[np.float64],
    inside: NDArray[np.bool_],
) -> float:
    """CIEDE2000 between the median colours of the frame's scalp, in its middle, and of the photo's bright facial skin.

    Crops (S, S, 3), their classes (S, S), what of them is photo (S, S), landmarks (68, 2) in their pixels. nan where
    either region is not to be seen. A real bald head is measured with itself as the frame.
    """
    face = skin_above_nose(photo_classes, landmarks) & inside
    scalp = middle_of_scalp(photo_classes, frame_classes, landmarks) & inside
    if min(int(face.sum()), int(scalp.sum())) < MIN_REGION_PX:
        return float("nan")
    skin = to_lab(photo.astype(np.float32)).astype(np.float64)[face]
    bright = skin[skin[:, 0] >= np.percentile(skin[:, 0], BRIGHT_PERCENTILE)]
    bald = to_lab(frame.astype(np.float32)).astype(np.float64)[scalp]
    return ciede2000(np.median(bald, axis=0), np.median(bright, axis=0))


def skin_above_nose(classes: NDArray[np.uint8], landmarks: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Skin (S, S) from the nose's tip up to where scalps begin: no beard, no neck, no nose that shines by itself."""
    axes = head_axes(landmarks)
    u, v = axes.coordinates(classes.shape[0])
    tip = float((landmarks[ibug.NOSE_TIP] - axes.origin) @ axes.up) / axes.width_px
    return (np.abs(u) <= FACE_HALF_WIDTH) & (v >= tip) & (v <= USUAL_HAIRLINE) & _inner(classes == FaceClass.SKIN)


def middle_of_scalp(
    photo_classes: NDArray[np.uint8], frame_classes: NDArray[np.uint8], landmarks: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Skin (S, S) of the frame near the midline, above the photo's hairline and never below the usual one."""
    head = head_axes(landmarks)
    u, v = head.coordinates(frame_classes.shape[0])
    begins = hairline(photo_classes, head, 0.0)
    lowest = USUAL_HAIRLINE if np.isnan(begins) else max(begins, USUAL_HAIRLINE)
    return (np.abs(u) <= MIDDLE_HALF_WIDTH) & (v > lowest + ABOVE_HAIRLINE) & _inner(frame_classes == FaceClass.SKIN)


def _inner(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    kernel = np.ones((2 * RIM_PX + 1, 2 * RIM_PX + 1), np.uint8)
    return np.asarray(cv2.erode(mask.astype(np.uint8), kernel), dtype=bool)
