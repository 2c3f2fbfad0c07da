"""Is it still the same person?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.bench.identity import describe, distance, load_descriptor
from engine.face.faces import Face, choose_faces, find_faces, load_face_tools
from engine.weights import dlib_model_path


@pytest.fixture(scope="module")
def network() -> Any:
    return load_descriptor()


@pytest.fixture(scope="module")
def face(astronaut: NDArray[np.uint8]) -> Face:
    tools = load_face_tools(dlib_model_path("shape_predictor_68_face_landmarks.dat"))
    return choose_faces(find_faces(tools, astronaut), "largest")[0]


def test_the_same_picture_is_no_distance_away_and_a_dimmer_one_little(
    network: Any, face: Face, astronaut: NDArray[np.uint8]
) -> None:
    first = describe(network, astronaut, face.landmarks)
    assert first.shape == (128,)
    assert distance(first, describe(network, astronaut, face.landmarks)) == 0.0
    dimmer = (astronaut * 0.85).astype(np.uint8)
    assert 0.0 < distance(first, describe(network, dimmer, face.landmarks)) < 0.15


def test_a_face_turned_upside_down_inside_is_someone_else(
    network: Any, face: Face, astronaut: NDArray[np.uint8]
) -> None:
    """The features are changed where the landmarks still say eyes, nose and mouth."""
    left, top = face.landmarks.min(axis=0).astype(int)
    right, bottom = face.landmarks.max(axis=0).astype(int)
    changed = astronaut.copy()
    changed[top:bottom, left:right] = changed[top:bottom, left:right][::-1]
    assert distance(*(describe(network, picture, face.landmarks) for picture in (astronaut, changed))) > 0.4
