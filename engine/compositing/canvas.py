"""The area that is worked on: the FFHQ crop, wider where the hair goes beyond it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.compositing.view import View
from engine.face.alignment import CROP_SIZE_PX, apply_inverse, crop_face, crop_matrix, inside_photo
from engine.parsing import BiSeNet, FaceClass, parse
from engine.parsing.parse import PARSE_SIZE_PX

WIDE_MARGIN = 1.75
MAX_PAD_PX = 384
PAD_STEP_PX = 64
# Beyond the hair that the wide look shows, room for strands that it does not.
STRAY_ROOM_PX = 80
SEAM_PX = 24
BORDER_FADE_PX = 32
EDGES = ("left", "top", "right", "bottom")
# Hair touches an edge of the crop where it covers more than this share of so many rows or columns of its parsed pixels.
TOUCH_PX, TOUCH_SHARE = 4, 0.01
# What the parser must be sure of for hair in the crop, and in the wide look, which is coarser.
CROP_HAIR, WIDE_HAIR = 0.5, 0.4


@dataclass(frozen=True)
class Canvas:
    """matrix: 2,3, canvas pixels to photo pixels; left, top: how far the canvas goes beyond the crop; width, height."""

    matrix: NDArray[np.float64]
    left_px: int
    top_px: int
    width_px: int
    height_px: int

    @property
    def crop_slice(self) -> tuple[slice, slice]:
        """Rows and columns of the crop."""
        return slice(self.top_px, self.top_px + CROP_SIZE_PX), slice(self.left_px, self.left_px + CROP_SIZE_PX)

    @property
    def pixel_px(self) -> float:
        """Canvas pixels per pixel of the photo."""
        return 1 / max(float(np.hypot(*self.matrix[:, 0])), 1e-6)

    def to_canvas(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Photo points (N,2) in canvas pixels."""
        return apply_inverse(self.matrix, points)


def canvas_and_view(
    parser: BiSeNet,
    photo: NDArray[np.uint8],
    quad: NDArray[np.float64],
    crop: NDArray[np.uint8],
    probabilities: NDArray[np.float32],
) -> tuple[Canvas, View]:
    """Choose the canvas for a face and look at the photo through it.

    crop: 1024,1024,3; probabilities: 19,512,512 of it. Costs one more pass of the parser only where hair touches the
    crop's edge and the photo goes on there.
    """
    wide: NDArray[np.float32] | None = None
    pads: tuple[int, ...] = (0, 0, 0, 0)
    matrix = crop_matrix(quad)
    touched = _touched(probabilities, inside_photo(photo.shape, quad, PARSE_SIZE_PX))
    if touched:
        wide = parse(parser, crop_face(photo, quad, PARSE_SIZE_PX, WIDE_MARGIN), mirrored=False)
        pads = _pads(wide, inside_photo(photo.shape, quad, PARSE_SIZE_PX, WIDE_MARGIN))
        # The wide look is too coarse for a photo that goes on by a few pixels, and hair would be left on those.
        least = touched & _open_edges(matrix, CROP_SIZE_PX, CROP_SIZE_PX, photo.shape)
        pads = tuple(max(pad, PAD_STEP_PX if edge in least else 0) for edge, pad in zip(EDGES, pads, strict=True))
    left, top, right, bottom = pads
    matrix[:, 2] -= matrix[:, 0] * left + matrix[:, 1] * top
    canvas = Canvas(matrix, left, top, CROP_SIZE_PX + left + right, CROP_SIZE_PX + top + bottom)
    real = _inside(canvas, photo.shape)
    if not any(pads) or wide is None:
        return canvas, View(crop.astype(np.float32), probabilities, real)
    full = crop_face(photo, quad, round(CROP_SIZE_PX * WIDE_MARGIN), WIDE_MARGIN).astype(np.float32)
    corner = round(CROP_SIZE_PX * (WIDE_MARGIN - 1) / 2)
    rows = slice(corner - top, corner - top + canvas.height_px)
    columns = slice(corner - left, corner - left + canvas.width_px)
    picture = full[rows, columns].copy()
    picture[canvas.crop_slice] = crop
    return canvas, View(picture, _joined(wide, probabilities, canvas, corner), real)


def _inside(canvas: Canvas, photo_shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Which canvas pixels (height, width) the photo covers, a little inside of its edge."""
    y, x = np.mgrid[: canvas.height_px, : canvas.width_px]
    matrix = canvas.matrix
    photo_x = matrix[0, 0] * x + matrix[0, 1] * y + matrix[0, 2]
    photo_y = matrix[1, 0] * x + matrix[1, 1] * y + matrix[1, 2]
    inside = (photo_x >= 0.5) & (photo_y >= 0.5) & (photo_x <= photo_shape[1] - 1.5) & (photo_y <= photo_shape[0] - 1.5)
    return np.asarray(inside, bool)


def border_fade(canvas: Canvas, photo_shape: tuple[int, ...]) -> NDArray[np.float32]:
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
        fade = fade * np.clip(distances[edge] / BORDER_FADE_PX, 0, 1)
    return fade.astype(np.float32)


def _open_edges(
    matrix: NDArray[np.float64], width_px: int, height_px: int, photo_shape: tuple[int, ...]
) -> frozenset[str]:
    """The edges of a rectangle, given by its pixels' places in the photo, beyond whose middle the photo goes on."""
    middle_x, middle_y = width_px / 2, height_px / 2
    beyond = {
        "left": (-2.0, middle_y),
        "top": (middle_x, -2.0),
        "right": (width_px + 1.0, middle_y),
        "bottom": (middle_x, height_px + 1.0),
    }
    places = {edge: matrix[:, :2] @ np.array(point) + matrix[:, 2] for edge, point in beyond.items()}
    height, width = photo_shape[:2]
    return frozenset(edge for edge, (x, y) in places.items() if -0.5 <= x < width - 0.5 and -0.5 <= y < height - 0.5)


def _touched(probabilities: NDArray[np.float32], inside: NDArray[np.bool_]) -> frozenset[str]:
    """The crop's edges, but for the lower one, that hair touches inside of the photo."""
    hair = (probabilities[FaceClass.HAIR] > CROP_HAIR) & inside
    edges = {"left": hair[:, :TOUCH_PX], "top": hair[:TOUCH_PX], "right": hair[:, -TOUCH_PX:]}
    return frozenset(name for name, edge in edges.items() if float(edge.mean()) > TOUCH_SHARE)


def _pads(wide: NDArray[np.float32], inside: NDArray[np.bool_]) -> tuple[int, int, int, int]:
    """Pixels to add left, above, right and below, in steps that the fill's pyramid divides."""
    hair = (wide[FaceClass.HAIR] > WIDE_HAIR).astype(np.uint8)
    count, labels, _, _ = cv2.connectedComponentsWithStats(hair)
    size = wide.shape[1]
    lower, upper = round(size * (0.5 - 0.5 / WIDE_MARGIN)), round(size * (0.5 + 0.5 / WIDE_MARGIN))
    if count <= 1:
        return 0, 0, 0, 0
    # Only hair that is connected with what the crop shows; a neighbour's stays theirs.
    own = np.unique(labels[lower:upper, lower:upper])
    rows, columns = np.nonzero(np.isin(labels, own[own > 0]) & inside)
    if len(rows) == 0:
        return 0, 0, 0, 0
    scale = CROP_SIZE_PX * WIDE_MARGIN / size
    corner = CROP_SIZE_PX * (WIDE_MARGIN - 1) / 2
    beyond = (
        corner - columns.min() * scale,
        corner - rows.min() * scale,
        (columns.max() + 1) * scale - corner - CROP_SIZE_PX,
        (rows.max() + 1) * scale - corner - CROP_SIZE_PX,
    )
    inside_rows, inside_columns = np.nonzero(inside)
    room = (
        corner - inside_columns.min() * scale,
        corner - inside_rows.min() * scale,
        (inside_columns.max() + 1) * scale - corner - CROP_SIZE_PX,
        (inside_rows.max() + 1) * scale - corner - CROP_SIZE_PX,
    )
    pads = []
    for reach, available in zip(beyond, room, strict=True):
        wanted = 0 if reach <= 1 or available <= 1 else reach + STRAY_ROOM_PX
        pads.append(int(min(MAX_PAD_PX, -(-min(wanted, available) // PAD_STEP_PX) * PAD_STEP_PX)))
    return pads[0], pads[1], pads[2], pads[3]


def _joined(
    wide: NDArray[np.float32], close: NDArray[np.float32], canvas: Canvas, corner_px: int
) -> NDArray[np.float32]:
    """The close look where there is one, the wide one beyond, at half the canvas's size."""
    half = (round(CROP_SIZE_PX * WIDE_MARGIN) // 2,) * 2
    enlarged = np.stack([cv2.resize(plane, half, interpolation=cv2.INTER_LINEAR) for plane in wide])
    top, left = (corner_px - canvas.top_px) // 2, (corner_px - canvas.left_px) // 2
    joined = enlarged[:, top : top + canvas.height_px // 2, left : left + canvas.width_px // 2].copy()
    size = CROP_SIZE_PX // 2
    distance = np.minimum(np.arange(size), np.arange(size)[::-1])
    ramp = np.clip(np.minimum(distance[:, None], distance[None]) / SEAM_PX, 0, 1).astype(np.float32)
    for edge, pad in (("top", canvas.top_px), ("left", canvas.left_px)):
        if pad == 0:
            ramp = _without_ramp(ramp, edge)
    if canvas.left_px + CROP_SIZE_PX == canvas.width_px:
        ramp = _without_ramp(ramp, "right")
    if canvas.top_px + CROP_SIZE_PX == canvas.height_px:
        ramp = _without_ramp(ramp, "bottom")
    rows = slice(canvas.top_px // 2, canvas.top_px // 2 + size)
    columns = slice(canvas.left_px // 2, canvas.left_px // 2 + size)
    joined[:, rows, columns] += (close - joined[:, rows, columns]) * ramp
    return joined


def _without_ramp(ramp: NDArray[np.float32], edge: str) -> NDArray[np.float32]:
    """No fading at an edge where the canvas ends with the crop."""
    out = ramp.copy()
    inner = SEAM_PX
    if edge == "top":
        out[:inner] = np.maximum(out[:inner], ramp[inner])
    elif edge == "bottom":
        out[-inner:] = np.maximum(out[-inner:], ramp[-inner - 1])
    elif edge == "left":
        out[:, :inner] = np.maximum(out[:, :inner], ramp[:, inner][:, None])
    else:
        out[:, -inner:] = np.maximum(out[:, -inner:], ramp[:, -inner - 1][:, None])
    return out
