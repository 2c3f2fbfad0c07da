"""Every kind of thing is drawn on the hair, small or large, whatever the chance."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.training.things.drawings import AXES
from engine.training.things.kinds import LEARNT, SHEER, UNSEEN
from engine.training.things.stage import Stage

SIZE_PX = 512
KINDS = {**LEARNT, **UNSEEN, **SHEER}


@pytest.fixture(scope="module")
def stage() -> Stage:
    """Hair in a bow around a face."""
    u, v = AXES.coordinates(SIZE_PX)
    away = np.hypot(u, v)
    return Stage(AXES, (SIZE_PX, SIZE_PX), np.asarray((away > 0.4) & (away < 0.75) & (v > -0.3), bool))


def whole(covers: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    return np.asarray(np.maximum.reduce(covers))


@pytest.mark.parametrize("kind", [*LEARNT, *UNSEEN])
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


def test_hair_lies_under_a_veil_in_part_or_whole(stage: Stage) -> None:
    covers = [whole(SHEER["veil"](stage, np.random.default_rng(seed))) for seed in range(12)]
    shares = [float((cover > 0.5)[stage.hair].mean()) for cover in covers]
    assert min(shares) < 0.7
    assert max(shares) > 0.95
    assert max(float(cover.max()) for cover in covers) <= 1
    assert all(cover[stage.hair].max() > 0.5 for cover in covers)


@pytest.mark.parametrize("kind", KINDS)
def test_two_are_never_alike_and_one_seed_draws_the_same(kind: str, stage: Stage) -> None:
    one, same, other = (whole(KINDS[kind](stage, np.random.default_rng(seed))) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()


def test_no_kind_is_both_learnt_and_kept_for_the_judge() -> None:
    assert not set(LEARNT) & set(UNSEEN)
