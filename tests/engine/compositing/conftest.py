"""A photo's canvas, made once."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.face.faces import choose_faces, find_faces
from engine.models.load import Parts
from tests.support.looked import Looked, look


@pytest.fixture(scope="session")
def quad(parts: Parts, astronaut: NDArray[np.uint8]) -> NDArray[np.float64]:
    return choose_faces(find_faces(parts.face_tools, astronaut), "largest")[0].quad


@pytest.fixture(scope="session")
def close(parts: Parts, astronaut: NDArray[np.uint8], quad: NDArray[np.float64]) -> Looked:
    """A crop so close that the hair goes on beyond its upper, left and right edges."""
    return look(parts, astronaut, quad.mean(0) + (quad - quad.mean(0)) * 0.72)
