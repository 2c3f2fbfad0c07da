"""The head's own axes in a crop, and where a bald skull would be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.face import ibug

# The skull's outline above the brows as a superellipse in face widths, fitted by eye to bald heads.
SKULL_HALF_WIDTH = 0.55
SKULL_HEIGHT = 0.61
SKULL_EXPONENT = 2.4
# No midline is further aside than this (face widths off the middle between both ends of the jaw): that would be a
# profile.
MOST_ASIDE = 0.4


@dataclass(frozen=True)
class HeadAxes:
    """Origin on the midline at brow height; right and up are unit vectors in pixels (y down); width_px is the face's
    width between the jaw ends."""

    origin: NDArray[np.float64]
    right: NDArray[np.float64]
    up: NDArray[np.float64]
    width_px: float

    def coordinates(
        self, size_px: int | tuple[int, int], pixel_px: float = 1.0, corner: tuple[float, float] = (0.0, 0.0)
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """u (to the right) and v (up) in face widths at each pixel of a grid (side, or height and width).

        pixel_px: of the grid, in crop pixels; corner: crop position (x, y) of the grid's upper left corner.
        """
        height, width = (size_px, size_px) if isinstance(size_px, int) else size_px
        dx = ((np.arange(width) + 0.5) * pixel_px - 0.5 + corner[0] - self.origin[0]) / self.width_px
        dy = ((np.arange(height) + 0.5) * pixel_px - 0.5 + corner[1] - self.origin[1]) / self.width_px
        u = np.add.outer((dy * self.right[1]).astype(np.float32), (dx * self.right[0]).astype(np.float32))
        v = np.add.outer((dy * self.up[1]).astype(np.float32), (dx * self.up[0]).astype(np.float32))
        return u, v


def head_axes(landmarks: NDArray[np.float64]) -> HeadAxes:
    """The axes of 68 landmarks (68,2), rolled with the eyes."""
    left, right = landmarks[ibug.JAW_LEFT], landmarks[ibug.JAW_RIGHT]
    eyes = landmarks[ibug.RIGHT_EYE].mean(0) - landmarks[ibug.LEFT_EYE].mean(0)
    along = eyes / np.linalg.norm(eyes)
    up = np.array([along[1], -along[0]])
    middle = (left + right) / 2
    brows = landmarks[ibug.BROWS].mean(0)
    origin = middle + up * float(np.dot(brows - middle, up))
    return HeadAxes(origin, along, up, float(np.linalg.norm(right - left)))


def midline_aside(landmarks: NDArray[np.float64], axes: HeadAxes) -> float:
    """Where the face's own midline is seen at the root of its nose, in face widths to the right of the middle between
    both ends of the jaw: 0 in a face that looks straight ahead, about a third in one that is turned by 40 degrees."""
    root = landmarks[ibug.NOSE_ROOT] - axes.origin
    return float(np.clip(root @ axes.right / axes.width_px, -MOST_ASIDE, MOST_ASIDE))


def skull_radius(u: NDArray[np.float32], v: NDArray[np.float32], height: float = SKULL_HEIGHT) -> NDArray[np.float32]:
    """Distance (H,W) from the head's middle in skull radii: 1 on the outline; below the brows only the width counts.

    u, v: H,W, head coordinates in face widths; height: of the skull over the brows, likewise.
    """
    sum_of_powers = (np.abs(u) / SKULL_HALF_WIDTH) ** SKULL_EXPONENT + (np.maximum(v, 0) / height) ** SKULL_EXPONENT
    return np.asarray(sum_of_powers ** (1 / SKULL_EXPONENT), np.float32)
