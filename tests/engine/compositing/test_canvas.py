"""The area that is worked on, on the astronaut's portrait: her hair stays within her own crop."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from engine.compositing import Canvas, border_fade, canvas_and_view, render_view
from engine.compositing.canvas import CanvasSettings
from engine.compositing.view import View
from engine.face.alignment import CROP_SIZE_PX, crop_face, crop_matrix
from engine.face.faces import choose_faces, find_faces
from engine.models.load import Parts
from engine.parsing import FaceClass, parse

Looked = tuple[NDArray[np.float64], NDArray[np.uint8], Canvas, View]


def look(parts: Parts, photo: NDArray[np.uint8], quad: NDArray[np.float64]) -> Looked:
    crop = crop_face(photo, quad)
    canvas, view = canvas_and_view(parts.parser, photo, quad, crop, parse(parts.parser, crop, mirrored=False))
    return quad, crop, canvas, view


@pytest.fixture(scope="module")
def quad(parts: Parts, astronaut: NDArray[np.uint8]) -> NDArray[np.float64]:
    return choose_faces(find_faces(parts.face_tools, astronaut), "largest")[0].quad


@pytest.fixture(scope="module")
def close(parts: Parts, astronaut: NDArray[np.uint8], quad: NDArray[np.float64]) -> Looked:
    """A crop so close that the hair goes on beyond its upper, left and right edges."""
    return look(parts, astronaut, quad.mean(0) + (quad - quad.mean(0)) * 0.72)


@pytest.fixture(scope="module")
def ending(parts: Parts, astronaut: NDArray[np.uint8], quad: NDArray[np.float64]) -> Looked:
    """The same crop of a photo that ends there."""
    near = quad.mean(0) + (quad - quad.mean(0)) * 0.72
    left, top = np.floor(near.min(0)).astype(int)
    right, bottom = np.ceil(near.max(0)).astype(int)
    square = np.array([[0, 0], [0, bottom - top], [right - left, bottom - top], [right - left, 0]], float)
    return look(parts, np.ascontiguousarray(astronaut[top:bottom, left:right]), square)


def test_the_canvas_grows_where_the_hair_goes_beyond_the_crop(close: Looked) -> None:
    _, crop, canvas, view = close
    assert canvas.height_px > CROP_SIZE_PX or canvas.width_px > CROP_SIZE_PX
    assert canvas.top_px > 0
    assert canvas.width_px % 64 == canvas.height_px % 64 == 0
    assert view.picture.shape == (canvas.height_px, canvas.width_px, 3)
    assert view.probabilities.shape == (19, canvas.height_px // 2, canvas.width_px // 2)
    np.testing.assert_array_equal(view.picture[canvas.crop_slice], crop)


def test_what_it_grows_by_is_the_photo_seen_through_its_matrix(close: Looked, astronaut: NDArray[np.uint8]) -> None:
    _, _, canvas, view = close
    seen = cv2.warpAffine(
        astronaut,
        canvas.matrix,
        (canvas.width_px, canvas.height_px),
        flags=cv2.WARP_INVERSE_MAP | cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REFLECT_101,
    ).astype(np.float32)
    above = np.abs(view.picture - seen)[: canvas.top_px - 4]
    assert above.mean() < 3
    hair = view.labels[: canvas.top_px] == FaceClass.HAIR
    assert hair.mean() > 0.02


def test_the_closer_look_and_the_wider_one_make_one_set_of_probabilities(close: Looked) -> None:
    view = close[3]
    np.testing.assert_allclose(view.probabilities.sum(0), 1, atol=0.02)


def test_points_go_to_the_canvas_and_back(close: Looked) -> None:
    quad, _, canvas, _ = close
    on_canvas = canvas.to_canvas(quad)
    np.testing.assert_allclose(on_canvas @ canvas.matrix[:, :2].T + canvas.matrix[:, 2], quad, atol=1e-6)
    rows, columns = canvas.crop_slice
    left, right, top, bottom = columns.start, columns.stop, rows.start, rows.stop
    corners = np.array([[left, top], [left, bottom], [right, bottom]], np.float64)
    step = CROP_SIZE_PX / float(np.linalg.norm(quad[1] - quad[0]))
    np.testing.assert_allclose(on_canvas[:3], corners, atol=step)


def test_where_the_photo_ends_with_the_crop_the_canvas_is_the_crop(ending: Looked) -> None:
    quad, crop, canvas, view = ending
    assert (canvas.left_px, canvas.top_px, canvas.width_px, canvas.height_px) == (0, 0, CROP_SIZE_PX, CROP_SIZE_PX)
    np.testing.assert_array_equal(canvas.matrix, crop_matrix(quad))
    np.testing.assert_array_equal(view.picture, crop)


@pytest.mark.slow
def test_a_photo_that_goes_on_by_a_few_pixels_is_seen_to_its_end_where_hair_is(
    parts: Parts, astronaut: NDArray[np.uint8], close: Looked
) -> None:
    """Hair on those pixels would be left there, and fade out over the canvas's edge."""
    left, top = np.round(close[0].min(0)).astype(int)
    right, bottom = np.round(close[0].max(0)).astype(int)
    around = astronaut[top + 40 : bottom, left:right]
    least, most = 0.2, bottom - top - 40
    square = np.array([[0, least], [0, most], [right - left, most], [right - left, least]], float)
    _, _, canvas, _ = look(parts, np.ascontiguousarray(around), square)
    assert canvas.top_px > 0
    fade = border_fade(canvas, around.shape)
    assert float(fade[canvas.top_px + 40 : canvas.top_px + 200, canvas.width_px // 2].min()) == 1


def test_the_render_fills_the_crop_with_background_above_and_the_photo_beside(close: Looked) -> None:
    _, crop, canvas, photo = close
    sure = np.zeros((19, 512, 512), np.float32)
    sure[FaceClass.BACKGROUND, :20], sure[FaceClass.SKIN, 20:] = 1, 1
    view = render_view(canvas, np.zeros_like(crop), sure, photo)
    assert view.picture.shape == (canvas.height_px, canvas.width_px, 3)
    rows, columns = canvas.crop_slice
    seam_px = 2 * CanvasSettings().seam_parsed_px + 4  # told at half the size
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
    view = render_view(ABOVE, np.zeros((CROP_SIZE_PX, CROP_SIZE_PX, 3), np.uint8), drawn, photo)
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


def test_above_a_cut_head_the_colour_is_the_heads_and_never_the_backgrounds() -> None:
    """The generator's background shows in the head's rim, and in the rows right below the crop's edge."""
    size, head, wall = CROP_SIZE_PX, (190, 140, 120), (20, 60, 200)
    picture = np.full((size, size, 3), wall, np.uint8)
    picture[8:, 206:-206] = head
    drawn = np.zeros((19, size // 2, size // 2), np.float32)
    drawn[FaceClass.SKIN, :, 100:-100] = 1
    drawn[FaceClass.BACKGROUND] = 1 - drawn[FaceClass.SKIN]
    shape = (ABOVE.height_px, ABOVE.width_px)
    nothing = np.zeros((19, shape[0] // 2, size // 2), np.float32)
    photo = View(np.zeros((*shape, 3), np.float32), nothing, np.ones(shape, bool))
    view = render_view(ABOVE, picture, drawn, photo)
    skin = view.labels == FaceClass.SKIN
    assert skin[: ABOVE.top_px].any()
    skin[ABOVE.top_px + 8 :] = False
    np.testing.assert_allclose(view.picture[skin], np.broadcast_to(head, (int(skin.sum()), 3)), atol=2)
    below = slice(ABOVE.top_px + size // 2, None)
    np.testing.assert_array_equal(view.picture[below], picture[size // 2 :])


def test_a_render_whose_hair_hardly_reaches_the_crop_s_upper_edge_has_none_above() -> None:
    assert not hair_above(slice(246, 266)).any()


def test_the_change_fades_towards_edges_beyond_which_the_photo_goes_on(
    close: Looked, astronaut: NDArray[np.uint8]
) -> None:
    canvas = close[2]
    fade = border_fade(canvas, astronaut.shape)
    assert fade.shape == (canvas.height_px, canvas.width_px)
    assert fade[canvas.height_px // 2, canvas.width_px // 2] == 1
    for edge in (fade[-1], fade[:, 0], fade[:, -1]):
        assert not edge.any()


def test_an_edge_where_the_photo_ends_too_needs_no_fading(ending: Looked) -> None:
    _, crop, canvas, _ = ending
    side = round(float(np.linalg.norm(ending[0][1] - ending[0][0])))
    assert (border_fade(canvas, (side, side, 3)) == 1).all()
    assert crop.shape == (CROP_SIZE_PX, CROP_SIZE_PX, 3)


def test_strands_go_on_above_a_cut_head() -> None:
    size = CROP_SIZE_PX
    picture = np.full((size, size, 3), 90, np.uint8)
    picture[:, ::8] = 150
    drawn = np.zeros((19, size // 2, size // 2), np.float32)
    drawn[FaceClass.HAIR, :, 40:-40] = 1
    drawn[FaceClass.BACKGROUND] = 1 - drawn[FaceClass.HAIR]
    shape = (ABOVE.height_px, ABOVE.width_px)
    nothing = np.zeros((19, shape[0] // 2, size // 2), np.float32)
    photo = View(np.zeros((*shape, 3), np.float32), nothing, np.ones(shape, bool))
    view = render_view(ABOVE, picture, drawn, photo)
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
