"""Every kind of thing is drawn on the hair, small or large, whatever the chance."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.training.on_hair import AXES
from engine.training.things.kinds import LEARNT, UNSEEN
from engine.training.things.stage import Stage

SIZE_PX = 512
KINDS = {**LEARNT, **UNSEEN}


@pytest.fixture(scope="module")
def stage() -> Stage:
    """Hair in a bow around a face."""
    u, v = AXES.coordinates(SIZE_PX)
    away = np.hypot(u, v)
    return Stage(AXES, (SIZE_PX, SIZE_PX), np.asarray((away > 0.4) & (away < 0.75) & (v > -0.3), bool))


def whole(covers: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    return np.asarray(np.maximum.reduce(covers))


@pytest.mark.parametrize("kind", KINDS)
def test_it_covers_some_of_the_hair_and_never_all(kind: str, stage: Stage) -> None:
    shares = []
    for seed in range(6):
        cover = whole(KINDS[kind](stage, np.random.default_rng(seed)))
        assert cover.shape == stage.shape
        assert cover.min() >= 0
        assert cover.max() <= 1
        shares.append(float((cover > 0.5)[stage.hair].mean()))
    assert max(shares) > 0.004
    assert max(shares) < 0.9


@pytest.mark.parametrize("kind", KINDS)
def test_two_are_never_alike_and_one_seed_draws_the_same(kind: str, stage: Stage) -> None:
    one, same, other = (whole(KINDS[kind](stage, np.random.default_rng(seed))) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()


def test_no_kind_is_both_learnt_and_kept_for_the_judge() -> None:
    assert not set(LEARNT) & set(UNSEEN)
