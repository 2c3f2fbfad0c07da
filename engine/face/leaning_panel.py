"""A photo of a print or a screen that leans: the photo in it, as it would lie flat and upright."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.face.alignment import ffhq_quad
from engine.face.faces import Face
from engine.face.leaning_sides import SIDES, leaning_corners
from engine.face.lines import Lines, Points, meeting, places, refitted, through


@dataclass(frozen=True)
class LeaningPanelSettings:
    """Where a photo that leans is looked for, and how its edges are told to the pixel."""

    # They are looked for so far around a face (sides of its FFHQ square), in a picture in which it is at most so wide.
    around: float = 2.0
    face_px: float = 96.0
    # What leans by less than this on all four sides is upright.
    least_lean_deg: float = 0.7
    # An edge is told at so many places, in its middle, so far around where the smaller picture has it (its pixels).
    places: int = 256
    of_side: float = 0.96
    reach_px: float = 2.0
    # Edges of a print and a screen are mixed with what lies beside them over so many pixels: those show their
    # neighbours further inside.
    rim_px: int = 2


@dataclass(frozen=True, eq=False)
class LeaningPanel:
    """A photo within a picture. corners: 4,2, of its upper left, upper right, lower right and lower left pixel's outer
    corner, in the picture's pixels; width_px, height_px: its size when it lies flat."""

    corners: Points
    width_px: int
    height_px: int
    settings: LeaningPanelSettings = LeaningPanelSettings()

    @property
    def matrix(self) -> NDArray[np.float64]:
        """The map (3,3) from its own pixels to the picture's."""
        right, bottom = self.width_px - 0.5, self.height_px - 0.5
        own = np.array([[-0.5, -0.5], [right, -0.5], [right, bottom], [-0.5, bottom]], np.float32)
        return np.asarray(cv2.getPerspectiveTransform(own, self.corners.astype(np.float32)), np.float64)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """The left, upper, right and lower end of it in the picture, between pixels."""
        (left, top), (right, bottom) = self.corners.min(0) + 0.5, self.corners.max(0) + 0.5
        return left, top, right, bottom

    def of(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The photo itself (H,W,3), flat and upright."""
        size = (self.width_px, self.height_px)
        flags = cv2.WARP_INVERSE_MAP | cv2.INTER_CUBIC
        flat = cv2.warpPerspective(picture, self.matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
        rim = self.settings.rim_px
        inner = flat[rim : self.height_px - rim, rim : self.width_px - rim]
        return np.asarray(cv2.copyMakeBorder(inner, rim, rim, rim, rim, cv2.BORDER_REPLICATE), np.uint8)

    def inside(self, face: Face) -> Face:
        """A face of the picture, as one of the photo."""
        return _moved(face, np.asarray(np.linalg.inv(self.matrix), np.float64))

    def all_inside(self, faces: Sequence[Face]) -> list[Face]:
        """Those faces of the picture that lie in the photo, as faces of the photo."""
        moved = [self.inside(face) for face in faces]
        middles = [face.landmarks.mean(0) for face in moved]
        size = np.array([self.width_px, self.height_px])
        return [face for face, at in zip(moved, middles, strict=True) if (at >= 0).all() and (at < size).all()]

    def outside(self, face: Face) -> Face:
        """A face of the photo, as one of the picture."""
        return _moved(face, self.matrix)

    def onto(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """A map (2,3) to its own pixels, as one (3,3) to the picture's."""
        return np.asarray(self.matrix @ np.vstack([matrix, [0, 0, 1]]), np.float64)

    def shown(self, rows: slice, columns: slice, scale: float) -> NDArray[np.float32]:
        """0..1: how much of each pixel at rows and columns of the picture, resized by `scale`, it covers."""
        corner = np.array([columns.start, rows.start])
        corners = (self.corners + 0.5) * scale - 0.5 - corner
        middle = corners.mean(0)
        y, x = np.ogrid[: rows.stop - rows.start, : columns.stop - columns.start]
        cover = np.ones((rows.stop - rows.start, columns.stop - columns.start), np.float32)
        for right, down, away in through(corners - middle, np.roll(corners, -1, 0) - middle):
            within = away + 0.5 - right * (x - middle[0]) - down * (y - middle[1])
            np.minimum(cover, within, out=cover, casting="unsafe")
        return np.asarray(np.clip(cover, 0, 1), np.float32)


def leaning_panel_around(
    picture: NDArray[np.uint8], face: Face, settings: LeaningPanelSettings = LeaningPanelSettings()
) -> LeaningPanel | None:
    """The smallest photo within a picture (H,W,3) that a face is in and that leans; None where there is none."""
    reach_px = settings.around * float(np.linalg.norm(face.quad[0] - face.quad[1]))
    middle = face.landmarks.mean(0)
    low = np.maximum(np.floor(middle - reach_px), 0).astype(int)
    high = np.minimum(np.ceil(middle + reach_px), np.array(picture.shape[1::-1])).astype(int)
    scale = min(1.0, settings.face_px / face.width_px)
    width, height = (max(3, round(float(side) * scale)) for side in high - low)
    window = picture[low[1] : high[1], low[0] : high[0]]
    small = np.asarray(cv2.resize(window, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    found = leaning_corners(small, (face.landmarks - low + 0.5) * scale - 0.5)
    if found is None:
        return None
    corners, seen = (found[0] + 0.5) / scale - 0.5, found[1]
    from_middle = corners - (middle - low)
    sides = through(from_middle, np.roll(from_middle, -1, 0))
    if _is_upright(sides, settings):
        return None
    ends = np.stack([from_middle, np.roll(from_middle, -1, 0)], 1)
    for index in np.flatnonzero(seen):
        sides[index] = _sharpened(window, middle - low, sides[index], ends[index], scale, settings)
    if not all(seen):
        sides = _squared(sides, seen.index(False), from_middle)
    corners = np.array([meeting(sides[at - 1], sides[at]) for at in range(SIDES)]) + middle
    panel = _flat(corners)
    inside = panel.inside(face).landmarks
    size = np.array([panel.width_px, panel.height_px])
    return panel if (inside >= 0).all() and (inside < size).all() else None


def _is_upright(sides: Lines, settings: LeaningPanelSettings) -> bool:
    """Whether all sides (4,3) are level or upright."""
    least = float(np.sin(np.deg2rad(settings.least_lean_deg)))
    return bool((np.abs(sides[:, :2]).min(1) < least).all())


def _sharpened(
    picture: NDArray[np.uint8],
    middle: Points,
    side: Lines,
    ends: Points,
    scale: float,
    settings: LeaningPanelSettings,
) -> Lines:
    """A side (3) from corner to corner (2,2, from the middle), where the picture changes most beside it."""
    length = float(np.linalg.norm(ends[1] - ends[0])) * settings.of_side / 2
    along = np.linspace(-length, length, settings.places) + float((ends.mean(0) * [-side[1], side[0]]).sum())
    reach_px, apart = settings.reach_px / scale + 1, max(1, round(0.5 / scale))
    offsets = np.arange(-np.ceil(reach_px), np.ceil(reach_px) + 1)
    at = (middle + places(side, along) + offsets[:, None, None] * side[:2]).astype(np.float32)
    levels = cv2.remap(picture, at[..., 0], at[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    change = np.abs(levels[2 * apart :].astype(np.int16) - levels[: -2 * apart]).max(-1)
    off = offsets[apart : len(offsets) - apart][change.argmax(0)]
    return refitted(side, along, off)


def _squared(sides: Lines, cut: int, corners: Points) -> Lines:
    """Sides (4,3) of which the one that lies outside of the picture becomes parallel to that across, as far out as both
    corners (4,2, from the middle) let it."""
    way = -sides[(cut + 2) % SIDES, :2]
    away = min(float(corners[cut] @ way), float(corners[(cut + 1) % SIDES] @ way))
    out = sides.copy()
    out[cut] = [*way, away]
    return out


def _flat(corners: Points) -> LeaningPanel:
    """The photo with these corners, no smaller anywhere than in the picture."""
    above, right, below, left = np.linalg.norm(np.roll(corners, -1, 0) - corners, axis=1)
    return LeaningPanel(corners, int(np.ceil(max(above, below))), int(np.ceil(max(left, right))))


def _moved(face: Face, matrix: NDArray[np.float64]) -> Face:
    points = np.hstack([face.landmarks, np.ones((len(face.landmarks), 1))]) @ matrix.T
    landmarks = points[:, :2] / points[:, 2:]
    return replace(face, landmarks=landmarks, quad=ffhq_quad(landmarks))
