"""The circle that closes a head which a picture's upper edge cuts, on drawn disks."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.compositing.dome import Dome, DomeSettings, closed, dome
from engine.parsing import FaceClass

SIDE_PX = 256
Y, X = np.mgrid[:SIDE_PX, :SIDE_PX].astype(np.float32)


def disk(x: float, y: float, radius: float) -> NDArray[np.float32]:
    return np.asarray(np.hypot(X - x, Y - y) < radius, np.float32)


def column(half_width: float) -> NDArray[np.float32]:
    return np.asarray(np.abs(X - 128) < half_width, np.float32)


def found(head: NDArray[np.float32]) -> Dome:
    rest = dome(head)
    assert rest is not None
    return rest


def test_a_round_head_goes_on_in_the_circle_that_it_is_part_of() -> None:
    rest = found(disk(120, 70, 100))
    assert rest.x == pytest.approx(120, abs=1)
    assert rest.row + rest.down == pytest.approx(70, abs=2)
    assert rest.radius == pytest.approx(100, abs=2)


def test_the_circle_goes_through_the_head_s_width_at_both_of_its_rows() -> None:
    rest = found(column(50))
    for row in (rest.row, rest.row + DomeSettings().below_parsed_px):
        assert np.hypot(50, row - rest.row - rest.down) == pytest.approx(rest.radius, abs=0.5)


def test_a_head_that_gets_much_narrower_further_down_goes_on_as_half_a_circle() -> None:
    rest = found(np.where(Y > 40, column(30), column(90)).astype(np.float32))
    assert rest.down == 0
    assert rest.radius == pytest.approx(90, abs=1)


def test_what_a_parser_sees_close_to_the_edge_is_not_believed() -> None:
    head = disk(120, 70, 100)
    unsure = head.copy()
    unsure[:5, :110] = 0
    assert found(unsure) == found(head)


def test_hair_of_somebody_beside_that_ends_at_the_same_edge_is_no_part_of_it() -> None:
    """The head was closed by a dome between the two, a bump aside."""
    head = disk(150, 70, 80)
    beside = np.where((np.abs(X - 20) < 15) & (Y < 150), 1, head).astype(np.float32)
    assert found(beside) == found(head)


def test_a_head_that_ends_below_the_edge_is_cut_by_nothing() -> None:
    assert dome(disk(128, 128, 100)) is None
    assert dome(np.zeros((SIDE_PX, SIDE_PX), np.float32)) is None


def test_a_head_that_ends_close_below_the_edge_is_cut_by_nothing_either() -> None:
    """What the picture shows of its top was painted over, by a lens with a line below."""
    assert dome(disk(128, 114, 110)) is None
    assert dome(disk(128, 100, 110)) is not None


def test_what_is_as_narrow_as_a_strand_is_no_head() -> None:
    assert dome(column(8)) is None


def test_a_picture_that_ends_right_below_says_too_little_of_the_head() -> None:
    head = disk(128, 100, 110)
    assert dome(head) is not None
    assert dome(head[:40]) is None


def test_a_head_of_which_the_first_sure_row_shows_nothing_is_not_closed() -> None:
    """Something lies across the edge, the head far below it."""
    assert dome(np.where((Y < 4) | (Y > 60), disk(128, 100, 110), 0).astype(np.float32)) is None


def test_above_its_row_the_dome_covers_its_circle_and_below_it_everything() -> None:
    rest = Dome(100, 128.0, 20.0, 60.0)
    covered = rest.inside(X, Y)
    assert (covered[100:] == 1).all()
    above = covered[:100]
    away = np.hypot(X - 128, Y - 120)[:100]
    assert (above[away < 50] == 1).all()
    assert not above[away > 70].any()
    assert covered[60, 128] == pytest.approx(0.5)
    assert (np.diff((covered > 0.5).sum(1).astype(int)) >= 0).all()


def test_a_dome_joins_the_head_that_it_closes_without_a_step() -> None:
    head = disk(120, 70, 100)
    rest = found(head)
    last, first = rest.inside(X, Y)[rest.row - 1] > 0.5, head[rest.row] > 0.5
    assert abs(int(last.sum()) - int(first.sum())) <= 4
    assert int((last ^ first).sum()) <= 4


def test_hair_along_the_outline_gets_narrower_on_the_way_up() -> None:
    """Straight up it would end in two blocks beside a bald patch."""
    rest = Dome(60, 128.0, 40.0, 90.0)
    away, on_row = np.hypot(X - 128, Y - 100), rest.on_row(X, Y)
    np.testing.assert_allclose(on_row[60, 60:196], X[60, 60:196], atol=0.05)
    assert on_row[30, 128] == pytest.approx(128)
    hair = (90 - np.hypot(on_row - 128, 40) < 12) & (away < 90) & (Y < 60)
    deep = [float((90 - away)[row][hair[row]].max()) for row in (58, 45, 30, 15)]
    assert deep[0] == pytest.approx(12, abs=1.5)
    assert deep == sorted(deep, reverse=True)
    assert 0 < deep[-1] < 2


def test_what_lies_outside_becomes_background_and_the_rest_stays() -> None:
    probabilities = np.zeros((len(FaceClass), 2, 3), np.float32)
    probabilities[FaceClass.HAIR], probabilities[FaceClass.BACKGROUND] = 0.75, 0.25
    share = np.array([[0, 0.5, 1]] * 2, np.float32)
    closed(probabilities, share)
    np.testing.assert_allclose(probabilities[FaceClass.HAIR], 0.75 * share)
    np.testing.assert_allclose(probabilities[FaceClass.BACKGROUND, 0], (1, 0.625, 0.25))
    np.testing.assert_allclose(probabilities.sum(0), 1)
