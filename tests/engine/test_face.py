"""Finding faces, aligning them, and cutting them out."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from engine.errors import FaceCut, FaceTooSmall, NoFace, NoSuchFace
from engine.face import (
    MIN_FACE_WIDTH_PX,
    Face,
    FaceTools,
    check_face,
    choose_faces,
    crop_face,
    crop_matrix,
    ffhq_quad,
    find_faces,
    inside_photo,
    load_face_tools,
)
from engine.weights import dlib_model_path
from tests.support.schematic_face import face_points

# A face whose width in the astronaut's portrait is 100 px is found again to within a fiftieth of that.
AGREEMENT_PX = 2.0


@pytest.fixture(scope="module")
def tools() -> FaceTools:
    return load_face_tools(dlib_model_path("shape_predictor_68_face_landmarks.dat"))


@pytest.fixture(scope="module")
def found(tools: FaceTools, astronaut: NDArray[np.uint8]) -> Face:
    return largest(tools, astronaut)


def largest(tools: FaceTools, photo: NDArray[np.uint8]) -> Face:
    return choose_faces(find_faces(tools, photo), "largest")[0]


def schematic(center: tuple[float, float], width_px: float, roll: float = 0.0) -> Face:
    landmarks = face_points(center, width_px, roll)
    return Face(landmarks, ffhq_quad(landmarks))


def square(left: float, top: float, side: float) -> NDArray[np.float64]:
    return np.array([[left, top], [left, top + side], [left + side, top + side], [left + side, top]], np.float64)


def noise(height: int, width: int, seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def test_the_astronauts_face_is_where_it_is(found: Face) -> None:
    """Eyes, nose and mouth at the pixels where anyone would click on them."""
    for points, x, y in ((slice(36, 42), 203, 108), (slice(42, 48), 243, 104), (slice(30, 31), 232, 133)):
        np.testing.assert_allclose(found.landmarks[points].mean(0), (x, y), atol=8)
    assert 70 < found.width_px < 130
    assert found.quad.shape == (4, 2)


def test_folds_of_a_suit_are_no_faces_beside_a_real_one(tools: FaceTools, astronaut: NDArray[np.uint8]) -> None:
    assert len(find_faces(tools, astronaut)) == 1


def test_a_shifted_photo_gives_the_same_crop(tools: FaceTools, found: Face, astronaut: NDArray[np.uint8]) -> None:
    shifted = cv2.copyMakeBorder(astronaut, 37, 0, 61, 0, cv2.BORDER_REFLECT)
    again = largest(tools, np.asarray(shifted, np.uint8))
    np.testing.assert_allclose(again.landmarks - (61, 37), found.landmarks, atol=2 * AGREEMENT_PX)
    np.testing.assert_allclose(again.quad - (61, 37), found.quad, atol=2 * AGREEMENT_PX)


@pytest.mark.parametrize("degrees", [-12.0, 12.0])
def test_a_rotated_photo_gives_the_same_crop(
    tools: FaceTools, found: Face, astronaut: NDArray[np.uint8], degrees: float
) -> None:
    turn = cv2.getRotationMatrix2D((222.0, 120.0), degrees, 1.0)
    rotated = np.asarray(cv2.warpAffine(astronaut, turn, (512, 512), borderMode=cv2.BORDER_REFLECT), np.uint8)
    again = largest(tools, rotated)
    expected = found.quad @ turn[:, :2].T + turn[:, 2]
    assert np.abs(again.quad - expected).mean() < 3 * AGREEMENT_PX
    first, second = (
        crop_face(photo, face.quad, 128).astype(float) for photo, face in ((astronaut, found), (rotated, again))
    )
    assert np.corrcoef(first.ravel(), second.ravel())[0, 1] > 0.95


def test_two_faces_come_from_left_to_right(tools: FaceTools, found: Face, astronaut: NDArray[np.uint8]) -> None:
    pair = np.hstack([astronaut[:300, 100:350], astronaut[:300, 100:350, ::-1]])
    left, right = find_faces(tools, pair)
    assert left.landmarks[:, 0].max() < 250 < right.landmarks[:, 0].min()


def test_a_small_face_in_a_large_photo_is_found_at_second_sight(
    tools: FaceTools, found: Face, astronaut: NDArray[np.uint8]
) -> None:
    large = np.full((1700, 1700, 3), 120, np.uint8)
    large[900:1412, 300:812] = astronaut
    again = largest(tools, large)
    np.testing.assert_allclose(again.quad - (300, 900), found.quad, atol=3 * AGREEMENT_PX)


@pytest.mark.slow
@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_photo_that_lies_on_its_side_or_head_gives_the_same_crop(
    tools: FaceTools, found: Face, astronaut: NDArray[np.uint8], quarters: int
) -> None:
    lying = np.ascontiguousarray(np.rot90(astronaut, quarters))
    again = crop_face(lying, largest(tools, lying).quad, 128).astype(float)
    assert np.corrcoef(again.ravel(), crop_face(astronaut, found.quad, 128).astype(float).ravel())[0, 1] > 0.9


@pytest.mark.slow
def test_near_and_far_faces_are_found_together_and_told_from_left_to_right(
    tools: FaceTools, astronaut: NDArray[np.uint8]
) -> None:
    """What is found at a small size does not end the search: the far ones are a sixth of the near one."""
    wide = np.full((800, 1500, 3), 120, np.uint8)
    wide[200:600, 600:1000] = cv2.resize(astronaut[:300, 80:380], (400, 400))
    far = cv2.resize(astronaut[:300, 80:380], (66, 66), interpolation=cv2.INTER_AREA)
    for x in (100, 400, 1200):
        wide[300:366, x : x + 66] = far
    lefts = [float(face.landmarks[:, 0].min()) for face in find_faces(tools, wide)]
    assert len(lefts) == 4
    np.testing.assert_array_less([100, 400, 600, 1200], lefts)
    np.testing.assert_array_less(lefts, [166, 466, 1000, 1266])


@pytest.mark.parametrize("photo", [np.full((200, 300, 3), 128, np.uint8), noise(150, 150)])
def test_a_photo_without_a_face_is_an_error(tools: FaceTools, photo: NDArray[np.uint8]) -> None:
    with pytest.raises(NoFace, match="No face was found"):
        find_faces(tools, photo)


def test_faces_are_chosen_by_size_by_number_or_all() -> None:
    faces = [schematic((100, 100), 60), schematic((300, 100), 90), schematic((500, 100), 70)]
    assert choose_faces(faces, "largest") == [faces[1]]
    assert choose_faces(faces, "all") == faces
    assert [choose_faces(faces, str(number))[0] for number in (1, 2, 3)] == faces


@pytest.mark.parametrize(("count", "told"), [(1, "1 face was"), (2, "2 faces were")])
def test_a_face_that_is_not_there_is_an_error_that_says_how_many_are(count: int, told: str) -> None:
    faces = [schematic((100 * i, 100), 60) for i in range(count)]
    with pytest.raises(NoSuchFace, match=told) as raised:
        choose_faces(faces, str(count + 1))
    assert raised.value.details == {"faces": count}


def test_a_face_with_too_few_pixels_is_an_error_that_says_how_many_it_has() -> None:
    width = MIN_FACE_WIDTH_PX - 7
    with pytest.raises(FaceTooSmall, match=f"only {width} pixels") as raised:
        check_face(schematic((100, 100), width), (200, 200, 3))
    assert str(MIN_FACE_WIDTH_PX) in raised.value.sentence
    assert raised.value.details == {"width_px": width}
    check_face(schematic((100, 100), MIN_FACE_WIDTH_PX + 1), (200, 200, 3))


def test_a_face_half_outside_is_an_error_and_one_that_touches_the_edge_is_none() -> None:
    with pytest.raises(FaceCut, match="outside the photo"):
        check_face(schematic((5, 100), 100), (300, 300, 3))
    check_face(schematic((52, 100), 100), (300, 300, 3))


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
