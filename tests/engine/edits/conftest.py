"""A face that was inverted once for all of this room's tests."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.edits.portrait import Portrait
from engine.face.faces import choose_faces, find_faces
from engine.models.load import Models


@pytest.fixture(scope="session")
def portrait(models: Models, astronaut: NDArray[np.uint8]) -> Portrait:
    """The astronaut's face. What is costly is made when a test first asks for it, and kept for the others."""
    face = choose_faces(find_faces(models.face_tools, astronaut), "largest")[0]
    return Portrait(models, astronaut, face, "draft", 0, lambda stage, fraction, preview_jpeg=None: None)
