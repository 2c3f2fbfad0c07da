"""Photos of one colour: black and white, sepia, a blue print. What is drawn into them must be of that colour too."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.imaging.ops import Picture, luminance

# A photo is looked at this small, which leaves no noise of single pixels.
LOOK_PX = 160
# Of its pixels, all but this many percent lie within so many levels (of 255) of the one colour of their brightness. Of
# 50 test photos, sepia copies with the colour noise of a strong JPEG need 9 at most, those in colour 17 at least.
OUTLIERS_PERCENT, SAME_COLOUR_LEVELS = 4.0, 12.0
# Over so many levels of brightness colours are averaged.
BRIGHTNESS_SIGMA = 10.0
LEVELS = 256

Tone = NDArray[np.float32]


def tone_of(photo: NDArray[np.uint8]) -> Tone | None:
    """What the photo's one colour adds to each brightness (256,3 levels): zeros for black and white. None where a photo
    (H,W,3) has more than one colour."""
    height, width = photo.shape[:2]
    scale = min(1.0, LOOK_PX / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = np.asarray(cv2.resize(photo, size, interpolation=cv2.INTER_AREA), np.float32)
    level = luminance(small)
    tone = _mean_tone(small - level[..., None], level)
    miss = np.abs(small - toned(small, tone)).max(-1)
    return tone if float(np.percentile(miss, 100 - OUTLIERS_PERCENT)) <= SAME_COLOUR_LEVELS else None


def toned(picture: Picture, tone: Tone) -> Picture:
    """A picture (H,W,3 in 0..255) in the one colour of a photo, as bright as it was."""
    level = np.clip(luminance(picture), 0, LEVELS - 1)
    marks = np.arange(LEVELS)
    added = np.stack([np.interp(level, marks, tone[:, channel]) for channel in range(3)], -1)
    return np.asarray(np.clip(level[..., None] + added, 0, 255), np.float32)


def _mean_tone(added: NDArray[np.float32], level: NDArray[np.float32]) -> Tone:
    index = np.clip(np.rint(level), 0, LEVELS - 1).astype(np.intp).ravel()
    sums = np.stack([np.bincount(index, added[..., channel].ravel(), LEVELS) for channel in range(3)], -1)
    counts = np.bincount(index, minlength=LEVELS).astype(np.float64)[:, None]
    marks = np.arange(LEVELS)
    # The last term reaches everywhere: brightness that the photo does not have gets the nearest that it has.
    distance = np.abs(marks[:, None] - marks)
    weight = np.exp(-0.5 * (distance / BRIGHTNESS_SIGMA) ** 2) + 1e-6 * np.exp(-distance / BRIGHTNESS_SIGMA)
    return np.asarray((weight @ sums) / np.maximum(weight @ counts, 1e-30), np.float32)
