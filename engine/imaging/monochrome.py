"""Photos of one colour: black and white, sepia, a blue print. What is drawn into them must be of that colour too."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.imaging.ops import Picture, luminance

LEVELS = 256

Tone = NDArray[np.float32]


@dataclass(frozen=True)
class MonochromeSettings:
    """When a photo counts as one of one colour; brightness and colour in levels of 0..255."""

    # A photo is looked at this small (longer side), which leaves no noise of single pixels.
    look_px: int = 160
    # Of its pixels, all but this many percent lie within so many levels of the one colour of their brightness. Of 50
    # test photos, sepia copies with the colour noise of a strong JPEG need 9 at most, those in colour 17 at least.
    outliers_percent: float = 4.0
    same_colour: float = 12.0
    # Over so much brightness colours are averaged; this much weight reaches everywhere, so that brightness that the
    # photo does not have gets the colour of the nearest that it has.
    brightness_sigma: float = 10.0
    least_weight: float = 1e-6


def tone_of(photo: NDArray[np.uint8], settings: MonochromeSettings = MonochromeSettings()) -> Tone | None:
    """What the photo's one colour adds to each brightness (256,3 levels): zeros for black and white. None where a photo
    (H,W,3) has more than one colour."""
    height, width = photo.shape[:2]
    scale = min(1.0, settings.look_px / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = np.asarray(cv2.resize(photo, size, interpolation=cv2.INTER_AREA), np.float32)
    level = luminance(small)
    tone = _mean_tone(small - level[..., None], level, settings)
    miss = np.abs(small - toned(small, tone)).max(-1)
    return tone if float(np.percentile(miss, 100 - settings.outliers_percent)) <= settings.same_colour else None


def toned(picture: Picture, tone: Tone) -> Picture:
    """A picture (H,W,3 in 0..255) in the one colour of a photo, as bright as it was."""
    level = np.clip(luminance(picture), 0, LEVELS - 1)
    marks = np.arange(LEVELS)
    added = np.stack([np.interp(level, marks, tone[:, channel]) for channel in range(3)], -1)
    return np.asarray(np.clip(level[..., None] + added, 0, 255), np.float32)


def _mean_tone(added: NDArray[np.float32], level: NDArray[np.float32], settings: MonochromeSettings) -> Tone:
    index = np.clip(np.rint(level), 0, LEVELS - 1).astype(np.intp).ravel()
    sums = np.stack([np.bincount(index, added[..., channel].ravel(), LEVELS) for channel in range(3)], -1)
    counts = np.bincount(index, minlength=LEVELS).astype(np.float64)[:, None]
    marks = np.arange(LEVELS)
    distance = np.abs(marks[:, None] - marks) / settings.brightness_sigma
    weight = np.exp(-0.5 * distance**2) + settings.least_weight * np.exp(-distance)
    return np.asarray((weight @ sums) / np.maximum(weight @ counts, 1e-30), np.float32)
