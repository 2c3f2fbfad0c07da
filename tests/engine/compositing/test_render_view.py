"""A generator's picture on the canvas of the astronaut's portrait, and of a drawn head that its crop cuts."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from engine.compositing import Canvas, render_view
from engine.compositing.dome import DomeSettings
from engine.compositing.render_view import RenderSettings
from engine.compositing.view import View
from engine.face.alignment import CROP_SIZE_PX
from engine.parsing import FaceClass
from tests.support.looked import Looked


def test_the_render_fills_the_crop_with_background_above_and_the_photo_beside(close: Looked) -> None:
    _, crop, canvas, photo = close
    sure = np.zeros((19, 512, 512), np.float32)
    sure[FaceClass.BACKGROUND, :20], sure[FaceClass.SKIN, 20:] = 1, 1
    view = render_view(canvas, np.zeros_like(crop), sure, photo)
    assert view.picture.shape == (canvas.height_px, canvas.width_px, 3)
    rows, columns = canvas.crop_slice
    seam_px = 2 * RenderSettings().seam_parsed_px + 4  # told at half the size
    inner = (slice(rows.start + 50, rows.stop - seam_px), slice(columns.start + seam_px, columns.stop - seam_px))
    assert (view.picture[inner] == 0).all()
    assert (view.labels[inner] == FaceClass.SKIN).all()
    assert (view.labels[: canvas.top_px - 2] == FaceClass.BACKGROUND).all()
    assert canvas.left_px > 0
    beside = (slice(canvas.top_px + 2, None), slice(0, canvas.left_px - 2))
    np.testing.assert_allclose(view.picture[beside], photo.picture[beside], atol=1e-3)


def test_hair_beside_the_crop_goes_where_the_render_has_none_at_its_edge(close: Looked) -> None:
    _, crop, canvas, photo = close
    bald = np.zeros((19, 512, 512), np.float32)
    bald[FaceClass.BACKGROUND] = 1
    view = render_view(canvas, crop, bald, photo)
    beside = (slice(canvas.top_px, None), slice(0, canvas.left_px - 2))
    assert not (view.labels[beside] == FaceClass.HAIR).any()


def test_hair_that_a_parser_doubts_in_render_and_photo_is_no_hole_between_them(close: Looked) -> None:
    """In a blurred photo it is never sure: two doubts, multiplied, were background."""
    _, crop, canvas, photo = close
    doubted = np.zeros((19, 512, 512), np.float32)
    doubted[FaceClass.HAIR], doubted[FaceClass.BACKGROUND] = 0.7, 0.3
    around = np.zeros_like(photo.probabilities)
    around[FaceClass.HAIR], around[FaceClass.BACKGROUND] = 0.7, 0.3
    view = render_view(canvas, crop, doubted, replace(photo, probabilities=around))
    assert canvas.left_px > 0
    beside = (slice(canvas.top_px // 2 + 200, None), slice(0, canvas.left_px // 2 + 60))
    assert view.probabilities[FaceClass.HAIR][beside].min() > 0.65


def test_a_bald_head_that_the_crop_cuts_goes_on_above_it_as_a_dome(close: Looked) -> None:
    _, crop, canvas, photo = close
    sure = np.zeros((19, 512, 512), np.float32)
    sure[FaceClass.SKIN, :, 150:362] = 1
    sure[FaceClass.BACKGROUND] = 1 - sure[FaceClass.SKIN]
    seen = render_view(canvas, crop, sure, photo)
    skin = seen.labels[: canvas.top_px] == FaceClass.SKIN
    widths = skin.sum(1)
    assert widths[-1] > 380
    assert (np.diff(widths.astype(int)) >= 0).all()  # it narrows upwards
    assert 0.30 * 424 < (widths > 0).sum() < 0.38 * 424  # its sides are upright so far: less than half a circle


ABOVE = Canvas(np.eye(2, 3), 0, 256, CROP_SIZE_PX, CROP_SIZE_PX + 256)


def hair_above(columns: slice) -> NDArray[np.float32]:
    """Hair's share (128, 512) above the crop where a render's hair takes up these columns of its upper edge."""
    size = CROP_SIZE_PX // 2
    drawn = np.zeros((19, size, size), np.float32)
    drawn[FaceClass.BACKGROUND] = 1
    drawn[:, :, columns] = 0
    drawn[FaceClass.HAIR, :, columns] = 1
    of_photo = np.zeros((19, size + 128, size), np.float32)
    of_photo[FaceClass.HAIR] = 1
    shape = (ABOVE.height_px, ABOVE.width_px)
    photo = View(np.zeros((*shape, 3), np.float32), of_photo, np.ones(shape, bool))
    picture = np.full((CROP_SIZE_PX, CROP_SIZE_PX, 3), 200, np.uint8)
    picture[:, 2 * columns.start : 2 * columns.stop] = 40
    view = render_view(ABOVE, picture, drawn, photo)
    np.testing.assert_allclose(view.probabilities.sum(0), 1, atol=1e-5)
    return view.probabilities[FaceClass.HAIR, :128]


def test_a_render_s_hair_goes_on_above_the_crop_as_a_dome() -> None:
    hair = hair_above(slice(100, 400))
    widths = (hair > 0.5).sum(1)
    assert (np.diff(widths) >= 0).all()
    assert widths[0] < 0.8 * widths[-1]
    assert widths[-1] == pytest.approx(300, abs=8)
    assert not hair[:, :95].any()
    assert not hair[:, 405:].any()
    np.testing.assert_allclose(hair, hair[:, 499 - np.arange(512)], atol=0.02)


def test_a_dome_of_hair_is_as_wide_as_the_hair_that_is_cut_out_below_it() -> None:
    """As wide as a parser sees it, which goes further out, it overhung the hair on both sides like a cap."""
    size, further_px = CROP_SIZE_PX, 6
    picture = np.full((size, size, 3), 200, np.uint8)
    picture[:, 200 + further_px : 800 - further_px] = (60, 45, 40)
    soft = np.asarray(cv2.GaussianBlur(picture, (0, 0), 4), np.uint8)
    hair = cut_above(soft, FaceClass.HAIR, slice(100, 400)).probabilities[FaceClass.HAIR]
    row = ABOVE.top_px // 2 + DomeSettings().unsure_parsed_px - 1
    assert abs(int((hair[row] > 0.5).sum()) - (300 - further_px)) <= 2


def cut_above(picture: NDArray[np.uint8], kind: FaceClass, columns: slice) -> View:
    """A render of one kind in these columns (of the parser's), from the crop's upper edge to its lower one, on a canvas
    that goes on above it."""
    size = CROP_SIZE_PX // 2
    drawn = np.zeros((19, size, size), np.float32)
    drawn[kind, :, columns] = 1
    drawn[FaceClass.BACKGROUND] = 1 - drawn[kind]
    shape = (ABOVE.height_px, ABOVE.width_px)
    nothing = np.zeros((19, shape[0] // 2, size), np.float32)
    return render_view(ABOVE, picture, drawn, View(np.zeros((*shape, 3), np.float32), nothing, np.ones(shape, bool)))


def test_above_a_cut_head_the_colour_is_the_heads_and_never_the_backgrounds() -> None:
    """The generator's background shows in the head's rim, and in the rows right below the crop's edge."""
    size, head, wall = CROP_SIZE_PX, (190, 140, 120), (20, 60, 200)
    picture = np.full((size, size, 3), wall, np.uint8)
    picture[8:, 206:-206] = head
    view = cut_above(picture, FaceClass.SKIN, slice(100, -100))
    skin = view.labels == FaceClass.SKIN
    assert skin[: ABOVE.top_px].any()
    skin[ABOVE.top_px + 8 :] = False
    np.testing.assert_allclose(view.picture[skin], np.broadcast_to(head, (int(skin.sum()), 3)), atol=2)
    below = slice(ABOVE.top_px + size // 2, None)
    np.testing.assert_array_equal(view.picture[below], picture[size // 2 :])


def test_beside_a_cut_head_the_render_s_background_goes_on() -> None:
    """In the head's colour, who cuts hair out by its colours took the dome's rim for half of one: a grey cap."""
    size, hair, wall = CROP_SIZE_PX, (40, 30, 25), (150, 170, 190)
    picture = np.full((size, size, 3), wall, np.uint8)
    picture[:, 200:-200] = hair
    view = cut_above(picture, FaceClass.HAIR, slice(100, -100))
    head = cv2.resize(view.probabilities[FaceClass.HAIR], (size, size + ABOVE.top_px))[: ABOVE.top_px]
    for where, colour in ((head > 0.45, hair), (head < 0.1, wall)):
        assert where.sum() > 1000
        assert np.abs(view.picture[: ABOVE.top_px][where] - colour).max() < 20


def test_hair_at_the_sides_of_a_cut_head_ends_in_no_block_above() -> None:
    size = CROP_SIZE_PX // 2
    drawn = np.zeros((19, size, size), np.float32)
    drawn[FaceClass.SKIN, :, 100:-100] = 1
    drawn[FaceClass.HAIR, :, 100:200] = drawn[FaceClass.HAIR, :, -200:-100] = 1
    drawn[FaceClass.SKIN] -= drawn[FaceClass.HAIR]
    drawn[FaceClass.BACKGROUND] = 1 - drawn.sum(0)
    shape = (ABOVE.height_px, ABOVE.width_px)
    photo = View(
        np.zeros((*shape, 3), np.float32), np.zeros((19, shape[0] // 2, size), np.float32), np.ones(shape, bool)
    )
    view = render_view(ABOVE, np.zeros((CROP_SIZE_PX, CROP_SIZE_PX, 3), np.uint8), drawn, photo)
    hair = view.probabilities[FaceClass.HAIR, : ABOVE.top_px // 2] > 0.5
    head = view.probabilities[FaceClass.BACKGROUND, : ABOVE.top_px // 2] < 0.5
    rows = np.flatnonzero(head.sum(1) > 60)
    higher, lower = (int(np.flatnonzero(hair[row, : size // 2]).max()) for row in rows[[4, -1]])
    assert lower == pytest.approx(200, abs=8)
    assert higher > lower + 20


def test_a_render_whose_hair_hardly_reaches_the_crop_s_upper_edge_has_none_above() -> None:
    assert not hair_above(slice(246, 266)).any()


def test_above_thin_hair_that_the_edge_cuts_is_hair_and_not_the_forehead_below_it() -> None:
    """Told over all of the head alike it was skin: a bald dome stood behind the hair."""
    size, dark, skin = CROP_SIZE_PX // 2, (40, 30, 25), (210, 160, 130)
    head, band = slice(100, -100), 24
    picture = np.full((CROP_SIZE_PX, CROP_SIZE_PX, 3), skin, np.uint8)
    picture[: 2 * band] = dark
    drawn = np.zeros((19, size, size), np.float32)
    drawn[FaceClass.SKIN, band:, head] = drawn[FaceClass.HAIR, :band, head] = 1
    drawn[FaceClass.BACKGROUND] = 1 - drawn.sum(0)
    shape = (ABOVE.height_px, ABOVE.width_px)
    nothing = np.zeros((19, shape[0] // 2, size), np.float32)
    photo = View(np.zeros((*shape, 3), np.float32), nothing, np.ones(shape, bool))
    view = render_view(ABOVE, picture, drawn, photo)
    hair = view.labels == FaceClass.HAIR
    hair[ABOVE.top_px :] = False
    assert hair.sum() > 2000
    assert np.abs(view.picture[hair] - dark).max() < 20


def test_where_a_parser_doubts_bare_skin_above_is_no_brown_mixture() -> None:
    """A quarter hair by the parser was a quarter of hair's colour, which began in a straight line."""
    size, skin, hair = CROP_SIZE_PX, (210, 160, 130), (40, 30, 25)
    picture = np.full((size, size, 3), skin, np.uint8)
    picture[:, -320:-200] = hair
    half = size // 2
    drawn = np.zeros((19, half, half), np.float32)
    drawn[FaceClass.SKIN, :, 100:-160], drawn[FaceClass.HAIR, :, 100:-160] = 0.75, 0.25
    drawn[FaceClass.HAIR, :, -160:-100] = 1
    drawn[FaceClass.BACKGROUND] = 1 - drawn.sum(0)
    shape = (ABOVE.height_px, ABOVE.width_px)
    nothing = np.zeros((19, shape[0] // 2, half), np.float32)
    photo = View(np.zeros((*shape, 3), np.float32), nothing, np.ones(shape, bool))
    above = render_view(ABOVE, picture, drawn, photo).picture[ABOVE.top_px - 40 : ABOVE.top_px, 300:500]
    assert np.abs(above - skin).max() < 6


def test_the_colour_above_a_cut_head_does_not_begin_in_a_line() -> None:
    """A scalp gets darker towards the edge, which the wide colour above it does not know."""
    size = CROP_SIZE_PX
    shade = 60 * np.exp(-np.arange(size) / 80)
    picture = np.repeat(np.rint(200 - shade).astype(np.uint8)[:, None, None], size, 1).repeat(3, 2)
    middle = cut_above(picture, FaceClass.SKIN, slice(100, -100)).picture[:, size // 2, 0]
    smooth = gaussian_filter1d(middle, 1.5)  # what is fine goes on mirrored
    near = smooth[ABOVE.top_px - 20 : ABOVE.top_px + 60]
    assert np.abs(np.diff(near)).max() < 1.2
    np.testing.assert_allclose(middle[ABOVE.top_px + 200 :], picture[200:, size // 2, 0], atol=1e-3)


def test_strands_go_on_above_a_cut_head() -> None:
    size = CROP_SIZE_PX
    picture = np.full((size, size, 3), 90, np.uint8)
    picture[:, ::8] = 150
    view = cut_above(picture, FaceClass.HAIR, slice(40, -40))
    above, below = (view.picture[row, 300:-300, 0] for row in (ABOVE.top_px - 12, ABOVE.top_px + 60))
    assert above.std() > 0.5 * below.std()


def test_nothing_in_a_render_is_a_hat() -> None:
    size = CROP_SIZE_PX // 2
    drawn = np.zeros((19, size, size), np.float32)
    drawn[FaceClass.HAT], drawn[FaceClass.SKIN], drawn[FaceClass.BACKGROUND] = 0.6, 0.3, 0.1
    canvas = Canvas(np.eye(2, 3), 0, 0, CROP_SIZE_PX, CROP_SIZE_PX)
    whole = np.ones((CROP_SIZE_PX, CROP_SIZE_PX), bool)
    photo = View(np.zeros((*whole.shape, 3), np.float32), drawn, whole)
    view = render_view(canvas, np.zeros((*whole.shape, 3), np.uint8), drawn, photo)
    np.testing.assert_allclose(view.probabilities[FaceClass.SKIN], 0.75, atol=1e-5)
    assert not view.probabilities[FaceClass.HAT].any()
