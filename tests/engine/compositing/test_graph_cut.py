"""Seams where they are seen least."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np
from numpy.typing import NDArray

from engine.compositing.graph_cut import JoinSettings, cheapest_join

CELLS = 7
PAIRS = np.stack([np.arange(CELLS - 1), np.arange(1, CELLS)], 1)


def cost_of(choice: NDArray[np.intp], costs: NDArray[np.float32], colours: NDArray[np.float32]) -> float:
    total = float(costs[choice, np.arange(CELLS)].sum())
    for one, other in PAIRS:
        a, b = choice[one], choice[other]
        if a != b:
            unlike = sum(float(np.linalg.norm(colours[a, x] - colours[b, x])) for x in (one, other))
            total += JoinSettings().seam_cost + unlike
    return total


def joins(labels: int) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.intp]]]:
    """Twenty problems, as costs and colours, and what is found for each."""
    for seed in range(20):
        rng = np.random.default_rng(seed)
        costs = rng.uniform(0, 60, (labels, CELLS)).astype(np.float32)
        colours = rng.uniform(0, 40, (labels, CELLS, 3)).astype(np.float32)
        yield costs, colours, cheapest_join(costs, colours, np.ones((labels, CELLS), bool), PAIRS)


def test_of_two_labels_the_cheapest_choice_of_all_is_found() -> None:
    """With two labels one expansion is exact."""
    for costs, colours, found in joins(labels=2):
        best = min(cost_of(np.array(each), costs, colours) for each in product(range(2), repeat=CELLS))
        assert cost_of(found, costs, colours) <= best + 0.5  # costs are whole units


def test_of_many_labels_the_choice_is_never_dearer_than_each_cell_by_itself() -> None:
    for costs, colours, found in joins(labels=5):
        assert cost_of(found, costs, colours) <= cost_of(costs.argmin(0), costs, colours) + 0.5


def test_a_label_is_only_taken_where_it_reaches() -> None:
    reached = np.ones((2, CELLS), bool)
    reached[1, :3] = False
    costs = np.stack([np.full(CELLS, 50.0), np.zeros(CELLS)]).astype(np.float32)
    costs[1, :3] = 3000
    found = cheapest_join(costs, np.zeros((2, CELLS, 3), np.float32), reached, PAIRS)
    assert found.tolist() == [0, 0, 0, 1, 1, 1, 1]
