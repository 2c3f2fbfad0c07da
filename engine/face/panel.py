"""A photo within a picture, as in a collage or on a chat's screen: what lies beyond its edges is no background of the
head's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d

from engine.face.faces import Face
from engine.face.leaning_panel import LeaningPanel, leaning_panel_around

Steps = NDArray[np.int16]  # (P, L): the step that a picture has at each of P positions, at L places along it (levels)


@dataclass(frozen=True)
class PanelSettings:
    """What the edges of a photo within a picture look like, set by eye."""

    # They are looked for so far around a face (sides of its FFHQ square), in a picture in which it is at most so wide.
    around: float = 2.0
    face_px: float = 96.0
    # Each is a straight step of so many levels in one of the colours, from one pixel to the next but one, along this
    # share of it: no wall or door ends on all four sides of somebody like that. Hair does along less of it.
    least_step: int = 12
    share: float = 0.9
    # So many on each side are tried, the nearest first; within so many pixels only the largest.
    most_edges: int = 4
    apart: int = 8


@dataclass(frozen=True)
class Panel:
    """A photo's rows and columns within a picture."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Its left, upper, right and lower end in the picture, between pixels."""
        return self.left, self.top, self.right, self.bottom

    def of(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The photo itself (H,W,3)."""
        return np.ascontiguousarray(picture[self.top : self.bottom, self.left : self.right])

    def inside(self, face: Face) -> Face:
        """A face of the picture, as one of the photo."""
        return _moved(face, -self.left, -self.top)

    def all_inside(self, faces: Sequence[Face]) -> list[Face]:
        """Those faces of the picture that lie in the photo, as faces of the photo."""
        middles = [face.landmarks.mean(0) for face in faces]
        here = [self.left <= x < self.right and self.top <= y < self.bottom for x, y in middles]
        return [self.inside(face) for face, within in zip(faces, here, strict=True) if within]

    def outside(self, face: Face) -> Face:
        """A face of the photo, as one of the picture."""
        return _moved(face, self.left, self.top)

    def onto(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """A map (2,3) to its own pixels, as one to the picture's."""
        return np.asarray(matrix + np.array([[0, 0, self.left], [0, 0, self.top]]), np.float64)

    def shown(self, rows: slice, columns: slice, scale: float) -> None:
        """It covers all pixels that lie within its bounds: there is nothing to be told of rows and columns."""


def panel_around(
    picture: NDArray[np.uint8], face: Face, settings: PanelSettings = PanelSettings()
) -> Panel | LeaningPanel | None:
    """The photo within a picture (H,W,3) that a face is in; None where the picture is one photo."""
    return leaning_panel_around(picture, face) or _upright_around(picture, face, settings)


def _upright_around(picture: NDArray[np.uint8], face: Face, settings: PanelSettings) -> Panel | None:
    """The smallest one whose edges are level and upright."""
    ends = np.array(picture.shape[1::-1])
    reach_px = settings.around * float(np.linalg.norm(face.quad[0] - face.quad[1]))
    low = np.maximum(np.floor(face.landmarks.mean(0) - reach_px), 0).astype(int)
    high = np.minimum(np.ceil(face.landmarks.mean(0) + reach_px), ends).astype(int)
    scale = min(1.0, settings.face_px / face.width_px)
    width, height = (max(3, round(float(side) * scale)) for side in high - low)
    window = picture[low[1] : high[1], low[0] : high[0]]
    small = np.asarray(cv2.resize(window, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    steps = _steps(small.swapaxes(0, 1)), _steps(small)
    face_from, face_to = ((corner - low) * scale for corner in (face.landmarks.min(0), face.landmarks.max(0)))
    spans = []
    for axis in (0, 1):
        along = slice(max(int(face_from[1 - axis]), 0), int(face_to[1 - axis]) + 1)
        before, after = _edges(steps[axis], along, float(face_from[axis]), float(face_to[axis]), settings)
        # Beyond what is looked at there may be none, and then the picture's own edge is one.
        before, after = [*before, -1], [*after, len(steps[axis])]
        spans.append(list(product(before, after)))
    whole = (-1, width), (-1, height)
    for x, y in sorted(product(*spans), key=lambda box: (box[0][1] - box[0][0]) * (box[1][1] - box[1][0])):
        if (x, y) == whole:
            return None
        if _holds(steps[0], x, y, settings) and _holds(steps[1], y, x, settings):
            near = _sharpened(window, scale, x, y)
            return Panel(
                top=int(low[1]) + near.top if y[0] >= 0 else 0,
                left=int(low[0]) + near.left if x[0] >= 0 else 0,
                bottom=int(low[1]) + near.bottom if y[1] < height else int(ends[1]),
                right=int(low[0]) + near.right if x[1] < width else int(ends[0]),
            )
    return None


def _steps(picture: NDArray[np.uint8]) -> Steps:
    """The steps of a picture (P,L,3) from each row before to the row behind, in the colour where they are largest."""
    levels = picture.astype(np.int16)
    steps = np.zeros(picture.shape[:2], np.int16)
    steps[1:-1] = np.abs(levels[2:] - levels[:-2]).max(-1)
    return steps


def _edges(
    steps: Steps, along: slice, first: float, last: float, settings: PanelSettings
) -> tuple[list[int], list[int]]:
    """Positions of straight steps beside what lies between two positions, before and after it, the nearest first."""
    straight = (steps[:, along] >= settings.least_step).mean(1) >= settings.share
    # Beside the edge itself a compressed file has a step at each end of its blocks.
    size = steps[:, along].mean(1) * straight
    straight &= size >= maximum_filter1d(size, 2 * settings.apart + 1, mode="constant")
    before = [at for at in range(int(first), -1, -1) if straight[at]]
    after = [at for at in range(int(last) + 1, len(steps)) if straight[at]]
    return before[: settings.most_edges], after[: settings.most_edges]


def _holds(steps: Steps, ends: tuple[int, int], along: tuple[int, int], settings: PanelSettings) -> bool:
    """Whether there is a step at both ends all the way between two places; at a picture's own edge there always is."""
    between = slice(max(along[0], 0), along[1])
    return all(
        not 0 <= at < len(steps) or float((steps[at, between] >= settings.least_step).mean()) >= settings.share
        for at in ends
    )


def _sharpened(window: NDArray[np.uint8], scale: float, x: tuple[int, int], y: tuple[int, int]) -> Panel:
    """The photo whose edges lie at positions of a window (H,W,3) that was reduced by `scale`, to the pixel: where the
    step is largest."""
    top, bottom = (_largest_step(window, at, scale, x) for at in y)
    left, right = (_largest_step(window.swapaxes(0, 1), at, scale, y) for at in x)
    return Panel(top, left, bottom, right)


def _largest_step(picture: NDArray[np.uint8], at: int, scale: float, along: tuple[int, int]) -> int:
    """The row of a picture (H,W,3) that differs most from the one before, near a position that was reduced by `scale`;
    beyond the picture where that is."""
    middle, reach_px = round((at + 0.5) / scale), int(np.ceil(2 / scale)) + 1
    start, end = max(middle - reach_px, 0), middle + reach_px
    if at < 0 or start + 1 >= len(picture) or middle >= len(picture):
        return middle
    near = picture[start:end, max(round(along[0] / scale), 0) : max(round(along[1] / scale), 1)].astype(np.int16)
    return start + 1 + int(np.abs(np.diff(near, axis=0)).mean((1, 2)).argmax())


def _moved(face: Face, right_px: int, down_px: int) -> Face:
    move = np.array([right_px, down_px], np.float64)
    return replace(face, landmarks=face.landmarks + move, quad=face.quad + move)
