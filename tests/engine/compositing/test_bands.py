"""A blurred background that goes on, on a shore: dark above, light below, and a hole in the middle."""

from __future__ import annotations

import numpy as np
import pytest

from engine.compositing.bands import bands
from engine.imaging.membrane import membrane
from engine.imaging.ops import Mask, Picture, blur

SIDE_PX, SHORE = 400, 200
DARK, LIGHT = 40.0, 160.0
LEFT, RIGHT = 140, 260


@pytest.fixture(scope="module")
def shore() -> Picture:
    rows = np.where(np.arange(SIDE_PX) < SHORE, DARK, LIGHT).astype(np.float32)
    plane = np.repeat(rows[:, None], SIDE_PX, 1)
    return np.asarray(blur(np.repeat(plane[..., None], 3, 2), 6.0), np.float32)


@pytest.fixture(scope="module")
def known() -> Mask:
    mask = np.ones((SIDE_PX, SIDE_PX), bool)
    mask[60:340, LEFT:RIGHT] = False
    return mask


@pytest.fixture(scope="module")
def smooth(shore: Picture, known: Mask) -> Picture:
    return membrane(shore, known, np.ones_like(known))


def test_near_what_is_known_its_bands_go_on(shore: Picture, known: Mask, smooth: Picture) -> None:
    made = bands(shore, known, smooth)
    for inwards in (6, 14, 24):
        for column in (LEFT + inwards, RIGHT - inwards):
            assert abs(made[SHORE - 40, column].mean() - DARK) < 8
            assert abs(made[SHORE + 40, column].mean() - LIGHT) < 8


def test_they_get_softer_the_further_in_they_are(shore: Picture, known: Mask, smooth: Picture) -> None:
    made = bands(shore, known, smooth).mean(-1)
    steepest = [float(np.abs(np.diff(made[100:300, LEFT + inwards])).max()) for inwards in (4, 20, 40)]
    assert steepest[0] > 1.3 * steepest[1] > 1.3 * steepest[2]


def test_it_meets_what_is_known_without_a_step(shore: Picture, known: Mask, smooth: Picture) -> None:
    made = np.where(known[..., None], shore, bands(shore, known, smooth))
    across = np.abs(np.diff(made.mean(-1), axis=1))[70:330]
    assert across[:, LEFT - 1].max() < 6
    assert across[:, RIGHT - 1].max() < 6


def test_a_larger_picture_is_told_like_a_smaller_one(shore: Picture, known: Mask, smooth: Picture) -> None:
    twice = [np.kron(each, np.ones((2, 2, 1), np.float32)) for each in (shore, smooth)]
    large = bands(twice[0], np.kron(known, np.ones((2, 2), bool)), twice[1])[::2, ::2]
    hole = ~known
    assert np.abs(large - bands(shore, known, smooth))[hole].mean() < 2
