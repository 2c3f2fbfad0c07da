"""Hair sinks towards the skull."""

from __future__ import annotations

import numpy as np
import pytest

from engine.compositing import Fall
from engine.compositing.sinking import sink
from tests.support.schematic_head import at


def height(fall: Fall, mask: np.ndarray[tuple[int, int], np.dtype[np.float32]]) -> float:
    """How high the mask reaches over the brows in the middle of the head, in face widths."""
    return float(fall.v[(mask > 0.5) & (np.abs(fall.u) < 0.1)].max())


def test_before_anything_falls_nothing_moves(fall: Fall) -> None:
    sunk = sink(fall, fall.change, 0.0)
    assert sunk.photo is fall.photo
    np.testing.assert_array_equal(sunk.change, fall.change)
    assert not sunk.moved.any()


def test_hair_above_the_skull_comes_down_steadily_and_not_into_the_head(fall: Fall) -> None:
    heights = [height(fall, sink(fall, fall.hair, time).change) for time in (0.0, 0.3, 0.6, 1.0)]
    assert heights == sorted(heights, reverse=True)
    skull = float(fall.skull_reach[90])
    assert heights[0] > skull * 1.08
    assert skull * 0.93 < heights[-1] < heights[0] - 0.03


@pytest.mark.parametrize("time", [0.4, 1.0])
def test_below_the_brows_nothing_moves(fall: Fall, time: float) -> None:
    sunk = sink(fall, fall.change, time)
    below = fall.v < -0.01
    assert not sunk.moved[below].any()
    np.testing.assert_allclose(sunk.photo[below], fall.photo[below], atol=0.5)
    np.testing.assert_allclose(sunk.change[below], fall.change[below], atol=0.02)


def test_the_inner_head_stays_where_it_is(fall: Fall) -> None:
    sunk = sink(fall, fall.change, 1.0)
    for place in ((0.0, 0.2), (0.2, 0.1), (-0.15, 0.25)):
        assert sunk.moved[at(fall, *place)] == 0
