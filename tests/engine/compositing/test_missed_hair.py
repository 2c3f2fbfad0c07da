"""Hair at the sides of a render that a parser takes for background."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.compositing.missed_hair import with_missed_hair
from engine.imaging.ops import erode
from engine.parsing.classes import FaceClass

SIDE = 256
ROWS, COLUMNS = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
RADIUS = np.hypot(ROWS, COLUMNS)
HEAD, SKIN = RADIUS < 80, (RADIUS < 60) & (np.abs(COLUMNS) < 50)
MISSED = (RADIUS < 80) & (COLUMNS > 60) & (np.abs(ROWS) < 18)
WALL, GREY = (90, 75, 50), (170, 170, 165)


def drawn(missed: tuple[int, int, int]) -> NDArray[np.uint8]:
    """A head with grey sides before a dark wall, twice the size of what a parser sees, of a colour where it misses
    something."""
    picture = np.empty((SIDE, SIDE, 3), np.uint8)
    picture[:] = WALL
    picture[HEAD] = GREY
    picture[SKIN] = (210, 160, 140)
    picture[MISSED] = missed
    return picture.repeat(2, 0).repeat(2, 1)


@pytest.fixture(scope="module")
def seen() -> NDArray[np.float32]:
    """A parser that sees background in a dent of the head's side."""
    probabilities = np.zeros((19, SIDE, SIDE), np.float32)
    probabilities[FaceClass.BACKGROUND] = ~HEAD | MISSED
    probabilities[FaceClass.SKIN] = SKIN & ~MISSED
    probabilities[FaceClass.HAIR] = HEAD & ~SKIN & ~MISSED
    return probabilities


def test_grey_sides_that_look_like_no_wall_are_hair(seen: NDArray[np.float32]) -> None:
    refined = with_missed_hair(drawn(GREY), seen)
    assert refined[FaceClass.HAIR][erode(MISSED, 4)].mean() > 0.9
    assert refined[FaceClass.HAIR][RADIUS > 90].max() == 0
    np.testing.assert_allclose(refined.sum(0), 1, atol=1e-4)


def test_a_dent_that_shows_the_wall_stays_one(seen: NDArray[np.float32]) -> None:
    assert with_missed_hair(drawn(WALL), seen) is seen


def test_a_head_without_dents_stays_as_it_is(seen: NDArray[np.float32]) -> None:
    whole = seen.copy()
    whole[FaceClass.HAIR] += whole[FaceClass.BACKGROUND] * MISSED
    whole[FaceClass.BACKGROUND] *= ~MISSED
    assert with_missed_hair(drawn((0, 0, 255)), whole) is whole
