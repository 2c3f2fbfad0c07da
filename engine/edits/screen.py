"""Edited faces on the photo's own pixels: a frame costs what it shows, not what the canvases hold."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.compositing import Placement, covered, merged, placement, warped_to
from engine.edits.layers import Limited, Timed
from engine.edits.portrait import Portrait
from engine.face.faces import Face
from engine.imaging.monochrome import Tone, tone_of, toned
from engine.imaging.ops import Plane, bounding_box


@dataclass(frozen=True)
class EditedFace:
    """One face with the layers that its edits put over the photo, first below."""

    portrait: Portrait
    layers: tuple[Timed, ...]

    def placed(self, photo_shape: tuple[int, ...], scale: float = 1.0) -> Placement:
        """Where its canvas lies in the photo, which was resized by `scale` to this shape."""
        canvas, panel = self.portrait.canvas, self.portrait.panel
        matrix = canvas.matrix if panel is None else panel.onto(canvas.matrix)
        place = placement(matrix, (canvas.height_px, canvas.width_px), photo_shape, scale)
        if panel is None:
            return place
        # A resized pixel at the panel's edge shows some of its hair, too.
        left, top, right, bottom = panel.bounds
        rows, columns = (
            slice(max(side.start, math.floor(low * scale)), min(side.stop, math.ceil(high * scale)))
            for side, low, high in ((place.rows, top, bottom), (place.columns, left, right))
        )
        return replace(place, rows=rows, columns=columns)

    def shown(self, place: Placement, scale: float = 1.0) -> Plane | None:
        """0..1: how much of each pixel of its placement in the photo, resized by `scale`, its own photo covers; None
        for all of each."""
        panel = self.portrait.panel
        return None if panel is None else panel.shown(place.rows, place.columns, scale)

    @property
    def face(self) -> Face:
        """The face, where it lies in the photo."""
        portrait = self.portrait
        return portrait.face if portrait.panel is None else portrait.panel.outside(portrait.face)

    def mask(self, photo_shape: tuple[int, ...]) -> NDArray[np.bool_]:
        """The photo's pixels (H,W) that any moment may change."""
        if not self.layers:
            return np.zeros(photo_shape[:2], bool)
        cover = np.max([layer.layer.cover for layer in self.layers], 0)
        place = self.placed(photo_shape)
        mask, shown = covered(cover, photo_shape, place), self.shown(place)
        if shown is not None and not place.empty:
            mask[place.rows, place.columns] &= shown > 0
        return mask


@dataclass(frozen=True)
class _Window:
    """Layers on the photo's own pixels at rows and columns; tone: the one colour of the photo there, if it has one."""

    layers: tuple[Timed, ...]
    rows: slice
    columns: slice
    tone: Tone | None


class Screen:
    """A photo (H,W,3 uint8), already resized by `scale`, and its edited faces on it."""

    def __init__(self, photo: NDArray[np.uint8], faces: Sequence[EditedFace], scale: float = 1.0) -> None:
        self._photo = photo
        windows = (_window(photo, face, scale) for face in faces)
        self._windows = [window for window in windows if window is not None]

    def frame(self, progress: float) -> NDArray[np.uint8]:
        """The photo at a moment, 0..1. What no layer covers stays bit for bit."""
        frame = self._photo.copy()
        if progress <= 0:
            return frame
        for window in self._windows:
            overlay = merged([layer.overlay(progress) for layer in window.layers])
            picture = overlay.picture if window.tone is None else toned(overlay.picture, window.tone)
            below = frame[window.rows, window.columns].copy()
            # blendLinear divides by the sum of the weights, which is 1 here.
            mixed = cv2.blendLinear(below.astype(np.float32), picture, 1 - overlay.alpha, overlay.alpha)
            rounded = cv2.convertScaleAbs(mixed)
            frame[window.rows, window.columns] = cv2.copyTo(rounded, (overlay.alpha > 0).astype(np.uint8), below)
        return frame


def _window(photo: NDArray[np.uint8], face: EditedFace, scale: float) -> _Window | None:
    """A face's layers where they may be seen; None where nothing is."""
    place = face.placed(photo.shape, scale)
    if place.empty or not face.layers:
        return None
    cover = warped_to(np.max([layer.layer.cover for layer in face.layers], 0), place)
    if not cover.any():
        return None
    rows, columns = bounding_box(cover > 0)
    box = Placement(
        place.matrix,
        slice(place.rows.start + rows.start, place.rows.start + rows.stop),
        slice(place.columns.start + columns.start, place.columns.start + columns.stop),
    )
    warp = partial(warped_to, place=box)
    layers = tuple(layer.warped(warp, box.pixel_px) for layer in face.layers)
    shown = face.shown(box, scale)
    if shown is not None:
        layers = tuple(replace(timed, layer=Limited(timed.layer, shown)) for timed in layers)
    return _Window(layers, box.rows, box.columns, tone_of(photo[box.rows, box.columns]))
