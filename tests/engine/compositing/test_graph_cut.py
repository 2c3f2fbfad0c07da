"""Seams where they are seen least."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np
from numpy.typing import NDArray

from engine.compositing.graph_cut import JoinSettings, cheapest_join
from engine.compositing.repeats import Repeats

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


def test_the_same_spot_is_shown_again_only_where_that_is_cheaper() -> None:
    """All cells lie on one spot by the first label, each on its own by the second, which costs 10 more."""
    costs = np.stack([np.zeros(CELLS), np.full(CELLS, 10.0)]).astype(np.float32)
    sources = np.stack([np.zeros(CELLS), np.arange(1, CELLS + 1)]).astype(np.int32)
    colours, reached = np.zeros((2, CELLS, 3), np.float32), np.ones((2, CELLS), bool)
    chosen = []
    for worth in (1, 8):
        repeats = Repeats(sources, np.full(CELLS + 1, worth, np.float32), np.zeros(2, np.float32))
        chosen.append(cheapest_join(costs, colours, reached, PAIRS, repeats).tolist())
    assert chosen == [[0] * CELLS, [1] * CELLS]


def test_what_is_decided_for_each_cell_alone_is_what_the_whole_cut_decides() -> None:
    """Costs so large that most cells are sure by themselves, on a grid, against every choice there is."""
    cells, edges = (
        9,
        [
            (r * 3 + c, (r + dr) * 3 + c + dc)
            for r in range(3)
            for c in range(3)
            for dr, dc in ((0, 1), (1, 0))
            if r + dr < 3 and c + dc < 3
        ],
    )
    pairs = np.array(edges)
    for seed in range(12):
        rng = np.random.default_rng(seed)
        costs = (rng.uniform(0, 30, (2, cells)) * rng.choice([1, 8], (2, cells))).astype(np.float32)
        colours = rng.uniform(0, 25, (2, cells, 3)).astype(np.float32)

        def total(
            choice: NDArray[np.intp], costs: NDArray[np.float32] = costs, colours: NDArray[np.float32] = colours
        ) -> float:
            out = float(costs[choice, np.arange(cells)].sum())
            for one, other in pairs:
                a, b = choice[one], choice[other]
                if a != b:
                    out += JoinSettings().seam_cost + sum(
                        float(np.linalg.norm(colours[a, x] - colours[b, x])) for x in (one, other)
                    )
            return out

        found = cheapest_join(costs, colours, np.ones((2, cells), bool), pairs)
        assert total(found) <= min(total(np.array(each)) for each in product(range(2), repeat=cells)) + 1.0
