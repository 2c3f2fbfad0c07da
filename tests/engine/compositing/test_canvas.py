"""The area that is worked on, on the astronaut's portrait: her hair stays within her own crop."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from engine.compositing import border_fade, canvas_and_view, crop_px_for, render_view, smaller_canvas
from engine.face.alignment import CROP_SIZE_PX, crop_face, crop_matrix
from engine.models.load import Parts
from engine.parsing import FaceClass
from tests.support.looked import Looked, look


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


def test_a_smaller_canvas_shows_the_same_part_of_the_photo(close: Looked) -> None:
    quad, crop, canvas, view = close
    smaller, seen = smaller_canvas(canvas, view, 640)
    assert smaller.scale == seen.scale == 0.625
    assert seen.picture.shape == (smaller.height_px, smaller.width_px, 3)
    assert seen.probabilities.shape == (19, smaller.height_px // 2, smaller.width_px // 2)
    np.testing.assert_allclose(smaller.to_canvas(quad), (canvas.to_canvas(quad) + 0.5) * 0.625 - 0.5, atol=1e-6)
    alone = cv2.resize(crop.astype(np.float32), (640, 640), interpolation=cv2.INTER_AREA)
    assert np.abs(seen.picture[smaller.crop_slice] - alone)[8:-8, 8:-8].mean() < 0.01
    assert (seen.labels == FaceClass.HAIR).mean() == pytest.approx((view.labels == FaceClass.HAIR).mean(), abs=0.005)


def test_a_render_lies_on_a_smaller_canvas_as_on_a_larger_one(close: Looked) -> None:
    _, crop, canvas, photo = close
    sure = np.zeros((19, 256, 256), np.float32)
    sure[FaceClass.BACKGROUND, :, :80], sure[FaceClass.HAIR, :, 80:] = 1, 1
    large = render_view(canvas, crop, sure, photo)
    smaller, seen = smaller_canvas(canvas, photo, 640)
    small = render_view(smaller, crop, sure, seen)
    _, expected = smaller_canvas(canvas, large, 640)
    assert small.scale == 0.625
    assert np.abs(small.picture - expected.picture).mean() < 2
    assert (small.labels != expected.labels).mean() < 0.01


def test_a_crop_on_the_canvas_is_no_smaller_than_it_is_shown() -> None:
    square = np.array([[0, 0], [0, 900], [900, 900], [900, 0]], float)
    assert crop_px_for(square, 1.0) == 1024
    assert crop_px_for(square, 0.62) == 640
    assert crop_px_for(square, 0.1) == 512
    assert crop_px_for(3 * square, 1.0) == CROP_SIZE_PX


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


def test_hair_that_ends_near_an_edge_leaves_room_for_what_is_around_it_without_another_look(parts: Parts) -> None:
    """Thirty pixels below the crop's upper edge, beyond which the photo goes on; at the left it ends further inside."""
    rng = np.random.default_rng(0)
    small = rng.integers(0, 255, (20, 20, 3)).astype(np.uint8)
    photo = np.asarray(cv2.resize(small, (1200, 1200), interpolation=cv2.INTER_CUBIC), np.uint8)
    quad = np.array([[88.0, 88.0], [88.0, 1112.0], [1112.0, 1112.0], [1112.0, 88.0]])
    probabilities = np.zeros((19, 512, 512), np.float32)
    probabilities[FaceClass.HAIR, 15:200, 120:400] = 1
    probabilities[FaceClass.BACKGROUND] = 1 - probabilities[FaceClass.HAIR]
    crop = crop_face(photo, quad)
    canvas, view = canvas_and_view(parts.parser, photo, quad, crop, probabilities)
    assert (canvas.top_px, canvas.left_px) == (64, 0)
    np.testing.assert_array_equal(view.picture[canvas.crop_slice], crop)
    assert view.real[4:64].all()
    assert view.is_any(FaceClass.BACKGROUND)[:64].all()
    # Blurred detail goes on over the edge as in the photo.
    steps = np.abs(np.diff(view.picture[20:200], axis=0)).mean((1, 2))
    assert steps[40:48].max() < 1.3 * steps.max(initial=0, where=np.arange(len(steps)) > 60)


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
