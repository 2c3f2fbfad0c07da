"""Things on the hair of a picture, and hair that only looks like it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from engine.imaging.ops import dilate
from engine.training.things.drawings import AXES
from engine.training.things.kinds import LEARNT, SHEER
from engine.training.things.laid import SHEER_LAYING, Laying, before, hairdo, laid, taken
from engine.training.things.stage import Stage

SIZE_PX = 512
SEEDS = range(8)


@pytest.fixture(scope="module")
def stage() -> Stage:
    _, v = AXES.coordinates(SIZE_PX)
    return Stage(AXES, (SIZE_PX, SIZE_PX), np.asarray(v > 0.2, bool))


@pytest.fixture(scope="module")
def picture() -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(90, 120, (SIZE_PX, SIZE_PX, 3)).astype(np.uint8)


def test_a_thing_changes_what_it_covers(picture: NDArray[np.uint8], stage: Stage) -> None:
    for seed in SEEDS:
        done = laid(picture, stage, LEARNT["blob"], picture, np.random.default_rng(seed))
        assert done.where.any()
        changed = np.abs(done.picture.astype(int) - picture).max(2)
        assert changed[done.where].mean() > changed[~done.where].mean()


def test_another_hairdo_changes_the_picture_and_keeps_its_size(picture: NDArray[np.uint8], stage: Stage) -> None:
    for seed in SEEDS:
        done = hairdo(picture, stage, picture[::-1], np.random.default_rng(seed))
        assert done.shape == picture.shape
        assert done.dtype == np.uint8
        assert (done != picture).any()


def test_another_wall_stands_behind_the_head_alone(picture: NDArray[np.uint8], stage: Stage) -> None:
    wall = np.full_like(picture, 250)
    done = before(picture, stage.hair, wall, np.random.default_rng(0))
    inner = np.zeros_like(stage.hair)
    inner[:20] = True
    np.testing.assert_array_equal(done[inner], picture[inner])
    assert (done[-20:] == 250).all()


def test_holes_in_the_head_are_no_windows(picture: NDArray[np.uint8], stage: Stage) -> None:
    head = stage.hair.copy()
    head[50:90, 200:260] = False
    done = before(picture, head, np.full_like(picture, 250), np.random.default_rng(0))
    np.testing.assert_array_equal(done[50:90, 200:260], picture[50:90, 200:260])


def test_what_lets_the_picture_through_counts_where_it_lies(picture: NDArray[np.uint8], stage: Stage) -> None:
    for seed in range(40):
        clear, opaque = (
            laid(picture, stage, LEARNT["blob"], picture, np.random.default_rng(seed), Laying(clear=(low, low)))
            for low in (0.2, 1)
        )
        np.testing.assert_array_equal(clear.where, opaque.where)
        if (clear.picture != opaque.picture).any():
            return
    pytest.fail("none let the picture through")


def test_hair_is_seen_through_a_sheer_layer_and_nothing_changes_beside_it(
    picture: NDArray[np.uint8], stage: Stage
) -> None:
    fine = picture.astype(np.float32) - cv2.GaussianBlur(picture, (0, 0), 2)
    for seed in SEEDS:
        done = laid(picture, stage, SHEER["veil"], picture, np.random.default_rng(seed), SHEER_LAYING)
        kept = done.picture.astype(np.float32) - cv2.GaussianBlur(done.picture, (0, 0), 2)
        through = float((fine * kept)[done.where].sum() / (fine * fine)[done.where].sum())
        assert 0.25 < through < 0.95
        beside = ~dilate(done.where, 6.0)
        assert (done.picture == picture)[beside].all()


def test_a_photo_of_it_has_the_same_size_and_is_never_the_same(picture: NDArray[np.uint8]) -> None:
    photos = [taken(picture, np.random.default_rng(seed)) for seed in SEEDS]
    assert {photo.shape for photo in photos} == {picture.shape}
    assert len({photo.tobytes() for photo in photos}) > 5
