"""The drawn head, and its hair as a layer."""

from __future__ import annotations

import pytest

from engine.compositing.matte import HairMatte, hair_matte
from engine.hair.strands import Strands, hair_strands
from tests.support.schematic_head import SIZE_PX, SchematicHead, draw_head


@pytest.fixture(scope="session")
def drawn() -> SchematicHead:
    return draw_head()


@pytest.fixture(scope="session")
def unit_px(drawn: SchematicHead) -> float:
    return drawn.axes.width_px / 500


@pytest.fixture(scope="session")
def drawn_matte(drawn: SchematicHead, unit_px: float) -> HairMatte:
    _, v = drawn.axes.coordinates(SIZE_PX)
    return hair_matte(drawn.photo, v, unit_px)


@pytest.fixture(scope="session")
def strands(drawn: SchematicHead, drawn_matte: HairMatte) -> Strands:
    _, v = drawn.axes.coordinates(SIZE_PX)
    return hair_strands(drawn.photo, drawn_matte, v, drawn.axes.width_px)
