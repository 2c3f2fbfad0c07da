"""The area that is worked on: the FFHQ crop, wider where the hair goes beyond it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.compositing.hair_reach import CanvasSettings, look_around, touching
from engine.compositing.view import View
from engine.face.alignment import CROP_SIZE_PX, apply_inverse, crop_face, crop_matrix, inside, inside_photo
from engine.parsing import BiSeNet
from engine.parsing.parse import PARSE_SIZE_PX

EDGES = ("left", "top", "right", "bottom")
# The least that a canvas pixel may be in the photo, whose pixels are counted by it.
LEAST_PHOTO_PX = 1e-6
# So far beyond an edge (canvas pixels) it is asked whether the photo goes on: the next pixel but one.
BEYOND_PX = 2.0
# A smaller canvas's crop has a multiple of this side: canvases, their pads and their halves are then whole numbers.
CROP_STEP_PX = 32
# It is so many times as large as it is shown at least: of three portraits' finest detail the way into the photo then
# keeps as much as from the full size (at 1.0 3 % less; beyond 1.25 it is averaged first, and 9 % less). Smaller ones
# than the last save hardly anything more.
SHARPER = 1.12
LEAST_CROP_PX = 512
# Shares of a smaller pixel that are all of it, but for rounding.
WHOLLY = 0.999
# A photo's pixel ends half a pixel around its centre.
HALF_PX = 0.5


@dataclass(frozen=True)
class BorderSettings:
    """How a change ends where the photo goes on beyond the canvas, set by eye: over so many canvas pixels."""

    fade_px: int = 32


@dataclass(frozen=True)
class Canvas:
    """matrix: 2,3, canvas pixels to photo pixels; left_px, top_px: how far the canvas goes beyond the crop; width_px,
    height_px: its size; crop_px: the crop's side on it; ends_in_hair: whether hair goes on below it."""

    matrix: NDArray[np.float64]
    left_px: int
    top_px: int
    width_px: int
    height_px: int
    crop_px: int = CROP_SIZE_PX
    ends_in_hair: bool = False

    @property
    def scale(self) -> float:
        """Its pixels per pixel of a crop at full size."""
        return self.crop_px / CROP_SIZE_PX

    @property
    def crop_slice(self) -> tuple[slice, slice]:
        """Rows and columns of the crop."""
        return slice(self.top_px, self.top_px + self.crop_px), slice(self.left_px, self.left_px + self.crop_px)

    @property
    def pixel_px(self) -> float:
        """Canvas pixels per pixel of the photo."""
        return 1 / max(float(np.hypot(*self.matrix[:, 0])), LEAST_PHOTO_PX)

    def to_canvas(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Photo points (N,2) in canvas pixels."""
        return apply_inverse(self.matrix, points)


def canvas_and_view(
    parser: BiSeNet,
    photo: NDArray[np.uint8],
    quad: NDArray[np.float64],
    crop: NDArray[np.uint8],
    probabilities: NDArray[np.float32],
    settings: CanvasSettings = CanvasSettings(),
) -> tuple[Canvas, View]:
    """Choose the canvas for a face and look at the photo through it.

    crop: 1024,1024,3; probabilities: 19,512,512 of it. Costs one more pass of the parser only where hair touches the
    crop's edge and the photo goes on there.
    """
    wide: NDArray[np.float32] | None = None
    pads: tuple[int, ...] = (0, 0, 0, 0)
    matrix = crop_matrix(quad)
    margin = settings.wide_margin
    shown = inside_photo(photo.shape, quad, PARSE_SIZE_PX)
    open_edges = _open_edges(matrix, CROP_SIZE_PX, CROP_SIZE_PX, photo.shape)
    touched = touching(probabilities, shown, settings.touch_parsed_px, settings)
    near = touching(probabilities, shown, settings.near_parsed_px, settings)
    near = (near | touched) & open_edges - {"bottom"}
    ends_in_hair = "bottom" in touched & open_edges
    # Hair that goes on below the crop alone stays there, unless all is to go.
    if touched - {"bottom"} or (ends_in_hair and settings.to_the_ends):
        wide, pads = look_around(parser, photo, quad, PARSE_SIZE_PX, margin, settings)
        ends_in_hair = pads[3] >= settings.max_pad_px
        if ends_in_hair and settings.to_the_ends:
            tall = look_around(parser, photo, quad, settings.tall_look_px, settings.tall_margin, settings)
            if tall[1][3] > pads[3]:
                (wide, pads), margin = tall, settings.tall_margin
    # The wide look is too coarse for a photo that goes on by a few pixels, and hair would be left on those.
    by_edge = zip(EDGES, pads, strict=True)
    pads = tuple(max(pad, settings.pad_multiple_px if edge in near else 0) for edge, pad in by_edge)
    left, top, right, bottom = pads
    matrix[:, 2] -= matrix[:, 0] * left + matrix[:, 1] * top
    ends_in_hair &= not settings.to_the_ends
    size = (CROP_SIZE_PX + left + right, CROP_SIZE_PX + top + bottom)
    canvas = Canvas(matrix, left, top, *size, ends_in_hair=ends_in_hair)
    # A little inside of its edge, where it is not yet mixed with what lies beyond.
    real = inside(matrix, (canvas.height_px, canvas.width_px), photo.shape, within_px=HALF_PX)
    if not any(pads):
        return canvas, View(crop.astype(np.float32), probabilities, real)
    corner = round(CROP_SIZE_PX * (margin - 1) / 2)
    rows = slice(corner - top, corner - top + canvas.height_px)
    columns = slice(corner - left, corner - left + canvas.width_px)
    picture = crop_face(photo, quad, round(CROP_SIZE_PX * margin), margin, (rows, columns)).astype(np.float32)
    picture[canvas.crop_slice] = crop
    if wide is None:
        beyond = ((0, 0), (top // 2, bottom // 2), (left // 2, right // 2))
        return canvas, View(picture, np.pad(probabilities, beyond, mode="edge"), real)
    return canvas, View(picture, _joined(wide, probabilities, canvas, margin, settings), real)


def smaller_canvas(canvas: Canvas, view: View, crop_px: int) -> tuple[Canvas, View]:
    """The same canvas, and the photo seen through it, with a crop of another side, no larger than before; crop_px: a
    multiple of `CROP_STEP_PX`."""
    if crop_px == canvas.crop_px:
        return canvas, view
    share = crop_px / canvas.crop_px
    left_px, top_px, width_px, height_px = (
        round(length * share) for length in (canvas.left_px, canvas.top_px, canvas.width_px, canvas.height_px)
    )
    matrix = canvas.matrix.copy()
    matrix[:, :2] /= share
    matrix[:, 2] += canvas.matrix[:, :2].sum(1) * (0.5 / share - 0.5)  # pixel centres are at whole numbers
    smaller = Canvas(matrix, left_px, top_px, width_px, height_px, crop_px, canvas.ends_in_hair)
    half = (width_px // 2, height_px // 2)
    probabilities = np.stack([cv2.resize(plane, half, interpolation=cv2.INTER_AREA) for plane in view.probabilities])
    picture = shrunk(view.picture, smaller)
    real = shrunk(view.real.astype(np.float32), smaller) > WHOLLY
    return smaller, View(picture, probabilities, real, smaller.scale)


def crop_px_for(quad: NDArray[np.float64], scale: float) -> int:
    """The side of a crop (its corners in the photo: 4,2) that shows no less than the photo resized by `scale`."""
    steps = math.ceil(SHARPER * float(np.hypot(*(quad[3] - quad[0]))) * scale / CROP_STEP_PX)
    return min(max(steps * CROP_STEP_PX, LEAST_CROP_PX), CROP_SIZE_PX)


def shrunk(values: NDArray[np.float32], canvas: Canvas) -> NDArray[np.float32]:
    """A plane or picture of a larger canvas on a smaller one of the same area."""
    size = (canvas.width_px, canvas.height_px)
    return np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_AREA), np.float32)


def border_fade(
    canvas: Canvas, photo_shape: tuple[int, ...], settings: BorderSettings = BorderSettings()
) -> NDArray[np.float32]:
    """1 inside, falling to 0 at those edges of the canvas beyond which the photo goes on (height, width)."""
    height, width = canvas.height_px, canvas.width_px
    fade = np.ones((height, width), np.float32)
    distances = {
        "left": np.arange(width)[None],
        "top": np.arange(height)[:, None],
        "right": np.arange(width)[None, ::-1],
        "bottom": np.arange(height)[::-1, None],
    }
    for edge in _open_edges(canvas.matrix, width, height, photo_shape):
        fade = fade * np.clip(distances[edge] / settings.fade_px, 0, 1)
    return fade.astype(np.float32)


def _open_edges(
    matrix: NDArray[np.float64], width_px: int, height_px: int, photo_shape: tuple[int, ...]
) -> frozenset[str]:
    """The edges of a rectangle, given by its pixels' places in the photo, beyond whose middle the photo goes on."""
    middle_x, middle_y = width_px / 2, height_px / 2
    beyond = {
        "left": (-BEYOND_PX, middle_y),
        "top": (middle_x, -BEYOND_PX),
        "right": (width_px - 1 + BEYOND_PX, middle_y),
        "bottom": (middle_x, height_px - 1 + BEYOND_PX),
    }
    places = {edge: matrix[:, :2] @ np.array(point) + matrix[:, 2] for edge, point in beyond.items()}
    height, width = photo_shape[:2]
    return frozenset(
        edge for edge, (x, y) in places.items() if -HALF_PX <= x < width - HALF_PX and -HALF_PX <= y < height - HALF_PX
    )


def _joined(
    wide: NDArray[np.float32], close: NDArray[np.float32], canvas: Canvas, margin: float, settings: CanvasSettings
) -> NDArray[np.float32]:
    """The close look where there is one, the wide one beyond, at half the canvas's size."""
    half = (round(CROP_SIZE_PX * margin) // 2,) * 2
    corner_px = round(CROP_SIZE_PX * (margin - 1) / 2)
    top, left = (corner_px - canvas.top_px) // 2, (corner_px - canvas.left_px) // 2
    seen = (slice(top, top + canvas.height_px // 2), slice(left, left + canvas.width_px // 2))
    joined = np.stack([cv2.resize(plane, half, interpolation=cv2.INTER_LINEAR)[seen] for plane in wide])
    size = CROP_SIZE_PX // 2
    down = _to_open_ends(size, canvas.top_px > 0, canvas.top_px + CROP_SIZE_PX < canvas.height_px)
    across = _to_open_ends(size, canvas.left_px > 0, canvas.left_px + CROP_SIZE_PX < canvas.width_px)
    ramp = np.clip(np.minimum(down[:, None], across[None]) / settings.seam_parsed_px, 0, 1).astype(np.float32)
    rows = slice(canvas.top_px // 2, canvas.top_px // 2 + size)
    columns = slice(canvas.left_px // 2, canvas.left_px // 2 + size)
    joined[:, rows, columns] += (close - joined[:, rows, columns]) * ramp
    return joined


def _to_open_ends(size: int, first: bool, last: bool) -> NDArray[np.float64]:
    """How far each of so many pixels in a row is from the ends beyond which the canvas goes on."""
    away = np.arange(size, dtype=np.float64)
    nowhere = np.full(size, np.inf)
    return np.minimum(away if first else nowhere, away[::-1] if last else nowhere)
