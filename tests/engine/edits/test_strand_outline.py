"""An outline of hair ends in strands, before a background on the right of a straight edge."""

from __future__ import annotations

import numpy as np
import pytest

from engine.edits.strand_outline import in_strands
from engine.imaging.ops import Plane, blur

SIZE_PX, EDGE, UNIT_PX = 120, 60, 1.0
COLUMNS = np.arange(SIZE_PX, dtype=np.float32)[None]


@pytest.fixture(scope="module")
def head() -> Plane:
    return np.asarray(blur((COLUMNS < EDGE) * np.ones((SIZE_PX, 1), np.float32), 1.5), np.float32)


@pytest.fixture(scope="module")
def strands() -> Plane:
    """Single hairs across the edge by turns, four pixels each."""
    rows = np.where(np.arange(SIZE_PX) // 4 % 2, 0.5, -0.5).astype(np.float32)
    return rows[:, None] * np.ones((1, SIZE_PX), np.float32)


def ends(share: Plane, strands: Plane) -> tuple[float, float]:
    """Where hairs that end sooner do, and where those that end later do."""
    middle = slice(20, -20)
    covered = share[middle].sum(1)
    sooner = strands[middle, 0] > 0
    return float(covered[sooner].mean()), float(covered[~sooner].mean())


def test_hairs_end_sooner_or_later_by_turns(head: Plane, strands: Plane) -> None:
    ended, hair = in_strands(head, head, strands, UNIT_PX)
    sooner, later = ends(ended, strands)
    assert sooner < EDGE - 1
    assert later > EDGE + 1
    assert (sooner + later) / 2 == pytest.approx(EDGE, abs=0.7)
    np.testing.assert_allclose(hair, ended, atol=1e-5)
    assert ended.min() >= 0
    assert ended.max() <= 1


def test_hairs_that_end_by_turns_are_no_teeth_of_a_saw(head: Plane, strands: Plane) -> None:
    ended, _ = in_strands(head, head, strands, UNIT_PX)
    sooner, later = ends(ended, strands)
    assert later - sooner < 3


def test_a_bare_head_s_outline_stays(head: Plane, strands: Plane) -> None:
    ended, hair = in_strands(head, np.zeros_like(head), strands, UNIT_PX)
    np.testing.assert_array_equal(ended, head)
    assert hair.max() == 0


def test_off_the_outline_nothing_changes(head: Plane, strands: Plane) -> None:
    hair = head * (COLUMNS > EDGE - 30)
    ended, left = in_strands(head, hair, strands, UNIT_PX)
    far = (np.abs(COLUMNS - EDGE) > 16) * np.ones_like(head) > 0
    np.testing.assert_array_equal(ended[far], head[far])
    np.testing.assert_array_equal(left[far], hair[far])


def test_where_no_strand_differs_the_outline_is_where_it_was(head: Plane) -> None:
    ended, _ = in_strands(head, head, np.zeros_like(head), UNIT_PX)
    np.testing.assert_allclose(ended.sum(1), head.sum(1), atol=0.1)


def test_a_head_that_fills_the_picture_stays(strands: Plane) -> None:
    whole = np.ones_like(strands)
    ended, hair = in_strands(whole, whole, strands, UNIT_PX)
    np.testing.assert_array_equal(ended, whole)
    np.testing.assert_array_equal(hair, whole)
