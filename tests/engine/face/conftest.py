"""What finds faces, loaded once for the whole session."""

from __future__ import annotations

import pytest

from engine.face.faces import FaceTools, load_face_tools
from engine.weights import dlib_model_path


@pytest.fixture(scope="session")
def tools() -> FaceTools:
    return load_face_tools(dlib_model_path("shape_predictor_68_face_landmarks.dat"))
