"""Faces that a photo's edge cuts."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.face.cut_faces import CutSettings, cut_faces
from engine.face.detector import detect
from engine.face.faces import Face, FaceTools, find_faces, find_people

# So much of half a face is cut off that nothing of it is seen as a face any more.
BEYOND_MIDDLE_PX = 14


@pytest.fixture(scope="module")
def found(tools: FaceTools, astronaut: NDArray[np.uint8]) -> Face:
    return find_faces(tools, astronaut)[0]


@pytest.fixture(scope="module")
def pair(found: Face, astronaut: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A whole face, and at the right edge less than half of another."""
    middle = round(float(found.landmarks[:, 0].mean())) - BEYOND_MIDDLE_PX
    return np.hstack([astronaut[:300, 100:350], astronaut[:300, 100:middle]])


@pytest.mark.parametrize("flipped", [False, True])
def test_less_than_half_a_face_at_an_edge_is_somebody(
    tools: FaceTools, pair: NDArray[np.uint8], found: Face, flipped: bool
) -> None:
    photo = np.ascontiguousarray(pair[:, ::-1] if flipped else pair)
    [somebody] = cut_faces(tools.detector, photo, detect(tools.detector, photo))
    eyes = somebody.points[:2].mean(0)
    edge = 0 if flipped else photo.shape[1]
    np.testing.assert_allclose(eyes[0], edge, atol=found.width_px / 3)
    np.testing.assert_allclose(eyes[1], found.landmarks[36:48, 1].mean(), atol=found.width_px / 4)


def test_they_are_what_may_be_faces(tools: FaceTools, pair: NDArray[np.uint8]) -> None:
    faces, glimpsed = find_people(tools, pair)
    assert len(faces) == 1
    assert len(glimpsed) == 1


def test_a_face_that_is_seen_already_is_not_seen_again(tools: FaceTools, pair: NDArray[np.uint8]) -> None:
    seen = detect(tools.detector, pair)
    again = cut_faces(tools.detector, pair, seen)
    assert cut_faces(tools.detector, pair, [*seen, *again]) == []


def test_whole_faces_are_none_of_them(tools: FaceTools, astronaut: NDArray[np.uint8]) -> None:
    assert cut_faces(tools.detector, astronaut, [], CutSettings(confidence=0.02)) == []
