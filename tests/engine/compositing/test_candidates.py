"""Which offsets are tried."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.compositing.candidates import Candidates, CandidateSettings, Hints, candidates_for

SIZE = 64
WALL, JACKET = np.array([170, 130, 60], np.float32), np.array([50, 80, 170], np.float32)


def room() -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """A wall above, a jacket below right, and a hole before the wall; where it is open features go on as the wall."""
    picture = np.tile(WALL, (SIZE, SIZE, 1))
    picture += np.random.default_rng(0).normal(0, 4, (SIZE, SIZE, 1)).astype(np.float32)
    picture[22:, 26:] += JACKET - WALL
    hole = np.zeros((SIZE, SIZE), bool)
    hole[:22, 14:50] = True
    return picture, hole


def told(settings: CandidateSettings = CandidateSettings(), hints: Hints = Hints()) -> Candidates:
    picture, hole = room()
    found = candidates_for(picture, hole, ~hole, np.random.default_rng(0), cell_px=2, hints=hints, settings=settings)
    assert found is not None
    return found


def of_the_wall(found: Candidates) -> float:
    """Of what the offsets reach within the hole, how much is the wall."""
    picture, hole = room()
    rows, columns = np.nonzero(hole)
    reached = wall = 0
    for dy, dx in found.offsets // 2:
        y, x = rows + dy, columns + dx
        inside = (y >= 0) & (y < SIZE) & (x >= 0) & (x < SIZE)
        y, x = y[inside], x[inside]
        known = ~hole[y, x]
        reached += int(known.sum())
        wall += int((picture[y, x, 2] < 110)[known].sum())
    return wall / reached


def test_what_is_like_the_holes_surroundings_is_tried_first() -> None:
    few = CandidateSettings(repeating=0, reaching=8, remaining=0)
    blind = CandidateSettings(repeating=0, reaching=8, remaining=0, fits_levels=1e4)
    assert of_the_wall(told(few)) > 0.6
    assert of_the_wall(told(blind)) < 0.5


def test_offsets_along_lines_are_tried_and_known_as_such() -> None:
    found = told(hints=Hints(along=np.array([[10.4, 0.0], [20.0, -3.6]])))
    assert found.offsets[:2].tolist() == [[10, 0], [20, -4]]
    assert found.straight.tolist() == [True, True] + [False] * (len(found.offsets) - 2)


def test_a_thing_that_stands_there_once_is_told_from_a_wall() -> None:
    picture, hole = room()
    picture[40:46, 6:12] = 250
    found = candidates_for(
        picture, hole, ~hole, np.random.default_rng(0), cell_px=1, hints=Hints(), settings=CandidateSettings()
    )
    assert found is not None
    assert found.alone[43, 9] > 5 * found.alone[58, 8]


def test_where_anything_fits_only_reach_counts() -> None:
    found = told(hints=Hints(any_fits=True))
    assert not found.straight.any()
    assert not found.alone.any()
