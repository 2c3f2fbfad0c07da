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
    """Where a canvas lies in a photo: matrix from canvas to photo pixels (2,3; or 3,3 where it lies in perspective, 1
    deep in its middle), cut to the photo's rows and columns."""

    matrix: NDArray[np.float64]
    rows: slice
    columns: slice

    @property
    def pixel_px(self) -> float:
        """Photo pixels per canvas pixel, in the middle."""
        across = self.matrix[:2, 0]
        if in_perspective(self.matrix):
            middle = (self.columns.start + self.columns.stop) / 2, (self.rows.start + self.rows.stop) / 2
            across = across - self.matrix[2, 0] * np.array(middle)
        return float(np.hypot(*across))

    @property
    def empty(self) -> bool:
        """Whether the canvas lies outside of the photo."""
        return bool(self.rows.start >= self.rows.stop or self.columns.start >= self.columns.stop)


def placement(
    matrix: NDArray[np.float64], canvas_shape: tuple[int, int], photo_shape: tuple[int, ...], scale: float = 1.0
) -> Placement:
    """Place a canvas (height, width) in a photo that was resized by `scale`, whose shape is given after resizing.
    matrix: 2,3 or 3,3, from canvas pixels to those of the photo as it was."""
    height, width = canvas_shape
    scaled = _zoomed(matrix, scale, (width / 2, height / 2))
    corners = np.array([[0, 0, 1], [width, 0, 1], [0, height, 1], [width, height, 1]], np.float64) @ scaled.T
    if in_perspective(matrix):
        if corners[:, 2].min() <= 0:  # it goes on beyond the horizon
            return Placement(scaled, slice(0, photo_shape[0]), slice(0, photo_shape[1]))
        corners = corners[:, :2] / corners[:, 2:]
    left, top = np.floor(corners.min(0)).astype(int) - 1
    right, bottom = np.ceil(corners.max(0)).astype(int) + 2
    rows = slice(max(0, int(top)), min(photo_shape[0], int(bottom)))
    columns = slice(max(0, int(left)), min(photo_shape[1], int(right)))
    return Placement(scaled, rows, columns)


def in_perspective(matrix: NDArray[np.float64]) -> bool:
    """Whether a map of pixels is one in perspective (3,3) instead of an affine one (2,3)."""
    return len(matrix) == 3


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
    corner = np.array([place.columns.start, place.rows.start], np.float64)
    local = place.matrix.copy()
    size = (place.columns.stop - place.columns.start, place.rows.stop - place.rows.start)
    if in_perspective(local):
        local[:2] -= corner[:, None] * local[2]
        flat = cv2.warpPerspective(values, local, size, flags=cv2.INTER_LINEAR, borderMode=border)
        return np.asarray(flat, np.float32)
    local[:, 2] -= corner
    return np.asarray(cv2.warpAffine(values, local, size, flags=cv2.INTER_LINEAR, borderMode=border), np.float32)


def _zoomed(matrix: NDArray[np.float64], scale: float, middle: tuple[float, float]) -> NDArray[np.float64]:
    """A map of a canvas to a photo's pixels as one to those of the photo resized by `scale`; in perspective 1 deep in
    the canvas's middle."""
    if not in_perspective(matrix):
        scaled = matrix * scale
        scaled[:, 2] += (scale - 1) / 2  # pixel centres are at whole numbers
        return scaled
    zoom = np.array([[scale, 0, (scale - 1) / 2], [0, scale, (scale - 1) / 2], [0, 0, 1]])
    scaled = zoom @ matrix
    return np.asarray(scaled / (scaled[2] @ [*middle, 1]), np.float64)
