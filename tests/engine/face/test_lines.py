"""Straight lines around a point."""

from __future__ import annotations

import numpy as np
import pytest

from engine.face.lines import meeting, places, refitted, tangents, through


def test_a_line_is_told_by_the_way_to_it() -> None:
    starts, stops = np.array([[-2.0, -3.0], [4.0, 1.0]]), np.array([[5.0, -3.0], [4.0, -7.0]])
    np.testing.assert_allclose(through(starts, stops), [[0, -1, 3], [1, 0, 4]], atol=1e-9)
    np.testing.assert_allclose(through(stops, starts), [[0, -1, 3], [1, 0, 4]], atol=1e-9)


@pytest.mark.parametrize("degrees", [0.0, 17.0, -31.0])
def test_lines_meet_where_they_cross(degrees: float) -> None:
    turn = np.deg2rad(degrees)
    corners = np.array([[-3, -2], [3, -2], [3, 2], [-3, 2]]) @ [
        [np.cos(turn), np.sin(turn)],
        [-np.sin(turn), np.cos(turn)],
    ]
    sides = through(corners, np.roll(corners, -1, 0))
    np.testing.assert_allclose(meeting(np.roll(sides, 1, 0), sides), corners, atol=1e-9)
    # Clockwise: each goes on to the next corner.
    ahead = ((np.roll(corners, -1, 0) - corners) * tangents(sides)).sum(1)
    np.testing.assert_allclose(ahead, [6, 4, 6, 4])


def test_parallel_lines_meet_nowhere() -> None:
    assert np.isnan(meeting(np.array([0.0, -1.0, 3.0]), np.array([0.0, 1.0, 3.0]))).all()


def test_places_are_counted_from_where_a_line_is_nearest() -> None:
    np.testing.assert_allclose(places(np.array([1.0, 0.0, 4.0]), np.array([0.0, 2.0])), [[4, 0], [4, 2]])


def test_a_line_is_fitted_to_what_most_of_its_places_show() -> None:
    line = np.array([0.0, 1.0, 10.0])  # level, ten pixels below the middle
    along = np.linspace(-50, 50, 101)
    off = 0.02 * along + 1.5
    off[40:48] += 6  # something else
    better = refitted(line, along, off)
    at = places(better, along)
    np.testing.assert_allclose(at[[0, -1], 1], [10.5, 12.5], atol=0.1)
