"""Finding faces, aligning them, and cutting them out."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from engine.errors import FaceBlurred, FaceCut, FaceError, FaceTooSmall, HatInTheWay, NoFace, NoHairLeft, NoSuchFace
from engine.face.alignment import crop_face, ffhq_quad
from engine.face.faces import (
    CLEAR_FACE_WIDTH_PX,
    MIN_FACE_WIDTH_PX,
    Face,
    FaceTools,
    check_face,
    choose_faces,
    cut_if_refused,
    find_faces,
    find_people,
    small_if_refused,
)
from engine.photo import read_photo
from tests.support.schematic_face import face_points

# A face whose width in the astronaut's portrait is 100 px is found again to within a fiftieth of that.
AGREEMENT_PX = 2.0


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


def test_half_a_face_at_the_edge_is_no_face_and_yet_somebody(
    tools: FaceTools, found: Face, astronaut: NDArray[np.uint8]
) -> None:
    middle = round(float(found.landmarks[:, 0].mean())) - 5
    pair = np.hstack([astronaut[:300, 100:350], astronaut[:300, 100:middle]])
    faces, glimpsed = find_people(tools, pair)
    assert len(faces) == len(find_faces(tools, pair)) == 1
    assert faces[0].sure
    [somebody] = glimpsed
    assert not somebody.sure
    np.testing.assert_allclose(somebody.landmarks.mean(0), found.landmarks.mean(0) + (150, 0), atol=found.width_px / 3)


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
@pytest.mark.parametrize(
    ("name", "quarters"),
    [("aligned/man-curly-glasses", 3), ("aligned/woman-long-dark", 2), ("unaligned/portrait-2", 1)],
)
def test_faces_that_are_seen_badly_as_they_lie_are_found_and_looked_at_again(
    tools: FaceTools, shared_photos: Path, name: str, quarters: int
) -> None:
    photo = read_photo((shared_photos / f"{name}.jpg").read_bytes())
    scale = 900 / max(photo.shape[:2])
    photo = np.asarray(cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    upright = crop_face(photo, largest(tools, photo).quad, 128).astype(float)
    lying = np.ascontiguousarray(np.rot90(photo, quarters))
    again = crop_face(lying, largest(tools, lying).quad, 128).astype(float)
    assert np.corrcoef(again.ravel(), upright.ravel())[0, 1] > 0.97


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


@pytest.mark.parametrize("scale", [0.3, 1.0, 2.0])
@pytest.mark.parametrize("left", [0, 100])
def test_a_cat_is_nobody_and_the_sentence_names_animals(tools: FaceTools, scale: float, left: int) -> None:
    data = pytest.importorskip("skimage.data", reason="the cat comes with scikit-image")
    cat = cv2.resize(np.ascontiguousarray(data.chelsea()[:, left:400]), None, fx=scale, fy=scale)
    with pytest.raises(NoFace, match="animals"):
        find_faces(tools, np.asarray(cat, np.uint8))


def test_a_drawn_face_is_none_and_the_sentence_says_that_drawn_ones_are_not_read(tools: FaceTools) -> None:
    avatar = np.full((256, 256, 3), (250, 210, 220), np.uint8)
    cv2.ellipse(avatar, (128, 140), (70, 85), 0, 0, 360, (255, 225, 200), -1, cv2.LINE_AA)
    cv2.ellipse(avatar, (128, 95), (85, 60), 0, 180, 360, (90, 60, 160), -1, cv2.LINE_AA)
    for x in (100, 156):
        cv2.ellipse(avatar, (x, 140), (13, 20), 0, 0, 360, (40, 40, 90), -1, cv2.LINE_AA)
        cv2.circle(avatar, (x + 4, 132), 5, (255, 255, 255), -1, cv2.LINE_AA)
    cv2.ellipse(avatar, (128, 185), (12, 6), 0, 0, 180, (180, 60, 70), 2, cv2.LINE_AA)
    with pytest.raises(NoFace, match="drawn faces .* are not read"):
        find_faces(tools, avatar)


def test_the_detector_keeps_no_memory_of_what_it_has_searched(tools: FaceTools) -> None:
    assert not tools.detector.get_session_options().enable_cpu_mem_arena


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


@pytest.mark.parametrize("refusal", [HatInTheWay, NoHairLeft])
@pytest.mark.parametrize("roll", [0.0, 90.0])
def test_what_a_photo_that_ends_at_the_brows_is_refused_for_is_that_it_is_cut(
    refusal: type[FaceError], roll: float
) -> None:
    """Lying on its side, its brows face the right edge."""
    at_edge = (150.0, 10.0) if roll == 0 else (290.0, 150.0)
    with pytest.raises(FaceCut, match="top of the head"), cut_if_refused(schematic(at_edge, 100, roll), (300, 300, 3)):
        raise refusal("As the mirrored crop looks.")


def test_a_whole_head_is_refused_for_what_it_is_and_a_blurred_one_is_blurred() -> None:
    for refusal, center in ((HatInTheWay, (150.0, 60.0)), (FaceBlurred, (150.0, 10.0))):
        with pytest.raises(refusal), cut_if_refused(schematic(center, 100), (300, 300, 3)):
            raise refusal("As it is.")


def test_a_cut_head_that_nothing_is_wrong_with_is_worked_on() -> None:
    with cut_if_refused(schematic((150, 10), 100), (300, 300, 3)):
        pass


def test_what_looks_like_a_hat_on_a_face_of_few_pixels_is_told_to_be_too_small() -> None:
    for width_px, refusal in ((CLEAR_FACE_WIDTH_PX - 2, FaceTooSmall), (CLEAR_FACE_WIDTH_PX + 2, HatInTheWay)):
        with pytest.raises(refusal), small_if_refused(schematic((150.0, 60.0), width_px)):
            raise HatInTheWay("As the enlarged crop looks.")
