"""A generator's picture seen on the canvas of a photo, carried on where the canvas goes further than the crop."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.compositing.canvas import Canvas
from engine.compositing.cutout import CutoutSettings, told_by_colour
from engine.compositing.dome import Dome, DomeSettings, dome
from engine.compositing.drawn_edge import DrawnEdgeSettings, without_background_in_hair
from engine.compositing.hair_reach import CanvasSettings
from engine.compositing.missed_hair import MissedHairSettings, with_missed_hair
from engine.compositing.view import View
from engine.imaging.ops import Mask, Picture, Plane, blur, dilate, distance_to, erode, mixed, nearby_colour, smoothstep
from engine.imaging.scale import at_scale
from engine.parsing import FaceClass

# Where less than this probability is left beside a hat nothing else is seen in it.
LEAST_LIKELY = 1e-3
# What closes a head is told in this part of a render, which holds all of `DomeSettings`' rows.
UPPER_PART = 4


@dataclass(frozen=True)
class RenderSettings:
    """How a render goes on beyond the crop, set by eye. Lengths in `_canvas_px` are the canvas's pixels,
    those in `_parsed_px` the parser's, two of them: a generator draws as coarsely whatever the face."""

    # Above the crop a head has the colours of what lies so deep inside of it, up to so far below the edge, smoothed so
    # far (a Gaussian's sigma); its strands, which are finer than the last, are mirrored there.
    top_edge_canvas_px: int = 12
    top_strip_canvas_px: int = 160
    top_sigma_canvas_px: float = 30.0
    strands_sigma_canvas_px: float = 9.0
    # It is skin or hair there, between these shares (0..1) of a parser's hair: where that doubts, skin became brown.
    hair_shares: tuple[float, float] = (0.35, 0.65)
    # So far below the edge their colour becomes the render's own, so softly beside what lies outside of the head.
    ramp_canvas_px: float = 48.0
    ramp_edge_canvas_px: float = 6.0
    # Its colours end with the head, between these shares (0..1) of it, before those of the render's background that is
    # so far off it: who cuts hair out by its colours took the rim of a dome for half of one.
    ends: tuple[float, float] = (0.2, 0.4)
    off_canvas_px: int = 12
    # Its width is told as a head's is that is cut out, from the colours within this radius, so near to hair.
    told_parsed_px: int = 10
    hair_within_parsed_px: float = 8.0
    # Beside and below it the photo goes on over so much: as wide a seam as between the photo's own two looks.
    seam_parsed_px: int = CanvasSettings().seam_parsed_px
    # There is no hair where the render's background is seen, between these probabilities (0..1): where a parser only
    # doubts, as in a blurred photo, hair that it doubts, too, became a hole in the head.
    open_probabilities: tuple[float, float] = (0.35, 0.65)


def render_view(
    canvas: Canvas,
    render: NDArray[np.uint8],
    probabilities: NDArray[np.float32],
    photo: View,
    settings: RenderSettings = RenderSettings(),
) -> View:
    """The generator's picture (S,S,3) on the canvas that the photo is looked at through.

    probabilities: 19,S,S of the render. Beside and below the crop the photo goes on, without the hair that the render's
    edge has none beside; above it, a head that the edge cuts is closed.
    """
    settings, crop_px = at_scale(settings, canvas.scale), canvas.crop_px
    half_px = crop_px // 2
    # Nobody with a hat gets here: what looks like one in a render is whatever is likeliest else.
    probabilities = probabilities.copy()
    probabilities[FaceClass.HAT] = 0
    probabilities /= np.maximum(probabilities.sum(0), LEAST_LIKELY)
    if probabilities.shape[1] != half_px:
        probabilities = np.stack(
            [cv2.resize(plane, (half_px, half_px), interpolation=cv2.INTER_LINEAR) for plane in probabilities]
        )
    if render.shape[0] != crop_px:
        render = np.asarray(cv2.resize(render, (crop_px, crop_px), interpolation=cv2.INTER_AREA), np.uint8)
    probabilities = with_missed_hair(render, probabilities, at_scale(MissedHairSettings(), canvas.scale))
    probabilities = without_background_in_hair(render, probabilities, at_scale(DrawnEdgeSettings(), canvas.scale))
    left, top = canvas.left_px, canvas.top_px
    right, bottom = canvas.width_px - crop_px - left, canvas.height_px - crop_px - top
    if not (left or top or right or bottom):
        return View(render.astype(np.float32), probabilities, np.ones(render.shape[:2], bool), canvas.scale)
    picture = np.pad(render, ((top, bottom), (left, right), (0, 0)), mode="edge").astype(np.float32)
    half = ((0, 0), (top // 2, bottom // 2), (left // 2, right // 2))
    padded = np.pad(probabilities, half, mode="edge")
    if left or right or bottom:
        _carry_photo_on(picture, padded, canvas, photo, settings)
    head = _head_at_top(render, probabilities, settings)
    above = top + _close_head(padded, head, canvas, settings)
    if above:
        _carry_head_on(picture[: 2 * above + settings.top_strip_canvas_px], padded, above, settings)
    return View(picture, padded, np.ones(picture.shape[:2], bool), canvas.scale)


def _carry_head_on(strip: Picture, padded: NDArray[np.float32], above: int, settings: RenderSettings) -> None:
    """Colour the rows above one in the upper strip of a picture (H,W,3) like the head right below it: hair like its
    hair, with its strands mirrored, and skin like its skin; and beside the head like its background."""
    size = (strip.shape[1], strip.shape[0])
    head, hair = (
        cv2.resize(plane[: strip.shape[0] // 2], size, interpolation=cv2.INTER_LINEAR)
        for plane in (1 - padded[FaceClass.BACKGROUND], padded[FaceClass.HAIR])
    )
    own = erode(head > 0.5, settings.top_edge_canvas_px)
    own[:above] = False
    if not own.any():
        return

    def gone_on(where: Mask) -> Picture:
        where = where if where.any() else own
        wide, narrow = settings.top_sigma_canvas_px, settings.strands_sigma_canvas_px
        colour, smooth = (nearby_colour(strip, where, sigma_px)[0] for sigma_px in (wide, narrow))
        fine = ((strip - smooth) * where[..., None])[above : 2 * above][::-1]
        rows = np.concatenate([colour[:above], (strip + colour - smooth)[above:]])
        rows[above - len(fine) : above] += fine
        return rows

    share = smoothstep(hair / np.maximum(head, np.float32(LEAST_LIKELY)), *settings.hair_shares)
    carried = mixed(gone_on(own & (hair <= 0.5)), gone_on(own & (hair > 0.5)), share)
    beside = ~dilate(head > settings.ends[0], settings.off_canvas_px)
    beside[:above] = False
    if beside.any():
        wall, _ = nearby_colour(strip, beside, settings.top_sigma_canvas_px)
        carried[:above] = mixed(wall[:above], carried[:above], smoothstep(head[:above], *settings.ends))
    # Its colour begins little by little below: at once, it would in a line.
    below_px = np.arange(len(strip), dtype=np.float32) - np.float32(above)
    ramp = np.clip(1 - below_px / np.float32(settings.ramp_canvas_px), 0, 1)[:, None]
    ramp = ramp * blur(own, settings.ramp_edge_canvas_px)
    ramp[:above] = 1
    strip[:] = mixed(strip, carried, ramp)


def _head_at_top(render: NDArray[np.uint8], probabilities: NDArray[np.float32], settings: RenderSettings) -> Plane:
    """How much of each pixel (S,S, 0..1) is the head of a render (2S,2S,3), near its upper edge as it will be cut out:
    a parser's edge lies further out than hair's, and a dome as wide as that would overhang the hair below it."""
    head = np.asarray(1 - probabilities[FaceClass.BACKGROUND], np.float32)
    side_px = head.shape[1]
    rows = side_px // UPPER_PART
    small = cv2.resize(render[: 2 * rows], (side_px, rows), interpolation=cv2.INTER_AREA).astype(np.float32)
    near_hair = distance_to(probabilities[FaceClass.HAIR, :rows] > 0.5) <= settings.hair_within_parsed_px
    told = told_by_colour(small, head[:rows] > 0.5, settings.told_parsed_px, CutoutSettings())
    head[:rows] = np.where(near_hair, told, head[:rows])
    return head


def _close_head(padded: NDArray[np.float32], head: Plane, canvas: Canvas, settings: RenderSettings) -> int:
    """A head that the crop's upper edge cuts goes on, in the canvas's probabilities (19,H/2,W/2), as a dome of what its
    last sure row shows, bare or not, along the dome's outline: straight up, hair at the sides would end in blocks.
    head: S,S, 0..1, the head in the crop. Returns how many pixels below the crop's edge that row is."""
    top, left = canvas.top_px // 2, canvas.left_px // 2
    crop = dome(head, at_scale(DomeSettings(), canvas.scale))
    if crop is None:
        padded[:, :top] = 0
        padded[FaceClass.BACKGROUND, :top] = 1
        return 0
    first = crop.row
    hair, skin = (padded[kind, top + first].copy() for kind in (FaceClass.HAIR, FaceClass.SKIN))
    share = np.divide(hair, hair + skin, out=np.ones_like(hair), where=hair + skin > 0)
    if _hair_at_foot(crop, share[left : left + head.shape[1]]):
        # Its colours end there, a little beyond its outline, and hair is cut out where they do.
        crop = replace(crop, radius=crop.radius - (0.5 - float(np.mean(settings.ends))) * crop.edge)
    above = padded[:, : top + first]
    rows, columns = np.mgrid[: top + first, : padded.shape[2]].astype(np.float32)
    covered = crop.inside(columns - left, rows - top)
    share = cv2.remap(
        share[None], crop.on_row(columns - left, rows - top) + left, np.zeros_like(rows), cv2.INTER_LINEAR
    )
    above[:] = 0
    above[FaceClass.HAIR], above[FaceClass.SKIN] = covered * share, covered * (1 - share)
    above[FaceClass.BACKGROUND] = 1 - covered
    return 2 * first


def _hair_at_foot(crop: Dome, share: Plane) -> bool:
    """Whether a dome stands on hair at its outline. share: S, how much of its row's head is hair."""
    # Within it: beside the head is neither.
    half = float(np.sqrt(max(crop.radius**2 - crop.down**2, 0.0))) - crop.edge / 2
    feet = np.clip(np.rint([crop.x - half, crop.x + half]).astype(int), 0, len(share) - 1)
    return bool(share[feet].mean() > 0.5)


def _carry_photo_on(
    picture: Picture, probabilities: NDArray[np.float32], canvas: Canvas, photo: View, settings: RenderSettings
) -> None:
    """Change a render on its canvas (H,W,3, and 19,H/2,W/2) so that beside and below the crop, over a seam within it,
    the photo goes on, without the hair that the render's edge has background beside."""
    half_px = canvas.crop_px // 2
    beside = np.ones(probabilities.shape[1:], bool)
    beside[: canvas.top_px // 2] = False
    rows, columns = (slice(start // 2, start // 2 + half_px) for start in (canvas.top_px, canvas.left_px))
    beside[rows, columns] = False
    on = photo.probabilities.copy()
    open_edge = smoothstep(probabilities[FaceClass.BACKGROUND], *settings.open_probabilities)
    # Hair that hangs beside the crop gets lower away from it, as it would on a head: no block of it with a corner.
    places = np.arange(open_edge.shape[1])
    aways = np.maximum(columns.start - places, places - columns.stop + 1)
    for column in np.nonzero(aways > 0)[0]:
        open_edge[aways[column] :, column] = open_edge[: -aways[column], column].copy()
    gone = on[FaceClass.HAIR] * open_edge
    on[FaceClass.HAIR] -= gone
    on[FaceClass.BACKGROUND] += gone
    share = np.clip(1 - distance_to(beside) / np.float32(settings.seam_parsed_px), 0, 1)
    probabilities += (on - probabilities) * share
    size = (canvas.width_px, canvas.height_px)
    picture[:] = mixed(picture, photo.picture, cv2.resize(share, size, interpolation=cv2.INTER_LINEAR))
