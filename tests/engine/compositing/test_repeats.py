"""What copies of one spot cost."""

from __future__ import annotations

import numpy as np

from engine.compositing.repeats import Repeats

# Two labels at three cells: the first shows the spots 0, 0 and 1, the second 1, 2 and 2.
SOURCES = np.array([[0, 0, 1], [1, 2, 2]], np.int32)
WORTH = np.array([2.0, 3.0, 5.0], np.float32)


def test_a_cell_pays_for_the_others_copies_and_gets_back_for_its_own() -> None:
    more = Repeats(SOURCES, WORTH, np.zeros(2, np.float32)).more_for(1, np.zeros(3, np.intp))
    # The third shows spot 1 already; the first two show spot 0 twice.
    assert more.tolist() == [3 * 1 - 2 * 1, 0 - 2 * 1, 0 - 0]


def test_what_is_seen_of_a_spot_already_counts_by_label() -> None:
    more = Repeats(SOURCES, WORTH, np.array([0.0, 0.5], np.float32)).more_for(1, np.zeros(3, np.intp))
    assert more.tolist() == [3 * 1.5 - 2, 5 * 0.5 - 2, 5 * 0.5]


def test_spots_that_cost_nothing_are_copied_at_will() -> None:
    more = Repeats(SOURCES, np.zeros(3, np.float32), np.ones(2, np.float32)).more_for(1, np.zeros(3, np.intp))
    assert not more.any()
