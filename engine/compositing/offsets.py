"""Filling a hole with whole pieces of the picture: for each spot of the hole, from how far away it is copied.

After He and Sun, "Statistics of Patch Offsets for Image Completion" (ECCV 2012): a picture repeats itself at few
offsets; a hole is filled with the picture moved by some of them, joined where they differ least. Nothing is averaged,
so that what is copied keeps its structure, sharpness and grain.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.linalg import splu

from engine.compositing.graph_cut import cheapest_join
from engine.compositing.likeness import Likeness
from engine.imaging.ops import LEAST_WEIGHT, Mask, Plane

# Shares of a cell that are all of it, but for rounding.
WHOLLY = 0.999


@dataclass(frozen=True)
class PieceSettings:
    """How pieces are found and joined, set by eye. Lengths are cells of the small picture in which they are chosen;
    costs are levels of 0..255."""

    # Offsets are looked for among so many patches of this side that are known, by so many principal directions, so many
    # patches at a time, no nearer than this share of the picture's longer side.
    patch_cells: int = 7
    max_patches: int = 3000
    kept_directions: int = 24
    patches_at_once: int = 1000
    nearest_share: float = 1 / 12
    # So many are tried: those that the picture repeats itself at, and those that reach most of the hole.
    repeating: int = 40
    reaching: int = 30
    # And so many more at most, for what none of the second reaches: a smooth surface would stand there as a plate.
    remaining: int = 12
    # The first are the peaks of a histogram of offsets, smoothed so far (a Gaussian's sigma), alone in this radius.
    peak_sigma_cells: float = 1.4
    peak_radius_cells: int = 3
    # The second lie on a grid of this width, and are told by about so many cells of the hole.
    grid_cells: int = 6
    sampled_cells: int = 500
    # Each is moved to where the picture is most like itself: the first by so many cells at most, the second within half
    # the grid; among those, offsets at which it differs by less than about so many levels are preferred.
    near_cells: float = 1.0
    unlike_levels: float = 16.0
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
    like: Likeness | None = None,
    any_fits: bool = False,
    settings: PieceSettings = PieceSettings(),
) -> Pieces | None:
    """Which offset fills which cell of the hole; None where too little is known to copy from.

    features: H,W,C, what neighbours are compared by, in levels; hole, known: H,W, apart from each other; cell_px: its
    pixels in a cell's side; like: how like itself the picture is, None where nobody asked. any_fits: what is
    known looks the same everywhere, so that the first piece that reaches a cell fills it, unchanged.
    """
    rows, columns = np.nonzero(hole)
    if len(rows) == 0:
        return None
    offsets = _reaching(hole, known, cell_px, like, settings)
    if not any_fits:
        repeating = _repeating(features, hole, known, rng, settings)
        if repeating is None:
            return None
        near_px = settings.near_cells * cell_px
        fine = [one * cell_px if like is None else like.best_near(one * cell_px, near_px) for one in repeating]
        offsets = np.concatenate([np.reshape(fine, (-1, 2)), offsets]).astype(np.intp)
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
    if any_fits:
        label[rows, columns] = reached.argmax(0)
        return Pieces(offsets, label, change)
    colours = np.stack([picture[rows, columns] for picture, _ in moved])
    rim_costs = (_rim_cost(features, known, picture, settings) for picture, _ in moved)
    costs = np.stack([cost[rows, columns] for cost in rim_costs])
    ways = np.linalg.norm(offsets, axis=1).astype(np.float32) / (cell_px * max(hole.shape))
    costs += settings.distance_cost * ways[:, None]
    costs = np.where(reached, costs, np.float32(settings.unreached_cost))
    pairs = _pairs(hole.shape, rows, columns)
    choice = cheapest_join(costs, colours, reached, pairs)
    label[rows, columns] = choice
    rims = [_rim_miss(features, known, picture, there, settings.rim_cells) for picture, there in moved]
    miss = np.stack([values[rows, columns] for values, _ in rims])
    near = np.stack([weight[rows, columns] for _, weight in rims])
    cells = np.arange(len(rows))
    change[rows, columns] = _meeting(choice, colours, pairs, miss[choice, cells], near[choice, cells], settings)
    return Pieces(offsets, label, change)


def _repeating(
    features: NDArray[np.float32], hole: Mask, known: Mask, rng: np.random.Generator, settings: PieceSettings
) -> NDArray[np.intp] | None:
    """The offsets (K,2) at which the known part is most often like itself."""
    side = settings.patch_cells
    half = side // 2
    inner = cv2.erode(known.astype(np.uint8), np.ones((side, side), np.uint8), borderValue=0) > 0
    inner[:half], inner[-half:], inner[:, :half], inner[:, -half:] = False, False, False, False
    rows, columns = np.nonzero(inner)
    if len(rows) < side**2:
        return None
    if len(rows) > settings.max_patches:
        chosen = np.sort(rng.permutation(len(rows))[: settings.max_patches])
        rows, columns = rows[chosen], columns[chosen]
    windows = np.lib.stride_tricks.sliding_window_view(features, (side, side), axis=(0, 1))
    patches = np.asarray(windows[rows - half, columns - half].reshape(len(rows), -1), np.float32)
    patches = patches - patches.mean(0)
    _, vectors = np.linalg.eigh(patches.T @ patches)
    seen = patches @ np.ascontiguousarray(vectors[:, -settings.kept_directions :])
    places = np.stack([rows, columns], 1).astype(np.float32)
    norms, lengths = (seen * seen).sum(1), (places * places).sum(1)
    least = (settings.nearest_share * max(hole.shape)) ** 2
    counts = np.zeros((2 * hole.shape[0] + 1, 2 * hole.shape[1] + 1), np.float32)
    for start in range(0, len(rows), settings.patches_at_once):
        part = slice(start, start + settings.patches_at_once)
        unlike = norms - 2 * (seen[part] @ seen.T)
        apart = lengths[part, None] + lengths - 2 * (places[part] @ places.T)
        unlike[apart < least] = np.inf
        nearest = unlike.argmin(1)
        found = np.isfinite(unlike[np.arange(len(nearest)), nearest])
        dy, dx = rows[nearest] - rows[part], columns[nearest] - columns[part]
        np.add.at(counts, (dy[found] + hole.shape[0], dx[found] + hole.shape[1]), 1)
    smooth = cv2.GaussianBlur(counts, (0, 0), settings.peak_sigma_cells)
    alone = 2 * settings.peak_radius_cells + 1
    peak = (smooth >= cv2.dilate(smooth, np.ones((alone, alone), np.uint8))) & (smooth > 0)
    peak_rows, peak_columns = np.nonzero(peak)
    order = np.argsort(-smooth[peak_rows, peak_columns], kind="stable")[: settings.repeating]
    return np.stack([peak_rows[order] - hole.shape[0], peak_columns[order] - hole.shape[1]], 1)


def _reaching(
    hole: Mask, known: Mask, cell_px: int, like: Likeness | None, settings: PieceSettings
) -> NDArray[np.intp]:
    """Offsets (K,2 in pixels) near a coarse grid, chosen one after the other for what the earlier ones do not reach."""
    height, width = hole.shape
    rows, columns = np.nonzero(hole)
    grid_y, grid_x = (
        np.arange(-(length // settings.grid_cells), length // settings.grid_cells + 1) * settings.grid_cells
        for length in (height, width)
    )
    grid = np.stack(np.meshgrid(grid_y, grid_x, indexing="ij"), -1).reshape(-1, 2)
    thinned = slice(None, None, max(1, len(rows) // settings.sampled_cells))
    to_y, to_x = rows[thinned, None] + grid[:, 0], columns[thinned, None] + grid[:, 1]
    inside = (to_y >= 0) & (to_y < height) & (to_x >= 0) & (to_x < width)
    reached = inside & known[np.clip(to_y, 0, height - 1), np.clip(to_x, 0, width - 1)]
    # Of two that reach as much, the shorter way is the likelier surrounding.
    nearness = 1 / (1 + np.linalg.norm(grid, axis=1) / max(height, width))
    offsets = grid * cell_px
    if like is not None:
        offsets = np.stack([like.best_near(one, settings.grid_cells * cell_px / 2) for one in offsets])
        unlike = np.array([like.at(one) for one in offsets])
        told = np.isfinite(unlike)
        usual = float(np.median(unlike[told])) if told.any() else 0.0
        nearness /= 1 + np.where(told, unlike, usual) / settings.unlike_levels
    times = np.zeros(len(reached))
    chosen: list[int] = []
    for turn in range(settings.reaching + settings.remaining):
        wanted = 1 / (1 + times) if turn < settings.reaching else 1.0 * (times == 0)
        gain = (wanted @ reached) * nearness
        gain[chosen] = 0
        best = int(gain.argmax())
        if gain[best] <= 0:
            break
        chosen.append(best)
        times += reached[:, best]
    return np.asarray(offsets[chosen], np.intp).reshape(-1, 2)


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
