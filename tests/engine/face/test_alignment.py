"""The FFHQ square, the crop, and the way back."""

from __future__ import annotations

import numpy as np
import pytest

from engine.face.alignment import crop_face, crop_matrix, ffhq_quad, inside_photo
from tests.engine.face.test_faces import noise, square
from tests.support.schematic_face import face_points


def test_the_quad_is_a_square_upright_with_the_face_around_eyes_and_mouth() -> None:
    quad = ffhq_quad(face_points((200, 100), 100))
    top_left, bottom_left, bottom_right, top_right = quad
    side = np.linalg.norm(top_right - top_left)
    for edge in (bottom_left - top_left, bottom_right - bottom_left, bottom_right - top_right):
        assert np.linalg.norm(edge) == pytest.approx(side)
    assert np.dot(top_right - top_left, bottom_left - top_left) == pytest.approx(0, abs=1e-6)
    assert top_left[1] == pytest.approx(top_right[1])
    assert top_left[0] < top_right[0]
    assert top_left[1] < bottom_left[1]
    # Eyes to mouth is 51 px, eye to eye 40: half the side is 1.8 times the larger measure (Karras et al.).
    assert side == pytest.approx(2 * max(2 * 40, 1.8 * 51), rel=1e-6)
    np.testing.assert_allclose(quad.mean(0), (200, 115 + 5.1), atol=1e-6)


def test_the_quad_moves_turns_and_grows_with_the_landmarks() -> None:
    landmarks = face_points((0, 0), 100, 8.0)
    angle, scale, shift = 0.7, 2.5, np.array([30.0, -12.0])
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    np.testing.assert_allclose(ffhq_quad(landmarks @ turn.T + shift), ffhq_quad(landmarks) @ turn.T + shift, atol=1e-9)


@pytest.mark.parametrize("margin", [1.0, 1.5])
def test_the_crop_matrix_maps_the_crops_corners_onto_the_quads(margin: float) -> None:
    quad = ffhq_quad(face_points((300, 200), 90, 25.0))
    matrix = crop_matrix(quad, 256, margin)
    corners = np.array([[-0.5, -0.5, 1], [-0.5, 255.5, 1], [255.5, 255.5, 1], [255.5, -0.5, 1]]) @ matrix.T
    np.testing.assert_allclose(corners, quad.mean(0) + (quad - quad.mean(0)) * margin - 0.5, atol=1e-9)


def test_the_crop_matrix_has_an_exact_inverse() -> None:
    matrix = np.vstack([crop_matrix(ffhq_quad(face_points((300, 200), 90, 25.0))), [0, 0, 1]])
    points = np.array([[0, 0, 1], [1023, 12, 1], [511.5, 511.5, 1]])
    np.testing.assert_allclose(points @ matrix.T @ np.linalg.inv(matrix).T, points, atol=1e-6)
    # Right angles and one scale: the way back is a similarity, too.
    scale = np.linalg.norm(matrix[:2, 0])
    np.testing.assert_allclose(matrix[:2, :2].T @ matrix[:2, :2], np.eye(2) * scale**2, atol=1e-9)


def test_a_quad_on_the_pixel_grid_cuts_out_the_pixels_themselves() -> None:
    photo = noise(90, 120)
    np.testing.assert_array_equal(crop_face(photo, square(20, 10, 64), 64), photo[10:74, 20:84])


def test_a_crop_at_half_the_size_averages_instead_of_skipping() -> None:
    crop = crop_face(noise(128, 128), square(0, 0, 128), 32).astype(float)
    # Single pixels of this noise deviate by 74; four by four of them in a mean, by a quarter of that.
    assert crop.std() < 40
    smooth = np.tile(np.linspace(0, 255, 128)[None, :, None], (128, 1, 3)).astype(np.uint8)
    middle = crop_face(smooth, square(0, 0, 128), 32).astype(float)[16, 2:-2, 0]
    np.testing.assert_allclose(middle, smooth[0, :, 0].reshape(32, 4).mean(1)[2:-2], atol=1.5)


def test_which_pixels_come_from_the_photo_is_known() -> None:
    inside = inside_photo((100, 100, 3), square(-16, 60, 64), 64)
    assert not inside[:, :16].any()
    assert not inside[40:].any()
    assert inside[:40, 16:].all()
    assert inside_photo((100, 100, 3), square(10, 10, 64), 64).all()
    assert not inside_photo((100, 100, 3), square(10, 10, 64), 64, 3.0).all()


def test_beyond_the_photos_edge_it_is_mirrored_blurred_and_fades_to_the_middle_colour() -> None:
    rows, columns = np.mgrid[:256, :256]
    waves = 128 + 60 * np.sin(columns / 25) + 20 * np.sin(rows / 40)
    photo = np.clip(waves[..., None] + np.random.default_rng(0).normal(0, 12, (256, 256, 3)), 0, 255).astype(np.uint8)
    crop = crop_face(photo, square(-128, 0, 256), 256)
    kept, padding = crop[:, 128:].astype(float), crop[:, :128].astype(float)
    np.testing.assert_array_equal(kept, photo[:, :128])
    near = padding[:, -16:]
    mirrored = photo[:, 1:17][:, ::-1].astype(float)
    assert np.corrcoef(near.mean((0, 2)), mirrored.mean((0, 2)))[0, 1] > 0.95
    grain = np.diff(near, axis=0).std() / np.diff(mirrored, axis=0).std()
    assert grain < 0.5
    far = padding[:, :64]
    np.testing.assert_allclose(far, np.broadcast_to(np.median(kept, (0, 1)), far.shape), atol=1.0)
