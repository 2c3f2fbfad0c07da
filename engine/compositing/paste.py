"""From the canvas back into the whole photo."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.compositing.overlay import Overlay
from engine.imaging.ops import Mask, Plane


@dataclass(frozen=True)
class SamplingSettings:
    """How a canvas is sampled at a photo's pixels, set by eye."""

    # Below so many photo pixels per canvas pixel many of those fall on one of the photo, and are averaged before
    # sampling, over a Gaussian whose sigma is so many of the photo's pixels.
    averaged_below: float = 0.8
    averaged_sigma_px: float = 0.4


@dataclass(frozen=True)
class Placement:
    """Where a canvas lies in a photo: matrix (2,3) from canvas to photo pixels, cut to the photo's rows and columns."""

    matrix: NDArray[np.float64]
    rows: slice
    columns: slice

    @property
    def pixel_px(self) -> float:
        """Photo pixels per canvas pixel."""
        return float(np.hypot(*self.matrix[:, 0]))

    @property
    def empty(self) -> bool:
        """Whether the canvas lies outside of the photo."""
        return bool(self.rows.start >= self.rows.stop or self.columns.start >= self.columns.stop)


def placement(
    matrix: NDArray[np.float64], canvas_shape: tuple[int, int], photo_shape: tuple[int, ...], scale: float = 1.0
) -> Placement:
    """Place a canvas (height, width) in a photo that was resized by `scale`, whose shape is given after resizing."""
    scaled = matrix * scale
    scaled[:, 2] += (scale - 1) / 2  # pixel centres are at whole numbers
    height, width = canvas_shape
    corners = np.array([[0, 0, 1], [width, 0, 1], [0, height, 1], [width, height, 1]], np.float64) @ scaled.T
    left, top = np.floor(corners.min(0)).astype(int) - 1
    right, bottom = np.ceil(corners.max(0)).astype(int) + 2
    rows = slice(max(0, int(top)), min(photo_shape[0], int(bottom)))
    columns = slice(max(0, int(left)), min(photo_shape[1], int(right)))
    return Placement(scaled, rows, columns)


def paste(photo: NDArray[np.uint8], overlay: Overlay, place: Placement) -> NDArray[np.uint8]:
    """The photo (H,W,3 uint8) with an overlay laid over it. Pixels that it does not cover stay bit for bit."""
    out = photo.copy()
    if place.empty:
        return out
    alpha = warped_to(overlay.alpha, place)[..., None]
    colour = warped_to(overlay.picture * overlay.alpha[..., None], place)
    below = photo[place.rows, place.columns].astype(np.float32)
    blended = np.clip(np.rint(below * (1 - alpha) + colour), 0, 255).astype(np.uint8)
    out[place.rows, place.columns] = np.where(alpha > 0, blended, photo[place.rows, place.columns])
    return out


def covered(change: Plane, photo_shape: tuple[int, ...], place: Placement) -> Mask:
    """The photo's pixels (H,W) that any year may touch, for a canvas mask that bounds every year's alpha."""
    mask = np.zeros(photo_shape[:2], bool)
    if not place.empty:
        mask[place.rows, place.columns] = warped_to(change, place) > 0
    return mask


def warped_to(
    values: NDArray[np.float32],
    place: Placement,
    border: int = cv2.BORDER_CONSTANT,
    settings: SamplingSettings = SamplingSettings(),
) -> NDArray[np.float32]:
    """A canvas plane or picture at the photo's pixels of a placement; 0 where the canvas ends, or as `border` says."""
    if place.pixel_px < settings.averaged_below:
        sigma_px = settings.averaged_sigma_px / place.pixel_px
        values = np.asarray(cv2.GaussianBlur(values, (0, 0), sigma_px), np.float32)
    local = place.matrix.copy()
    local[:, 2] -= (place.columns.start, place.rows.start)
    size = (place.columns.stop - place.columns.start, place.rows.stop - place.rows.start)
    return np.asarray(cv2.warpAffine(values, local, size, flags=cv2.INTER_LINEAR, borderMode=border), np.float32)
