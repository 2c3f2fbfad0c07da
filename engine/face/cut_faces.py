"""Faces that a photo's left or right edge cuts: halves that are whole once the photo is mirrored there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.face.detector import Detection, detect


@dataclass(frozen=True)
class CutSettings:
    """How they are looked for. In 35 photos and 13 invented faces people are seen with 0.6 and more, all else with 0.35
    at most."""

    confidence: float = 0.5
    # The photo goes on by this share of its width to both sides; in a picture of this longer side somebody's half face
    # is large enough to matter beside the one that is edited.
    beyond_share: float = 0.25
    search_px: int = 640
    # What has more than this share of a box in common with what was seen already is that.
    same_share: float = 0.3


def cut_faces(
    session: Any, photo: NDArray[np.uint8], seen: Sequence[Detection], settings: CutSettings = CutSettings()
) -> list[Detection]:
    """What may be faces that the left or the right edge of a photo (H,W,3 uint8) cuts, beside those that are seen
    already, in the photo's own pixels: half of each lies beyond it. They are no faces to work on."""
    height, width = photo.shape[:2]
    beyond = round(width * settings.beyond_share)
    scale = min(1.0, settings.search_px / max(height, width + 2 * beyond))
    small = cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else photo
    border = round(small.shape[1] * settings.beyond_share)
    wider = cv2.copyMakeBorder(small, 0, 0, border, border, cv2.BORDER_REFLECT)
    pixel_px = width / small.shape[1]
    found = []
    for one in detect(session, np.asarray(wider, np.uint8), settings.confidence):
        box, points = (one.box - [border, 0, border, 0]) * pixel_px, (one.points - [border, 0]) * pixel_px
        cut = box[0] < 0 < box[2] or box[0] < width < box[2]
        if cut and all(_in_common(box, other.box) < settings.same_share for other in seen):
            found.append(replace(one, box=box, points=points))
    return found


def _in_common(box: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Which share (0..1) of the smaller of two boxes lies in both."""
    left_top, right_bottom = np.maximum(box[:2], other[:2]), np.minimum(box[2:], other[2:])
    sizes = [float(np.prod(np.maximum(one[2:] - one[:2], 1.0))) for one in (box, other)]
    return float(np.prod(np.maximum(right_bottom - left_top, 0.0))) / min(sizes)
