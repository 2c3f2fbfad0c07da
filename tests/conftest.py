"""Real pictures for the tests that need them."""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from engine.runtime.threads import spin_briefly

if TYPE_CHECKING:
    from tests.support.faults.shared_broker import SharedBroker

# Before any test imports torch: the suite shares its cores with the processes that some tests start.
spin_briefly()
# Each worker of pytest-xdist is a process, and so are the engines that it starts: together they have the cores.
WORKERS = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
if WORKERS > 1:
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // WORKERS)))

# pytester runs pytest within a test.
pytest_plugins = ["pytester", "tests.support.scheduling", "tests.support.slow_tests"]

REPOSITORY = Path(__file__).parents[1]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with most slow tests first: whichever worker gets the last file, the others do not wait long for it."""
    slow = Counter(item.path for item in items if item.get_closest_marker("slow") is not None)
    items.sort(key=lambda item: -slow[item.path])


@pytest.fixture(autouse=True)
def own_logging() -> Iterator[None]:
    """What a program that runs within a test sets up for its log ends with that test."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    named = [logger for logger in logging.Logger.manager.loggerDict.values() if isinstance(logger, logging.Logger)]
    levels = [logger.level for logger in named]
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for logger, before in zip(named, levels, strict=True):
        logger.setLevel(before)


@pytest.fixture(scope="session")
def repository() -> Path:
    """The checkout's root."""
    return REPOSITORY


@pytest.fixture(scope="session")
def shared_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SharedBroker]:
    """One broker for all tests that do not ask what becomes of it."""
    from tests.support.faults.shared_broker import SharedBroker

    broker = SharedBroker(tmp_path_factory.mktemp("broker"))
    yield broker
    broker.end()


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
