"""The area that is worked on: the FFHQ crop, wider where the hair goes beyond it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.compositing.dome import dome
from engine.compositing.view import View
from engine.face.alignment import CROP_SIZE_PX, apply_inverse, crop_face, crop_matrix, inside_photo
from engine.imaging.ops import Picture, distance_to, erode, nearby_colour
from engine.parsing import BiSeNet, FaceClass, parse
from engine.parsing.parse import PARSE_SIZE_PX

WIDE_MARGIN = 1.75
MAX_PAD_PX = 384
PAD_STEP_PX = 64
# Beyond the hair that the wide look shows, room for strands that it does not.
STRAY_ROOM_PX = 80
SEAM_PX = 24
BORDER_FADE_PX = 32
# Above the crop a head has the colours of what lies so deep inside of it, up to so far below the edge, smoothed so far.
# Strands are finer than the last.
TOP_EDGE_PX, TOP_STRIP_PX, TOP_REACH_PX, STRANDS_PX = 12, 160, 30.0, 9.0
# Where less than this is likely beside a hat nothing else is seen in it.
LEAST_LIKELY = 1e-3
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


def render_view(canvas: Canvas, render: NDArray[np.uint8], probabilities: NDArray[np.float32], photo: View) -> View:
    """The generator's picture (1024,1024,3) on the canvas that the photo is looked at through.

    probabilities: 19,S,S of the render. Beside and below the crop the photo goes on, without the hair that the render's
    edge has none beside; above it, a head that the edge cuts is closed.
    """
    half_px = CROP_SIZE_PX // 2
    # Nobody with a hat gets here: what looks like one in a render is whatever is likeliest else.
    probabilities = probabilities.copy()
    probabilities[FaceClass.HAT] = 0
    probabilities /= np.maximum(probabilities.sum(0), LEAST_LIKELY)
    if probabilities.shape[1] != half_px:
        probabilities = np.stack(
            [cv2.resize(plane, (half_px, half_px), interpolation=cv2.INTER_LINEAR) for plane in probabilities]
        )
    left, top = canvas.left_px, canvas.top_px
    right, bottom = canvas.width_px - CROP_SIZE_PX - left, canvas.height_px - CROP_SIZE_PX - top
    if not (left or top or right or bottom):
        return View(render.astype(np.float32), probabilities, np.ones(render.shape[:2], bool))
    picture = np.pad(render, ((top, bottom), (left, right), (0, 0)), mode="edge").astype(np.float32)
    half = ((0, 0), (top // 2, bottom // 2), (left // 2, right // 2))
    padded = np.pad(probabilities, half, mode="edge")
    if left or right or bottom:
        _carry_photo_on(picture, padded, canvas, photo)
    above = top + _close_head(padded, probabilities, canvas)
    if above:
        _carry_head_on(picture[: 2 * above + TOP_STRIP_PX], padded, above)
    return View(picture, padded, np.ones(picture.shape[:2], bool))


def _carry_head_on(strip: Picture, padded: NDArray[np.float32], above: int) -> None:
    """Colour the rows above one in the upper strip of a picture (H,W,3) like the head right below it, with its strands
    mirrored."""
    head = 1 - padded[FaceClass.BACKGROUND, : strip.shape[0] // 2]
    size = (strip.shape[1], strip.shape[0])
    own = erode(cv2.resize(head, size, interpolation=cv2.INTER_LINEAR) > 0.5, TOP_EDGE_PX)
    own[:above] = False
    if not own.any():
        return
    strands = ((strip - nearby_colour(strip, own, STRANDS_PX)[0]) * own[..., None])[above : 2 * above][::-1]
    strip[:above] = nearby_colour(strip, own, TOP_REACH_PX)[0][:above]
    strip[above - len(strands) : above] += strands


def _close_head(padded: NDArray[np.float32], probabilities: NDArray[np.float32], canvas: Canvas) -> int:
    """A head that the crop's upper edge cuts goes on, in the canvas's probabilities (19,H/2,W/2), as a dome of what its
    last sure row shows, bare or not. probabilities: 19,S,S of the crop. Returns how many pixels below the crop's edge
    that row is."""
    top, left = canvas.top_px // 2, canvas.left_px // 2
    crop = dome(1 - probabilities[FaceClass.BACKGROUND])
    if crop is None:
        padded[:, :top] = 0
        padded[FaceClass.BACKGROUND, :top] = 1
        return 0
    first = crop.row
    hair, skin = (padded[kind, top + first].copy() for kind in (FaceClass.HAIR, FaceClass.SKIN))
    share = np.divide(hair, hair + skin, out=np.ones_like(hair), where=hair + skin > 0)
    above = padded[:, : top + first]
    rows, columns = np.mgrid[: top + first, : padded.shape[2]].astype(np.float32)
    head = crop.inside(columns - left, rows - top)
    above[:] = 0
    above[FaceClass.HAIR], above[FaceClass.SKIN] = head * share, head * (1 - share)
    above[FaceClass.BACKGROUND] = 1 - head
    return 2 * first


def _carry_photo_on(picture: Picture, probabilities: NDArray[np.float32], canvas: Canvas, photo: View) -> None:
    """Change a render on its canvas (H,W,3, and 19,H/2,W/2) so that beside and below the crop, over a seam within it,
    the photo goes on, without the hair that the render's edge has background beside."""
    half_px = CROP_SIZE_PX // 2
    beside = np.ones(probabilities.shape[1:], bool)
    beside[: canvas.top_px // 2] = False
    rows, columns = (slice(start // 2, start // 2 + half_px) for start in (canvas.top_px, canvas.left_px))
    beside[rows, columns] = False
    on = photo.probabilities.copy()
    open_edge = probabilities[FaceClass.BACKGROUND].copy()
    # Hair that hangs beside the crop gets lower away from it, as it would on a head: no block of it with a corner.
    places = np.arange(open_edge.shape[1])
    aways = np.maximum(columns.start - places, places - columns.stop + 1)
    for column in np.nonzero(aways > 0)[0]:
        open_edge[aways[column] :, column] = open_edge[: -aways[column], column].copy()
    gone = on[FaceClass.HAIR] * open_edge
    on[FaceClass.HAIR] -= gone
    on[FaceClass.BACKGROUND] += gone
    share = np.clip(1 - distance_to(beside) / np.float32(SEAM_PX), 0, 1)
    probabilities += (on - probabilities) * share
    size = (canvas.width_px, canvas.height_px)
    picture += (photo.picture - picture) * cv2.resize(share, size, interpolation=cv2.INTER_LINEAR)[..., None]


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
