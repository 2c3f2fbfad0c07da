"""From how far away a hole may be filled: the offsets that are tried."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.compositing.likeness import Likeness
from engine.imaging.ops import Mask, Plane, smooth_over


@dataclass(frozen=True)
class CandidateSettings:
    """How offsets are found, set by eye. Lengths are cells of the small picture in which they are chosen, levels of
    0..255."""

    # They are looked for among so many patches of this side that are known, by so many principal directions, so many
    # patches at a time, no nearer than this share of the picture's longer side.
    patch_cells: int = 7
    max_patches: int = 3000
    kept_directions: int = 24
    patches_at_once: int = 1000
    nearest_share: float = 1 / 12
    # So many are tried: those that the picture repeats itself at, and those that reach most of the hole.
    repeating: int = 26
    reaching: int = 28
    # And so many more at most, for what none of the second reaches: a smooth surface would stand there as a plate.
    remaining: int = 12
    # The first are the peaks of a histogram of offsets, smoothed so far (a Gaussian's sigma), alone in this radius. How
    # unlike all the rest a cell is, is told over so much (likewise).
    peak_sigma_cells: float = 1.4
    peak_radius_cells: int = 3
    alone_sigma_cells: float = 2.0
    # The second lie on a grid of this width, and are told by about so many cells of the hole. A cell counts half where
    # what would be copied is so many levels off what is known next to it, each over a square of this side: by their
    # reach alone scraps of a jacket were all that could be copied to a wall.
    grid_cells: int = 6
    sampled_cells: int = 500
    fits_levels: float = 30.0
    fits_cells: int = 5
    # Each is moved to where the picture is most like itself: the first by so many cells at most, the second within half
    # the grid; among those, offsets at which it differs by less than about so many levels are preferred.
    near_cells: float = 1.0
    unlike_levels: float = 16.0


@dataclass(frozen=True)
class Hints:
    """What is known of a picture beforehand. like: how like itself it is, None where nobody asked; along: K,2, offsets
    in pixels (rows, columns) along its own lines; any_fits: it looks the same everywhere."""

    like: Likeness | None = None
    along: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 2)))
    any_fits: bool = False


@dataclass(frozen=True)
class Candidates:
    """offsets: K,2 in pixels, rows and columns; straight: K, which of them run along lines of the picture; alone: H,W,
    how unlike all the rest of the picture each cell is, in levels."""

    offsets: NDArray[np.intp]
    straight: NDArray[np.bool_]
    alone: Plane


def candidates_for(
    features: NDArray[np.float32],
    hole: Mask,
    known: Mask,
    rng: np.random.Generator,
    *,
    cell_px: int,
    hints: Hints,
    settings: CandidateSettings,
) -> Candidates | None:
    """The offsets to try; None where too little is known to copy from. All but the settings as in `pieces_for`."""
    like = hints.like
    reaching = _reaching(features, hole, known, cell_px, like, settings)
    if hints.any_fits:
        return Candidates(reaching, np.zeros(len(reaching), bool), np.zeros(hole.shape, np.float32))
    told = _repeating(features, hole, known, rng, settings)
    if told is None:
        return None
    cells, alone = told
    near_px = settings.near_cells * cell_px
    repeating = [one * cell_px if like is None else like.best_near(one * cell_px, near_px) for one in cells]
    offsets = np.concatenate([hints.along, np.reshape(repeating, (-1, 2)), reaching])
    straight = np.arange(len(offsets)) < len(hints.along)
    return Candidates(np.rint(offsets).astype(np.intp), straight, alone)


def _repeating(
    features: NDArray[np.float32], hole: Mask, known: Mask, rng: np.random.Generator, settings: CandidateSettings
) -> tuple[NDArray[np.intp], Plane] | None:
    """The offsets (K,2) at which the known part is most often like itself, and how unlike the rest of it each cell
    (H,W) is, in levels."""
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
    alone, told = np.zeros(hole.shape, np.float32), np.zeros(hole.shape, bool)
    for start in range(0, len(rows), settings.patches_at_once):
        part = slice(start, start + settings.patches_at_once)
        # Tables of millions, each made once.
        unlike, apart = seen[part] @ seen.T, places[part] @ places.T
        unlike *= -2
        unlike += norms
        apart *= -2
        apart += lengths
        apart += lengths[part, None]
        unlike[apart < least] = np.inf
        nearest = unlike.argmin(1)
        least_unlike = unlike[np.arange(len(nearest)), nearest] + norms[part]
        found = np.isfinite(least_unlike)
        alone[rows[part][found], columns[part][found]] = np.sqrt(np.maximum(least_unlike[found], 0)) / side
        told[rows[part][found], columns[part][found]] = True
        dy, dx = rows[nearest] - rows[part], columns[nearest] - columns[part]
        np.add.at(counts, (dy[found] + hole.shape[0], dx[found] + hole.shape[1]), 1)
    smooth = cv2.GaussianBlur(counts, (0, 0), settings.peak_sigma_cells)
    apart_cells = 2 * settings.peak_radius_cells + 1
    peak = (smooth >= cv2.dilate(smooth, np.ones((apart_cells, apart_cells), np.uint8))) & (smooth > 0)
    peak_rows, peak_columns = np.nonzero(peak)
    order = np.argsort(-smooth[peak_rows, peak_columns], kind="stable")[: settings.repeating]
    offsets = np.stack([peak_rows[order] - hole.shape[0], peak_columns[order] - hole.shape[1]], 1)
    return offsets, smooth_over(alone, told, settings.alone_sigma_cells)


def _reaching(
    features: NDArray[np.float32],
    hole: Mask,
    known: Mask,
    cell_px: int,
    like: Likeness | None,
    settings: CandidateSettings,
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
    # Beyond the picture nothing is known: with that around it, a place is one number.
    around_y, around_x = int(grid_y[-1]), int(grid_x[-1])
    wide = np.pad(known, ((around_y, around_y), (around_x, around_x)))
    own = (rows[thinned] + around_y) * wide.shape[1] + columns[thinned] + around_x
    place = own[:, None] + (grid[:, 0] * wide.shape[1] + grid[:, 1])
    reached = wide.ravel().take(place)
    light = cv2.blur(features[..., :3], (settings.fits_cells, settings.fits_cells))
    light = cv2.copyMakeBorder(light, around_y, around_y, around_x, around_x, cv2.BORDER_CONSTANT).reshape(-1, 3)
    cell = np.nonzero(reached)[0]
    apart = np.asarray(light.take(place[reached], 0) - light.take(own, 0).take(cell, 0), np.float32)
    fits = np.zeros(reached.shape)
    fits[reached] = 1 / (1 + (apart * apart).sum(1) / np.float32(settings.fits_levels**2))
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
        if turn < settings.reaching:
            gain = ((1 / (1 + times)) @ fits) * nearness
        else:
            gain = (1.0 * ~reached[:, chosen].any(1) @ reached) * nearness
        gain[chosen] = 0
        best = int(gain.argmax())
        if gain[best] <= 0:
            break
        chosen.append(best)
        times += fits[:, best]
    return np.asarray(offsets[chosen], np.intp).reshape(-1, 2)
