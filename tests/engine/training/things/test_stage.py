"""Where things come to lie."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.training.things.drawings import AXES
from engine.training.things.stage import UPPER_HAIR, Stage

SIZE_PX = 512


@pytest.fixture(scope="module")
def stage() -> Stage:
    """Hair around a face, down to the chin."""
    u, v = AXES.coordinates(SIZE_PX)
    away = np.hypot(u, v)
    return Stage(AXES, (SIZE_PX, SIZE_PX), np.asarray((away > 0.4) & (away < 0.75), bool))


def heights(stage: Stage) -> list[float]:
    _, v = AXES.coordinates(SIZE_PX)
    rng = np.random.default_rng(0)
    places = [stage.place(rng).astype(int) for _ in range(60)]
    return [float(v[y, x]) for x, y in places]


def test_things_lie_on_the_upper_hair_unless_they_may_lie_lower(stage: Stage) -> None:
    assert min(heights(stage)) > UPPER_HAIR
    low = heights(replace(stage, lowest=-0.5))
    assert -0.5 < min(low) < 0


def test_at_the_rim_they_lie_close_to_where_hair_ends_on_either_side(stage: Stage) -> None:
    rim = stage.at_rim().hair
    assert (rim & stage.hair).any()
    assert (rim & ~stage.hair).any()
    assert rim.sum() < stage.hair.sum() / 2


def test_hair_without_an_outline_has_no_rim() -> None:
    everywhere = Stage(AXES, (64, 64), np.ones((64, 64), bool))
    assert everywhere.at_rim() is everywhere
