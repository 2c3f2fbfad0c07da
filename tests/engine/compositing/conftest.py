"""The drawn head, its plate and its fall, made once."""

from __future__ import annotations

import numpy as np
import pytest

from engine.compositing import BaldPlate, Fall, build_plate, prepare_fall
from tests.support.schematic_head import SIZE_PX, SchematicHead, draw_head


@pytest.fixture(scope="session")
def head() -> SchematicHead:
    return draw_head()


@pytest.fixture(scope="session")
def plate(head: SchematicHead) -> BaldPlate:
    whole = np.ones((SIZE_PX, SIZE_PX), np.float32)
    return build_plate(head.photo, head.render, head.landmarks, head.frame, whole, np.random.default_rng(0))


@pytest.fixture(scope="session")
def fall(head: SchematicHead, plate: BaldPlate) -> Fall:
    return prepare_fall(plate, head.photo.picture, np.random.default_rng(0))
