"""Filling a hole with whole pieces of the picture: for each spot of the hole, from how far away it is copied.

After He and Sun, "Statistics of Patch Offsets for Image Completion" (ECCV 2012): a picture repeats itself at few
offsets; a hole is filled with the picture moved by some of them, joined where they differ least. Nothing is averaged,
so that what is copied keeps its structure, sharpness and grain.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.linalg import splu

from engine.compositing.candidates import Candidates, CandidateSettings, Hints, candidates_for
from engine.compositing.graph_cut import cheapest_join
from engine.compositing.repeats import Repeats
from engine.imaging.nearest import nearest_labels
from engine.imaging.ops import LEAST_WEIGHT, Mask, Plane

# Shares of a cell that are all of it, but for rounding.
WHOLLY = 0.999


@dataclass(frozen=True)
class PieceSettings:
    """How pieces are found and joined, set by eye. Lengths are cells of the small picture in which they are chosen;
    costs are levels of 0..255."""

    # Which offsets are tried.
    candidates: CandidateSettings = field(default_factory=CandidateSettings)
    # What joining a piece to the photo costs, beside joining two pieces, told in a square of this side; how much a
    # longer way costs (for the whole side); and what a spot costs that nothing reaches.
    rim_weight: float = 1.5
    rim_cells: int = 5
    distance_cost: float = 6.0
    unreached_cost: float = 3000.0
    # A piece's colour is moved to meet its neighbours' within about this many cells of the seam, and less where they
    # differ by more than so many levels: that is an edge of what is shown, not another light.
    colour_reach_cells: float = 32.0
    edge_levels: float = 60.0
    # Each copy of a cell but the first costs this share of how unlike all the rest of the picture that cell is: one
    # leaf that hangs there four times is seen at once, a wall is not. What is seen of it already counts as so much of
    # a copy, but along a line, which goes on.
    repeat_cost: float = 0.3
    seen_copy: float = 0.3


@dataclass(frozen=True)
class Pieces:
    """offsets: K,2 in pixels, rows and columns; label: H,W, which of them fills each cell of the hole, -1 elsewhere and
    where none reaches; change: H,W,C, what its features need to meet their neighbours'."""

    offsets: NDArray[np.intp]
    label: NDArray[np.intp]
    change: NDArray[np.float32]


def pieces_for(
    features: NDArray[np.float32],
    hole: Mask,
    known: Mask,
    rng: np.random.Generator,
    *,
    cell_px: int = 1,
    hints: Hints = Hints(),
    settings: PieceSettings = PieceSettings(),
) -> Pieces | None:
    """Which offset fills which cell of the hole; None where too little is known to copy from.

    features: H,W,C, what neighbours are compared by, in levels; hole, known: H,W, apart from each other; cell_px: its
    pixels in a cell's side; hints: what is known of the picture. Where any of it fits, the first piece that reaches a
    cell fills it, unchanged.
    """
    if not hole.any():
        return None
    features = _extended(features, known)
    candidates = candidates_for(features, hole, known, rng, cell_px=cell_px, hints=hints, settings=settings.candidates)
    if candidates is None:
        return None
    offsets = candidates.offsets
    moved = [_moved(features, known, offset / cell_px) for offset in offsets]
    # Cells that nothing reaches show nothing that could be compared.
    at_all = np.any([there for _, there in moved], 0)
    rows, columns = np.nonzero(hole & at_all)
    if len(rows) == 0:
        return None
    reached = np.stack([there[rows, columns] for _, there in moved])
    useful = np.nonzero(reached.any(1))[0]
    offsets, reached, moved = offsets[useful], reached[useful], [moved[index] for index in useful]
    label = np.full(hole.shape, -1, np.intp)
    change = np.zeros(features.shape, np.float32)
    if hints.any_fits:
        label[rows, columns] = reached.argmax(0)
        return Pieces(offsets, label, change)
    colours = np.stack([picture[rows, columns] for picture, _ in moved])
    rim_costs = (_rim_cost(features, known, picture, settings) for picture, _ in moved)
    costs = np.stack([cost[rows, columns] for cost in rim_costs])
    ways = np.linalg.norm(offsets, axis=1).astype(np.float32) / (cell_px * max(hole.shape))
    costs += settings.distance_cost * ways[:, None]
    costs = np.where(reached, costs, np.float32(settings.unreached_cost))
    pairs = _pairs(hole.shape, rows, columns)
    repeats = _repeats(candidates, useful, cell_px, rows, columns, settings)
    choice = cheapest_join(costs, colours, reached, pairs, repeats)
    label[rows, columns] = choice
    miss, near = np.zeros((len(rows), features.shape[2]), np.float32), np.zeros(len(rows), np.float32)
    for taken in np.unique(choice):
        picture, there = moved[int(taken)]
        values, weight = _rim_miss(features, known, picture, there, settings.rim_cells)
        here = choice == taken
        miss[here], near[here] = values[rows[here], columns[here]], weight[rows[here], columns[here]]
    change[rows, columns] = _meeting(choice, colours, pairs, miss, near, settings)
    return Pieces(offsets, label, change)


def _extended(features: NDArray[np.float32], known: Mask) -> NDArray[np.float32]:
    """Features (H,W,C) that go on, each as the nearest known cell's: seams where a piece's source ends would else be
    told by what is hidden there."""
    if known.all() or not known.any():
        return features
    labels = nearest_labels(known)
    nearest = np.zeros((int(labels.max()) + 1, features.shape[2]), np.float32)
    nearest[labels[known]] = features[known]
    return np.asarray(nearest[labels], np.float32)


def _repeats(
    candidates: Candidates,
    useful: NDArray[np.intp],
    cell_px: int,
    rows: NDArray[np.intp],
    columns: NDArray[np.intp],
    settings: PieceSettings,
) -> Repeats:
    """What copies of the same cell cost at the hole's cells (N rows and columns), by useful ones (K) of the offsets."""
    height, width = candidates.alone.shape
    whole = np.rint(candidates.offsets[useful] / cell_px).astype(np.intp)
    to_y = np.clip(rows + whole[:, :1], 0, height - 1)
    to_x = np.clip(columns + whole[:, 1:], 0, width - 1)
    seen = np.where(candidates.straight[useful], 0, settings.seen_copy).astype(np.float32)
    return Repeats((to_y * width + to_x).astype(np.int32), settings.repeat_cost * candidates.alone.ravel(), seen)


def _moved(features: NDArray[np.float32], known: Mask, offset: NDArray[np.float64]) -> tuple[NDArray[np.float32], Mask]:
    """The picture whose cell at a place is the one an offset away (in cells, not only whole ones), and where that one
    is known."""
    there = np.array([[1, 0, offset[1]], [0, 1, offset[0]]], np.float64)
    size, flags = known.shape[::-1], cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    planes = [
        cv2.warpAffine(plane, there, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
        for plane in np.moveaxis(features, 2, 0)
    ]
    shown = cv2.warpAffine(known.astype(np.float32), there, size, flags=flags)
    return np.ascontiguousarray(np.stack(planes, 2), np.float32), np.asarray(shown > WHOLLY, bool)


def _rim_cost(features: NDArray[np.float32], known: Mask, moved: NDArray[np.float32], settings: PieceSettings) -> Plane:
    """How unlike the photo a piece is where that is known around each cell (H,W), be the piece known there or not: one
    whose source ends at the rim would cost nothing. 0 away from the rim."""
    rim = known.astype(np.float32)
    unlike = np.linalg.norm(moved - features, axis=2) * rim
    cells = settings.rim_cells
    size = (cells, cells)
    near = cv2.boxFilter(rim, -1, size, normalize=False)
    total = cv2.boxFilter(unlike, -1, size, normalize=False)
    # Each cell of the rim counts as if it were one neighbour.
    cost = settings.rim_weight * total / np.maximum(near, 1) * np.minimum(near, cells) / cells
    return np.asarray(cost, np.float32)


def _rim_miss(
    features: NDArray[np.float32], known: Mask, moved: NDArray[np.float32], there: Mask, rim_cells: int
) -> tuple[NDArray[np.float32], Plane]:
    """What a piece lacks to be the photo where both are known around each cell (H,W,C), and on how much of it that
    rests (H,W, 0..1)."""
    both = (known & there).astype(np.float32)
    size = (rim_cells, rim_cells)
    share = cv2.boxFilter(both, -1, size)
    miss = cv2.boxFilter((features - moved) * both[..., None], -1, size) / np.maximum(share, LEAST_WEIGHT)[..., None]
    return np.asarray(miss, np.float32), np.asarray(share, np.float32)


def _meeting(
    choice: NDArray[np.intp],
    colours: NDArray[np.float32],
    pairs: NDArray[np.intp],
    miss: NDArray[np.float32],
    near: NDArray[np.float32],
    settings: PieceSettings,
) -> NDArray[np.float32]:
    """The change of each cell's features (N,C) with which pieces meet each other and the photo (Pérez et al., "Poisson
    Image Editing", 2003): smooth within a piece, the jump between two pieces taken out at their seam.

    miss: N,C, what is missing at the rim; near: N, how much that counts.
    """
    count = len(choice)
    one, other = pairs.T
    a, b = choice[one], choice[other]
    # What the other's piece has more than the one's, at both cells.
    jump = (colours[b, other] - colours[a, other] + colours[b, one] - colours[a, one]) / 2
    size = np.linalg.norm(jump, axis=1)
    weight = 1 / (1 + (size / settings.edge_levels) ** 2)
    rim = near / (1 + (np.linalg.norm(miss, axis=1) / settings.edge_levels) ** 2)
    diagonal = np.full(count, settings.colour_reach_cells**-2) + rim
    np.add.at(diagonal, one, weight)
    np.add.at(diagonal, other, weight)
    right = (rim[:, None] * miss).astype(np.float64)
    np.add.at(right, one, weight[:, None] * jump)
    np.add.at(right, other, -weight[:, None] * jump)
    cells = np.arange(count)
    values = np.concatenate([diagonal, -weight, -weight])
    places = (np.concatenate([cells, one, other]), np.concatenate([cells, other, one]))
    matrix = coo_array((values, places), shape=(count, count)).tocsc()
    return np.asarray(splu(matrix).solve(right), np.float32)


def _pairs(shape: tuple[int, ...], rows: NDArray[np.intp], columns: NDArray[np.intp]) -> NDArray[np.intp]:
    """Neighbours among the cells (E,2), as their indices."""
    index = np.full(shape, -1, np.intp)
    index[rows, columns] = np.arange(len(rows))
    right = np.stack([index[:, :-1].ravel(), index[:, 1:].ravel()], 1)
    down = np.stack([index[:-1].ravel(), index[1:].ravel()], 1)
    pairs = np.concatenate([right, down])
    return np.asarray(pairs[(pairs >= 0).all(1)], np.intp)
