"""Which of several pictures each cell shows, so that their seams are seen least."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, maximum_flow

from engine.compositing.repeats import Repeats


@dataclass(frozen=True)
class JoinSettings:
    """What is traded against what when pictures are joined."""

    # What a seam costs at every cell, in levels of 0..255, however alike the two pieces are: few large pieces look
    # better than many small ones (by eye).
    seam_cost: float = 6.0
    # Edges of a graph cut carry whole numbers: so many for a level.
    units_per_level: int = 16
    # How often every label is tried, unless nothing changes any more before.
    sweeps: int = 2


@dataclass(frozen=True)
class _Join:
    """What a choice costs. costs: K,N, of each label at each cell; colours: K,N,C, what it shows there; one, other: E,
    the cells of each pair of neighbours; seam_cost: of every seam, in levels; units_per_level: of the graph's edges."""

    costs: NDArray[np.float32]
    colours: NDArray[np.float32]
    one: NDArray[np.intp]
    other: NDArray[np.intp]
    repeats: Repeats | None
    seam_cost: float
    units_per_level: int


def cheapest_join(
    costs: NDArray[np.float32],
    colours: NDArray[np.float32],
    reached: NDArray[np.bool_],
    pairs: NDArray[np.intp],
    repeats: Repeats | None = None,
    settings: JoinSettings = JoinSettings(),
) -> NDArray[np.intp]:
    """The label (N) of each cell by alpha expansion (Boykov, Veksler and Zabih, "Fast Approximate Energy Minimization
    via Graph Cuts", 2001).

    costs: K,N, of each label alone; colours: K,N,C, what each label shows; reached: K,N, where a label may be chosen;
    pairs: E,2, neighbours. Two labels at neighbours cost how unlike they are at both (Kwatra et al., 2003); repeats:
    what the same spot costs once more, by those that show it so far.
    """
    one, other = pairs.T
    join = _Join(costs, colours, one, other, repeats, settings.seam_cost, settings.units_per_level)
    choice = np.asarray(costs.argmin(0), np.intp)
    for _ in range(settings.sweeps):
        before = choice.copy()
        for label in range(len(costs)):
            free = reached[label] & (choice != label)
            if free.any():
                choice[_taking(join, choice, label, free)] = label
        if np.array_equal(before, choice):
            break
    return choice


def _taking(join: _Join, choice: NDArray[np.intp], label: int, free: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Those of the free cells for which it is cheapest, all together, to take the label instead of their own."""
    cells = np.arange(len(choice))
    own, new = np.asarray(join.colours[choice, cells], np.float32), join.colours[label]
    # What taking the label costs more than keeping one's own.
    more = (join.costs[label] - join.costs[choice, cells]).astype(np.float64)
    if join.repeats is not None:
        more += join.repeats.more_for(label, choice)
    touched = free[join.one] | free[join.other]
    first, second = join.one[touched], join.other[touched]
    first_label, second_label = choice[first], choice[second]
    first_there, second_here = join.colours[first_label, second], join.colours[second_label, first]
    # Both keep, or one of the two takes the label; where both take it there is no seam.
    cost = join.seam_cost
    kept = _seam(own[first] - second_here, first_there - own[second], first_label != second_label, cost)
    second_takes = _seam(own[first] - new[first], first_there - new[second], first_label != label, cost)
    first_takes = _seam(new[first] - second_here, new[second] - own[second], second_label != label, cost)
    both = free[first] & free[second]
    np.add.at(more, first, np.where(free[first], first_takes - kept, 0))
    np.add.at(more, second, np.where(both, -first_takes, np.where(free[second], second_takes - kept, 0)))
    weight = np.maximum(second_takes + first_takes - kept, 0)
    members = np.nonzero(free)[0]
    node = np.full(len(choice), -1, np.int32)
    node[members] = np.arange(len(members))
    takes = _cut(more[members], node[first[both]], node[second[both]], weight[both], join.units_per_level)
    return np.asarray(members[takes], np.intp)


def _seam(
    first: NDArray[np.float32], second: NDArray[np.float32], seam: NDArray[np.bool_], cost: float
) -> NDArray[np.float64]:
    """What two labels at neighbours cost, by their difference (E,C) at both; seam: E, where they are two; cost: of any
    seam."""
    unlike = np.linalg.norm(first, axis=1) + np.linalg.norm(second, axis=1)
    return np.where(seam, cost + unlike, 0.0)


def _cut(
    more: NDArray[np.float64],
    first: NDArray[np.int32],
    second: NDArray[np.int32],
    weight: NDArray[np.float64],
    units_per_level: int,
) -> NDArray[np.bool_]:
    """Which nodes (N) to put on the sink's side, where each costs `more` and each pair with only its second there costs
    `weight`, so that the sum is least; of several such choices the one with most nodes there."""
    costs, weights = (np.rint(values * units_per_level).astype(np.int64) for values in (more, weight))
    sinks, left = np.zeros(len(more), bool), np.ones(len(more), bool)
    # Most nodes are sure by themselves: what they cost is more than all that their pairs could save, or add.
    while True:
        saved, added = (np.bincount(ends, weights, len(more)).astype(np.int64) for ends in (first, second))
        stays, takes = left & (costs > saved), left & (-costs >= added)
        if not (stays.any() or takes.any()):
            break
        sinks |= takes
        left &= ~(stays | takes)
        np.add.at(costs, second[stays[first]], weights[stays[first]])
        np.subtract.at(costs, first[takes[second]], weights[takes[second]])
        open_pairs = left[first] & left[second]
        first, second, weights = first[open_pairs], second[open_pairs], weights[open_pairs]
    if left.any():
        members = np.nonzero(left)[0]
        node = np.cumsum(left, dtype=np.int32) - 1
        sinks[members] = _least_cut(costs[members], node[first], node[second], weights)
    return sinks


def _least_cut(
    costs: NDArray[np.int64], first: NDArray[np.int32], second: NDArray[np.int32], weights: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """The same for whole costs (N) and weights, as the largest flow from source to sink."""
    count = len(costs)
    source, sink, nodes = count, count + 1, np.arange(count)
    tail = np.concatenate([first, np.full(count, source), nodes]).astype(np.int32)
    head = np.concatenate([second, nodes, np.full(count, sink)]).astype(np.int32)
    capacity = np.concatenate([weights, np.maximum(costs, 0), np.maximum(-costs, 0)])
    units = np.rint(capacity).astype(np.int32)
    graph = csr_array((units, (tail, head)), shape=(count + 2, count + 2))
    graph.eliminate_zeros()
    left = graph - maximum_flow(graph, source, sink).flow
    left.data[left.data < 0] = 0
    left.eliminate_zeros()
    sinks = np.ones(count + 2, bool)
    sinks[breadth_first_order(left, source, return_predecessors=False)] = False
    return np.asarray(sinks[:count], bool)
