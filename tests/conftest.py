"""Real pictures for the tests that need them."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from engine.threads import spin_briefly

# Before any test imports torch: the suite shares its cores with the processes that some tests start.
spin_briefly()

# pytester runs pytest within a test.
pytest_plugins = ["pytester", "tests.support.slow_tests"]

REPOSITORY = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def repository() -> Path:
    """The checkout's root."""
    return REPOSITORY


@pytest.fixture(scope="session")
def astronaut() -> NDArray[np.uint8]:
    """NASA's public-domain portrait of Eileen Collins: (512, 512, 3) uint8, one face, hair over the forehead."""
    data = pytest.importorskip("skimage.data", reason="the portrait comes with scikit-image")
    portrait: NDArray[np.uint8] = data.astronaut()
    portrait.setflags(write=False)  # shared by the whole session
    return portrait


@pytest.fixture(scope="session")
def astronaut_jpeg(astronaut: NDArray[np.uint8]) -> bytes:
    """The same portrait as a JPEG file's bytes."""
    file = BytesIO()
    Image.fromarray(astronaut).save(file, "JPEG", quality=95)
    return file.getvalue()


@pytest.fixture(scope="session")
def shared_photos() -> Path:
    """The folder of licensed test photos that may lie beside the checkout."""
    folder = REPOSITORY.parent / "shared" / "photos"
    if not folder.is_dir():
        pytest.skip("no folder shared/photos beside the checkout")
    return folder
