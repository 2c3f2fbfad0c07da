"""From the canvas back into the whole photo."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from engine.compositing import Overlay, covered, paste, placement
from engine.face.alignment import crop_face, crop_matrix

CANVAS = (128, 128)


def noise(height: int, width: int) -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def disk(radius_px: float) -> NDArray[np.float32]:
    rows, columns = np.mgrid[:128, :128] - 63.5
    return np.asarray(np.clip((radius_px - np.hypot(rows, columns)) / 4 + 0.5, 0, 1), np.float32)


def red(alpha: NDArray[np.float32]) -> Overlay:
    return Overlay(np.full((*CANVAS, 3), (220, 10, 10), np.float32), alpha)


def square(x: float, y: float, side: float, degrees: float = 0.0) -> NDArray[np.float64]:
    """Matrix from canvas to photo for a square centred at x, y."""
    corners = np.array([[-0.5, -0.5], [-0.5, 0.5], [0.5, 0.5], [0.5, -0.5]]) * side
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return crop_matrix(corners @ turn.T + (x, y), 128)


PLACES = {
    "as large": square(150, 100, 128),
    "turned": square(150.3, 100.7, 90, 25),
    "much smaller": square(150, 100, 40),
    "larger": square(150, 100, 190, -10),
    "over the edge": square(10, 190, 128, 5),
}


@pytest.mark.parametrize("matrix", PLACES.values(), ids=PLACES.keys())
def test_only_what_the_head_covers_changes(matrix: NDArray[np.float64]) -> None:
    photo = noise(200, 300)
    place = placement(matrix, CANVAS, photo.shape)
    mask = covered(disk(50), photo.shape, place)
    out = paste(photo, red(disk(40)), place)
    assert out.dtype == np.uint8
    np.testing.assert_array_equal(out[~mask], photo[~mask])
    assert (out[mask] != photo[mask]).any(axis=1).mean() > 0.4
    assert not mask.all()


@pytest.mark.parametrize("matrix", PLACES.values(), ids=PLACES.keys())
def test_a_head_that_covers_nothing_leaves_the_photo_bit_for_bit(matrix: NDArray[np.float64]) -> None:
    photo = noise(200, 300)
    out = paste(photo, red(np.zeros(CANVAS, np.float32)), placement(matrix, CANVAS, photo.shape))
    np.testing.assert_array_equal(out, photo)
    assert out is not photo


def test_the_photo_that_was_handed_in_is_not_written_to() -> None:
    photo = noise(200, 300)
    photo.setflags(write=False)
    out = paste(photo, red(disk(40)), placement(PLACES["as large"], CANVAS, photo.shape))
    assert out.flags.writeable


@pytest.mark.parametrize("matrix", PLACES.values(), ids=PLACES.keys())
def test_the_head_lands_where_its_canvas_was_cut_out(matrix: NDArray[np.float64]) -> None:
    photo = np.full((200, 300, 3), 128, np.uint8)
    out = paste(photo, red(disk(40)), placement(matrix, CANVAS, photo.shape))
    x, y = matrix @ (63.5, 63.5, 1)
    rows, columns = np.mgrid[:200, :300]
    away = np.hypot(columns - x, rows - y) / np.linalg.norm(matrix[:, 0])
    np.testing.assert_allclose(out[away < 30], np.broadcast_to((220, 10, 10), out[away < 30].shape), atol=2)
    assert (out[away > 48] == 128).all()


def test_cut_out_and_pasted_back_a_crop_is_the_photo_again() -> None:
    photo = cv2.GaussianBlur(noise(200, 300), (0, 0), 3)
    corners = np.array([[90.0, 40.0], [90.0, 168.0], [218.0, 168.0], [218.0, 40.0]])
    crop = crop_face(np.asarray(photo, np.uint8), corners, 128)
    head = Overlay(crop.astype(np.float32), disk(50))
    out = paste(np.asarray(photo, np.uint8), head, placement(crop_matrix(corners, 128), CANVAS, photo.shape))
    assert np.abs(out.astype(int) - photo).max() <= 1


def test_on_a_resized_photo_the_head_lands_at_the_same_place() -> None:
    """Pixel centres are at whole numbers, so that half the size is more than halved coordinates."""
    matrix = PLACES["turned"]
    whole = paste(np.zeros((200, 300, 3), np.uint8), red(disk(40)), placement(matrix, CANVAS, (200, 300, 3)))
    half = paste(np.zeros((100, 150, 3), np.uint8), red(disk(40)), placement(matrix, CANVAS, (100, 150, 3), 0.5))
    centers = []
    for picture, scale in ((whole, 1.0), (half, 0.5)):
        rows, columns = np.nonzero(picture[..., 0] > 110)
        centers.append((np.array([columns.mean(), rows.mean()]) + 0.5) / scale)
    np.testing.assert_allclose(centers[0], centers[1], atol=0.3)


def test_a_canvas_beside_the_photo_covers_nothing() -> None:
    photo = noise(100, 100)
    place = placement(square(400, 400, 128), CANVAS, photo.shape)
    assert place.empty
    np.testing.assert_array_equal(paste(photo, red(disk(60)), place), photo)
    assert not covered(disk(60), photo.shape, place).any()


def test_a_canvas_in_perspective_lies_where_its_map_says() -> None:
    """At any size; its middle has the scale that it is drawn with."""
    depth = np.array([[0.9, 0.1, 40], [-0.15, 0.95, 45], [-0.0012, 0.0008, 1]])
    at = depth @ [84.0, 40.0, 1.0]
    dot = np.zeros(CANVAS, np.float32)
    cv2.circle(dot, (84, 40), 6, (1.0,), -1)
    for scale in (1.0, 0.6):
        place = placement(depth, CANVAS, (round(200 * scale), round(300 * scale), 3), scale)
        cover = covered(dot, (round(200 * scale), round(300 * scale), 3), place)
        middle = np.array(np.nonzero(cover)).mean(1)[::-1]
        assert np.abs((middle + 0.5) / scale - 0.5 - at[:2] / at[2]).max() < 1
        near, far = (depth @ [x, 64.0, 1.0] for x in (63.5, 64.5))
        step = np.linalg.norm(far[:2] / far[2] - near[:2] / near[2]) * scale
        assert abs(place.pixel_px - step) < 0.02 * step


def test_an_affine_map_is_one_in_perspective_without_depth() -> None:
    photo, matrix = noise(200, 300), PLACES["turned"]
    deep = paste(photo, red(disk(40)), placement(np.vstack([matrix, [0, 0, 1]]), CANVAS, photo.shape))
    flat = paste(photo, red(disk(40)), placement(matrix, CANVAS, photo.shape))
    assert np.abs(deep.astype(int) - flat).max() <= 8
