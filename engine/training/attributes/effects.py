"""What moving along each direction does to every score, measured by drawing and scoring moved samples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from engine.training.attributes.sampling import Draw

# Standard deviation of the random coefficients, in units of W. Nineteen directions at once then move a layer group by
# about two, as an edit does.
SPREAD = 0.5
# Of the coefficients' variance, added in the regression: 0.02 pulls a measured effect 2 per cent towards nought.
RIDGE = 0.02

Score = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Bench:
    """Draws and scores moved latents. w_layers: of the generator; sds: C, the population's standard deviations."""

    draw: Draw
    score: Score
    w_layers: int
    sds: NDArray[np.float32]

    def scores(self, latents: torch.Tensor) -> NDArray[np.float32]:
        """Scores (N,C) in standard deviations of latents (N,512 or N,S,512)."""
        return np.asarray(self.score(self.draw(latents)) / self.sds, np.float32)


def measured_effects(
    bench: Bench,
    bases: torch.Tensor,
    directions: torch.Tensor,
    groups: tuple[tuple[int, int], ...],
    *,
    repeats: int,
    seed: int,
    tell: Callable[[float], None],
) -> NDArray[np.float32]:
    """Effects (A,G,C): standard deviations of score C for one unit along direction A in the layers of group G.

    Every base (N,512) is moved `repeats` times along all directions (A,G,512) at once with random coefficients, and a
    ridge regression takes the effects apart: a factorial design, in which every drawing tells of all directions, needs
    a fraction of the drawings of one at a time (Fisher 1935).
    """
    rng = np.random.default_rng(seed)
    count, group_count = directions.shape[:2]
    before = bench.scores(bases)
    rows, changes = [], []
    for repeat in range(repeats):
        # Both signs of the same move in turn: effects of even order cancel.
        if repeat % 2 == 0:
            drawn = rng.standard_normal((len(bases), count, group_count)).astype(np.float32) * SPREAD
        coefficients = drawn if repeat % 2 == 0 else -drawn
        moved = bases[:, None].repeat(1, bench.w_layers, 1)
        steps = torch.einsum("nag,agd->ngd", torch.from_numpy(coefficients), directions)
        for group, (first, end) in enumerate(groups):
            last = bench.w_layers if group == len(groups) - 1 else end  # as edits move them
            moved[:, first:last] += steps[:, group, None].to(moved)
        changes.append(bench.scores(moved) - before)
        rows.append(coefficients.reshape(len(bases), -1))
        tell((repeat + 1) / repeats)
    design, change = np.concatenate(rows).astype(np.float64), np.concatenate(changes).astype(np.float64)
    effects = np.stack([_regressed(design, change[:, column]) for column in range(change.shape[1])], 1)
    return effects.reshape(count, group_count, -1).astype(np.float32)


def _regressed(design: Array, change: Array) -> Array:
    known = ~np.isnan(change)
    if not known.any():  # as in `mean_drift`
        return np.zeros(design.shape[1])
    x, y = design[known], change[known]
    # The change that no direction explains (a move of any kind makes a face more ordinary) goes to the intercept.
    x = np.concatenate([x, np.ones((len(x), 1))], 1)
    penalty = RIDGE * SPREAD**2 * len(x) * np.eye(x.shape[1])
    penalty[-1, -1] = 0
    # Heavy tails (glasses come or go) are cut off.
    limit = 3 * y.std() + 1e-6
    return np.asarray(np.linalg.solve(x.T @ x + penalty, x.T @ np.clip(y, -limit, limit))[:-1], np.float64)


def mean_drift(bench: Bench, bases: torch.Tensor, before: NDArray[np.float32], delta: torch.Tensor) -> Array:
    """Mean change (C) of every score, in standard deviations, when bases (N,512) move by a step (S,512)."""
    moved = bases[:, None] + delta.to(bases)
    change = bench.scores(moved) - before
    known = np.isfinite(change)
    # A score that none of the faces has, before and after, is not known to have moved.
    return np.asarray(np.where(known, change, 0).sum(0) / np.maximum(known.sum(0), 1), np.float64)
