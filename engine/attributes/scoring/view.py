"""One aligned face as every score sees it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.face.head_axes import HeadAxes, head_axes, skull_radius
from engine.face.polygon import filled
from engine.parsing import FaceClass

SCORE_SIZE_PX = 256


@dataclass(frozen=True)
class FaceView:
    """lab: S,S,3 CIELAB (L 0..100); shares: 19,S,S, of each class in each pixel; landmarks: 68,2 in pixels.

    u, v, skull: S,S, the head's own coordinates and the distance from its middle in skull radii
    (engine.face.head_axes). S: 256.
    """

    lab: NDArray[np.float32]
    shares: NDArray[np.float32]
    landmarks: NDArray[np.float64]
    axes: HeadAxes
    u: NDArray[np.float32]
    v: NDArray[np.float32]
    skull: NDArray[np.float32]

    def share(self, *classes: FaceClass) -> NDArray[np.float32]:
        """Summed share (S,S) of some classes."""
        return np.asarray(self.shares[list(classes)].sum(0), np.float32)

    def height_of(self, point: int) -> float:
        """v of a landmark."""
        return float((self.landmarks[point] - self.axes.origin) @ self.axes.up) / self.axes.width_px

    def side_of(self, point: int) -> float:
        """u of a landmark."""
        return float((self.landmarks[point] - self.axes.origin) @ self.axes.right) / self.axes.width_px

    def polygon(self, points: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Pixels (S,S) inside a polygon (N,2)."""
        return filled(points, self.u.shape)


def face_view(picture: NDArray[np.uint8], shares: NDArray[np.float32], landmarks: NDArray[np.float64]) -> FaceView:
    """The view of a picture (256,256,3 uint8), its class shares and its landmarks."""
    axes = head_axes(landmarks)
    u, v = axes.coordinates(SCORE_SIZE_PX)
    lab = cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    return FaceView(np.asarray(lab, np.float32), shares, landmarks, axes, u, v, skull_radius(u, v))


def eroded(mask: NDArray[np.bool_], pixels: int) -> NDArray[np.bool_]:
    """The mask (S,S) without a rim of so many pixels."""
    kernel = np.ones((2 * pixels + 1, 2 * pixels + 1), np.uint8)
    return np.asarray(cv2.erode(mask.astype(np.uint8), kernel, borderType=cv2.BORDER_REPLICATE), bool)
