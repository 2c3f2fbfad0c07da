"""Where things are drawn: a head in a picture, and the brushes for it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.face.head_axes import HeadAxes
from engine.imaging.ops import dilate, erode

Cover = NDArray[np.float32]
Rng = np.random.Generator
# Fractional bits of the coordinates that OpenCV draws with, and pieces of a smooth line.
FIXED_POINT_BITS = 4
PIECES = 48
# Arcs over the head have their middle so high over the brows.
MIDDLE_V = 0.05
# Edges, patterns and shadows are told in pixels of a face so wide.
FACE_PX = 275.0
# The hair so far above the brows (face widths) is what most things lie on.
UPPER_HAIR = 0.15
# So far on both sides, the outline of the hair reaches.
RIM = 0.03


@dataclass(frozen=True)
class Stage:
    """Where things are drawn: axes, the head's in a picture of this shape (height, width); hair (H,W): where its hair
    is, never empty; lowest: things go no lower where there is hair above (face widths from the brows up)."""

    axes: HeadAxes
    shape: tuple[int, int]
    hair: NDArray[np.bool_]
    lowest: float = UPPER_HAIR

    @property
    def pixel_px(self) -> float:
        """Its pixels for one of a face of FACE_PX."""
        return self.axes.width_px / FACE_PX

    def place(self, rng: Rng) -> NDArray[np.float64]:
        """A pixel (x, y) of the hair, above `lowest` where there is some."""
        _, v = self.axes.coordinates(self.shape)
        upper = self.hair & (v > self.lowest)
        rows, columns = np.nonzero(upper if upper.any() else self.hair)
        index = int(rng.integers(len(rows)))
        return np.array((columns[index], rows[index]), np.float64)

    def at_rim(self) -> Stage:
        """The same with the outline of its hair alone: what is drawn there lies half beside it."""
        px = round(RIM * self.axes.width_px)
        rim = dilate(self.hair, px) & ~erode(self.hair, px)
        return replace(self, hair=rim) if rim.any() else self

    def filled(self, *outlines: NDArray[np.float64]) -> Cover:
        """0..1, 1 inside of polygons (N,2 in pixels); where two overlap, as well."""
        out = np.zeros(self.shape, np.uint8)
        for outline in outlines:
            cv2.fillPoly(out, [_fixed(outline)], 255, cv2.LINE_AA, FIXED_POINT_BITS)
        return np.asarray(out / np.float32(255), np.float32)

    def line(self, points: NDArray[np.float64], width: float) -> Cover:
        """0..1, 1 on a line through points (N,2 in pixels)."""
        out = np.zeros(self.shape, np.uint8)
        px = max(1, round(width * self.axes.width_px))
        cv2.polylines(out, [_fixed(points)], False, 255, px, cv2.LINE_AA, FIXED_POINT_BITS)
        return np.asarray(out / np.float32(255), np.float32)

    def around(
        self, radius: float, from_degrees: float, to_degrees: float, rng: Rng, flat: float = 1
    ) -> NDArray[np.float64]:
        """Points (N,2, pixels) along an arc over the head, 90 degrees is up; a little tilted and shifted."""
        angles = np.radians(np.linspace(from_degrees, to_degrees, PIECES) + rng.normal(0, 5))
        u = radius * np.cos(angles) + rng.normal(0, 0.03)
        v = MIDDLE_V + radius * flat * np.sin(angles)
        return np.asarray(
            self.axes.origin + self.axes.width_px * (np.outer(u, self.axes.right) + np.outer(v, self.axes.up))
        )


def _fixed(points: NDArray[np.float64]) -> NDArray[np.int32]:
    """In the parts of a pixel that OpenCV draws with."""
    return np.asarray(np.rint(points * 2**FIXED_POINT_BITS), np.int32)
