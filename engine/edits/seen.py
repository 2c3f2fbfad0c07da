"""What a photo shows of one face, before anything is learnt of it or drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from engine.compositing import (
    Canvas,
    CanvasSettings,
    Setting,
    border_fade,
    canvas_and_view,
    off_own_head,
    shrunk,
    smaller_canvas,
    without_others_hair,
    without_strangers_hair,
)
from engine.compositing.in_front import drawn_over, painted_out
from engine.compositing.on_hair import NO_EVIDENCE, OnHairSettings, check_on_hair
from engine.compositing.regions import RegionSettings
from engine.compositing.setting import ChangeSettings
from engine.compositing.shadow import OwnShadowSettings
from engine.compositing.view import View
from engine.edits.hat import check_hat
from engine.edits.squares import blurred_if_in_squares
from engine.errors import HatInTheWay
from engine.face.alignment import CROP_SIZE_PX, apply_inverse, crop_face, crop_matrix, inside_photo
from engine.face.drawn import check_not_inked, check_photographed, drawn_if_refused
from engine.face.faces import Face, cut_if_refused, shows_midline, small_if_refused
from engine.face.head_axes import HeadAxes, head_axes
from engine.imaging.blocks import blockiness
from engine.imaging.monochrome import tone_of
from engine.imaging.ops import Mask, Picture, Plane, blur
from engine.imaging.scale import at_scale
from engine.parsing import (
    BiSeNet,
    FaceClass,
    HairWatch,
    blurred,
    check_seen,
    on_hair,
    on_hair_close,
    parse,
    parse_face_with_features,
    seen_both_ways,
)
from engine.parsing.bisenet import TrunkFeatures

# The class probabilities (19,S,S) and the trunk's features of a second look.
Again = Callable[[], tuple[NDArray[np.float32], TrunkFeatures]]


@dataclass(frozen=True)
class SeenSettings:
    """How a face is looked at, set by eye."""

    # Hair that is looked at for a pencil's lines is as likely as this.
    surely_hair: float = 0.7
    # Softness of the edge of what lies in front of the hair (a Gaussian's sigma, pixels of the canvas at full size).
    in_front_edge_px: float = 1.0
    # Blocks of a JPEG look like things on the hair: from so much blockiness on, what a hat or a thing is seen in is
    # looked at again, blurred by so many pixels of the photo (sigma). Photos have 1.0 to 1.4, at quality 20 half have
    # more than 1.7.
    blocky: float = 1.4
    blocks_photo_px: float = 2.0
    # Faces narrower than this (pixels of the photo between the ends of the jaw) are only enlarged where the hair is
    # looked at from closer, and soft hair then shows edges of its own: of one portrait 0.0033 of evidence at 240 px,
    # none at 300. What is seen there counts as from afar.
    sharp_close_photo_px: float = 300.0
    # A photo that ends below this height over the brows (face widths) cuts the head: the mirrored hair beyond looks
    # like a thing on it. Of all faces in 40 photos the least shows 0.61.
    whole_head: float = 0.6
    canvas: CanvasSettings = field(default_factory=CanvasSettings)


@dataclass(frozen=True)
class Seen:
    """crop: 1024,1024,3 uint8; learnt_from: the same without what was drawn over it; landmarks: 68,2 in it;
    probabilities: 19,S,S of it; axes: the head's in it; canvas: the area that is worked on; view: what is seen there;
    setting: everything that all drawn pictures share."""

    crop: NDArray[np.uint8]
    learnt_from: NDArray[np.uint8]
    landmarks: NDArray[np.float64]
    probabilities: NDArray[np.float32]
    axes: HeadAxes
    canvas: Canvas
    view: View
    setting: Setting


def crop_coordinates(axes: HeadAxes, probabilities: NDArray[np.float32]) -> tuple[Plane, Plane]:
    """Head coordinates (S,S each) at the pixels of a crop's class probabilities (19,S,S)."""
    size_px = probabilities.shape[1]
    return axes.coordinates(size_px, CROP_SIZE_PX / size_px)


def see(
    parser: BiSeNet,
    watch: HairWatch,
    photo: NDArray[np.uint8],
    face: Face,
    others: Sequence[Face],
    crop_px: int,
    settings: SeenSettings = SeenSettings(),
) -> Seen:
    """Look at a face of a photo (H,W,3). watch: tells what lies on hair; others: the photo's other faces; crop_px: side
    of the crop on the canvas.

    Raises FaceError where no edit could do anything for it: drawn, too blurred, with a hat or something in the hair,
    or cut or too small where a hat would be.
    """
    crop = crop_face(photo, face.quad)
    landmarks = apply_inverse(crop_matrix(face.quad), face.landmarks)
    with (
        blurred_if_in_squares(_around(photo, face.quad), crop, landmarks),
        drawn_if_refused(crop, landmarks),
        small_if_refused(face),
        cut_if_refused(face, photo.shape),
    ):
        check_photographed(crop, landmarks)
        probabilities, features = parse_face_with_features(parser, crop, landmarks)
        check_seen(probabilities, landmarks)
        if tone_of(crop) is not None:
            check_not_inked(crop, landmarks, probabilities[FaceClass.HAIR] > settings.surely_hair)
        axes = head_axes(landmarks)
        again = None
        if _in_blocks(photo, face.quad, settings):
            again = partial(parse_face_with_features, parser, _without_blocks(crop, face.quad, settings), landmarks)
        _check_hat_twice(probabilities, axes, again)
        canvas, view = canvas_and_view(parser, photo, face.quad, crop, probabilities, settings.canvas)
        on_canvas, others_axes, glimpsed = _axes_on(canvas, view, face, others)
        view = without_strangers_hair(without_others_hair(view, on_canvas, others_axes, glimpsed), on_canvas)
        # Nothing is learnt from what was drawn over the photo, and nothing laid over it.
        counted = _counted(photo.shape, face, canvas, settings)
        # On one core, while the parser looks closer on the others.
        with ThreadPoolExecutor(1) as pool:
            over = pool.submit(drawn_over, view.picture, view.is_any(FaceClass.HAIR), view.real)
            close = on_hair_close(watch, parser, crop)
        in_front, told = over.result(), _on_hair_settings(face, settings)
        try:
            check_on_hair(
                view, on_canvas, in_front, *_evidence(on_hair(watch.whole, features), close, canvas, counted), told
            )
        except HatInTheWay:
            # Most photos need no second look.
            if again is None:
                wide, close = seen_both_ways(watch, parser, crop, features, close)
            else:
                wide = on_hair(watch.whole, again()[1])
                close = on_hair_close(watch, parser, _without_blocks(crop, face.quad, settings))
            check_on_hair(view, on_canvas, in_front, *_evidence(wide, close, canvas, counted), told)
        view = replace(view, real=view.real & ~in_front)
        learnt_from = painted_out(crop, in_front[canvas.crop_slice])
        fade = border_fade(canvas, photo.shape) * (1 - blur(in_front, settings.in_front_edge_px))
        # All that is seen in the photo is told at full size; what is drawn into it need be no larger than shown.
        canvas, view = smaller_canvas(canvas, view, crop_px)
        setting = setting_on(canvas, view, face, others, shrunk(fade, canvas))
        return Seen(crop, learnt_from, landmarks, probabilities, axes, canvas, view, setting)


def setting_on(canvas: Canvas, view: View, face: Face, others: Sequence[Face], fade: Plane) -> Setting:
    """What all pictures that are drawn on a canvas share. view: the photo seen through it; fade: H,W, 0..1, how much
    may change there."""
    on_canvas, others_axes, glimpsed = _axes_on(canvas, view, face, others)
    return Setting(
        view,
        canvas.to_canvas(face.landmarks),
        on_canvas,
        fade,
        others_axes,
        canvas.pixel_px,
        canvas.top_px,
        at_scale(RegionSettings(), canvas.scale),
        at_scale(OwnShadowSettings(), canvas.scale),
        at_scale(ChangeSettings(), canvas.scale),
        glimpsed,
    )


def seen_again(parser: BiSeNet, canvas: Canvas, before: View, picture: Picture) -> View:
    """An edited picture of a canvas (H,W,3), parsed again where the crop lies. before: what was seen there."""
    rows, columns = canvas.crop_slice
    crop = np.clip(np.rint(picture[rows, columns]), 0, 255).astype(np.uint8)
    probabilities = before.probabilities.copy()
    half_rows = slice(rows.start // 2, rows.start // 2 + CROP_SIZE_PX // 2)
    half_columns = slice(columns.start // 2, columns.start // 2 + CROP_SIZE_PX // 2)
    probabilities[:, half_rows, half_columns] = parse(parser, crop)
    return View(picture, probabilities, before.real)


def _check_hat_twice(probabilities: NDArray[np.float32], axes: HeadAxes, again: Again | None) -> None:
    """As `check_hat`, but that what only a compressed file's blocks look like is no hat: the hair is not seen."""
    coordinates = crop_coordinates(axes, probabilities)
    try:
        check_hat(probabilities, *coordinates)
    except HatInTheWay as error:
        if again is None:
            raise
        check_hat(again()[0], *coordinates)
        raise blurred() from error


def _in_blocks(photo: NDArray[np.uint8], quad: NDArray[np.float64], settings: SeenSettings) -> bool:
    """Whether the photo was compressed so strongly that its blocks are seen around the face."""
    window = _around(photo, quad)
    return window.size > 0 and blockiness(window) >= settings.blocky


def _around(photo: NDArray[np.uint8], quad: NDArray[np.float64]) -> NDArray[np.uint8]:
    """The photo's own pixels around a face."""
    (left, top), (right, bottom) = quad.min(0), quad.max(0)
    return photo[max(0, int(top)) : max(0, int(bottom) + 1), max(0, int(left)) : max(0, int(right) + 1)]


def _without_blocks(crop: NDArray[np.uint8], quad: NDArray[np.float64], settings: SeenSettings) -> NDArray[np.uint8]:
    """The crop without what a strongly compressed file has added to it, and without its finest detail."""
    sigma_px = settings.blocks_photo_px * CROP_SIZE_PX / max(float(np.hypot(*(quad[3] - quad[0]))), 1.0)
    return np.asarray(cv2.GaussianBlur(crop, (0, 0), sigma_px), np.uint8)


def _on_hair_settings(face: Face, settings: SeenSettings) -> OnHairSettings:
    """When something lies on the hair of a face, as large as it is in the photo."""
    usual = OnHairSettings()
    if face.width_px >= settings.sharp_close_photo_px:
        return usual
    return replace(usual, sure_close=usual.sure_if_plain, least_evidence_close=usual.least_evidence_if_plain)


def _counted(photo_shape: tuple[int, ...], face: Face, canvas: Canvas, settings: SeenSettings) -> Mask:
    """Where, at half the crop's size, something may lie on the hair: not in what is mirrored beyond a photo that cuts
    the head. A thing that the edge cuts on a whole head counts with its mirror image."""
    size_px = canvas.crop_px // 2
    if shows_midline(face, photo_shape, settings.whole_head):
        return np.ones((size_px, size_px), bool)
    return inside_photo(photo_shape, face.quad, size_px)


def _evidence(
    wide: torch.Tensor, close: tuple[NDArray[np.float32], slice, slice], canvas: Canvas, counted: Mask
) -> tuple[Plane, Plane]:
    """Evidence that something lies on the hair, at half the canvas's size, of nothing beyond the crop: seen in the
    whole crop (`on_hair`), and from closer (`on_hair_close`). counted: as in `_counted`."""
    half = canvas.crop_px // 2
    top, left = canvas.top_px // 2, canvas.left_px // 2
    nearer = np.full((half, half), NO_EVIDENCE, np.float32)
    plane, rows, columns = close
    nearer[rows, columns] = plane
    both = []
    for seen in (cv2.resize(wide[0].cpu().numpy(), (half, half), interpolation=cv2.INTER_LINEAR), nearer):
        out = np.full((canvas.height_px // 2, canvas.width_px // 2), NO_EVIDENCE, np.float32)
        out[top : top + half, left : left + half] = np.where(counted, seen, NO_EVIDENCE)
        both.append(out)
    return both[0], both[1]


def _axes_on(
    canvas: Canvas, view: View, face: Face, others: Sequence[Face]
) -> tuple[HeadAxes, list[HeadAxes], list[HeadAxes]]:
    """The axes of a head on a canvas, of the others, and of what may be some beside it. view: what is seen there."""
    own = head_axes(canvas.to_canvas(face.landmarks))
    sure, maybe = (
        [head_axes(canvas.to_canvas(other.landmarks)) for other in others if other.sure == sure]
        for sure in (True, False)
    )
    return own, sure, off_own_head(maybe, own, view)
