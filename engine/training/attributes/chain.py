"""From scored samples to the asset: hyperplanes, measured effects, calibrated steps, report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from engine.attributes import SLOT_GROUPS, TABLE, attribute_named
from engine.boundaries import Boundaries, conditional, direction
from engine.protocol import EDIT_ATTRIBUTES
from engine.scoring import NAMES
from engine.training.asset import write_asset
from engine.training.attributes.effects import Bench, mean_drift, measured_effects
from engine.training.attributes.fitting import FittedAttribute
from engine.training.attributes.scoring import Scored

STRENGTH = 2.0
# Corrections of a step by what it was measured to do; each takes off most of the drift that is left.
CORRECTIONS = 3
# No step is stretched or turned more than this by one correction.
MOST_STRETCH = 1.6
# Longest step (mean over its slots, in W) that is ever made: beyond, faces break.
LONGEST = 14.0

Report = Callable[[str, float], None]


def build_boundaries(
    fitted: Mapping[str, FittedAttribute],
    scored: Scored,
    generator_hash: str,
) -> Boundaries:
    """Boundaries without effects."""
    normals = torch.tensor(np.stack([fitted[name].plane.normal for name in NAMES]), dtype=torch.float32)
    directions = normals[:, None].repeat(1, len(SLOT_GROUPS), 1)
    population = {
        name: (float(np.nanmean(scored.scores[:, index])), float(np.nanstd(scored.scores[:, index])))
        for index, name in enumerate(NAMES)
    }
    count = len(NAMES)
    return Boundaries(
        names=NAMES,
        normals=normals,
        intercepts=torch.tensor([fitted[name].plane.intercept for name in NAMES]),
        directions=directions,
        effects=torch.full((count, len(SLOT_GROUPS), count), float("nan")),
        scored=NAMES,
        gains=torch.ones(count, 2),
        population=population,
        generator_hash=generator_hash,
    )


def with_effects(boundaries: Boundaries, bench: Bench, bases: torch.Tensor, repeats: int, report: Report) -> Boundaries:
    """The same with the effects of all directions measured."""
    effects = measured_effects(
        bench,
        bases,
        boundaries.directions,
        boundaries.groups,
        repeats=repeats,
        seed=1,
        report=lambda done: report("effects", done),
    )
    return replace(boundaries, effects=torch.from_numpy(effects))


def tuned(
    boundaries: Boundaries, bench: Bench, bases: torch.Tensor, edits: Mapping[str, torch.Tensor], report: Report
) -> tuple[Boundaries, dict[str, str]]:
    """The same with a step for each edit and its default holds that was corrected by what it does; and where each
    step began.

    Effects are measured for small moves, edits are large ones. So steps are made at full strength on some faces, and
    what they do on average to the edit and to what is held is measured. Of several beginnings (the conditional
    direction, the normal alone, and in `edits` (S,512), by name, a mean of edits found face by face) the one that does
    best is taken; then the shortest change that by the measured effects undoes the error is added as long as it helps;
    at last the length is set for both signs.
    """
    before = bench.scores(bases)
    steps = torch.zeros(len(NAMES), bench.slots, boundaries.normals.shape[1])
    gains, began = boundaries.gains.clone(), {}
    for index, name in enumerate(EDIT_ATTRIBUTES):
        holds = [hold for hold in attribute_named(name).holds if hold != name]
        wanted = {name: STRENGTH} | dict.fromkeys(holds, 0.0)

        def tried(step: torch.Tensor, wanted: Mapping[str, float] = wanted) -> _Trial:
            change = mean_drift(bench, bases, before, step)
            error = {other: goal - float(change[NAMES.index(other)]) for other, goal in wanted.items()}
            return _Trial(step, error)

        beginnings = {
            "held": conditional(boundaries, name, holds, bench.slots).delta,
            "alone": conditional(boundaries, name, (), bench.slots).delta,
        }
        if name in edits:
            beginnings["edits"] = edits[name]
        trials = {}
        for beginning, delta in beginnings.items():
            first = tried(limited(delta * STRENGTH))
            own = STRENGTH - first.error[name]
            second = tried(limited(first.step * float(np.clip(STRENGTH / max(own, 0.1), 0.5, MOST_STRETCH))))
            trials[beginning] = min(first, second, key=lambda trial: trial.fault(name))
        began[name] = min(trials, key=lambda beginning: trials[beginning].fault(name))
        best, share = trials[began[name]], 1.0
        for _ in range(CORRECTIONS):
            next_one = tried(limited(best.step + share * correction(boundaries, name, best.error, bench.slots)))
            if next_one.fault(name) < best.fault(name):
                best = next_one
            else:  # the faces do not answer as the small moves said: go half the way
                share /= 2
        downs = tried(-best.step).error[name] - STRENGTH
        row = boundaries.index(name)
        steps[row] = best.step / STRENGTH
        gains[row] = torch.tensor([_gain(downs), _gain(STRENGTH - best.error[name])])
        report("calibrating", (index + 1) / len(EDIT_ATTRIBUTES))
    return replace(boundaries, gains=gains, steps=steps), began


@dataclass(frozen=True)
class _Trial:
    """A step (S,512) and by how much it misses what is wanted of each score, in standard deviations."""

    step: torch.Tensor
    error: Mapping[str, float]

    def fault(self, name: str) -> float:
        """How bad it is: the edit's own error, and the mean drift of what is held, which counts double."""
        held = [abs(error) for other, error in self.error.items() if other != name]
        return abs(self.error[name]) + 2 * float(np.mean(held))


def correction(boundaries: Boundaries, name: str, error: Mapping[str, float], slots: int) -> torch.Tensor:
    """The shortest step (S,512) within an edit's slots whose measured effects are as asked for, by name."""
    names = list(error)
    groups = [index for index, group in enumerate(SLOT_GROUPS) if group in TABLE[name].slot_groups]
    rows = [boundaries.index(other) for other in names]
    vectors = boundaries.directions[rows][:, groups]
    effects = torch.stack([boundaries.effects[rows][:, groups, boundaries.scored.index(other)] for other in names])
    flat = effects.reshape(len(names), -1)
    coupled = flat @ flat.T
    ridge = 0.05 * float(coupled.diagonal().mean()) * torch.eye(len(names))
    solution = flat.T @ torch.linalg.solve(coupled + ridge, torch.tensor(list(error.values())))
    weights = solution.reshape(len(rows), len(groups))
    delta = torch.zeros(slots, boundaries.normals.shape[1])
    for position, group in enumerate(groups):
        first, end = boundaries.groups[group]
        last = slots if group == len(boundaries.groups) - 1 else end
        delta[first:last] = weights[:, position] @ vectors[:, position]
    return delta


def limited(step: torch.Tensor) -> torch.Tensor:
    """The step, shortened where any slot would move further than faces bear."""
    longest = float(step.norm(dim=1).max())
    return step * min(1.0, LONGEST / max(longest, 1e-6))


def rescoring(
    boundaries: Boundaries, bench: Bench, bases: torch.Tensor, report: Report
) -> tuple[dict[str, dict[str, float]], dict[str, dict[str, float]]]:
    """Mean change of every score, in standard deviations, under every edit at strength 2: as shipped, and along the
    normal alone within the same slots, stretched so that its own score moves as far."""
    before = bench.scores(bases)
    after, plain = {}, {}
    for index, name in enumerate(EDIT_ATTRIBUTES):
        change = mean_drift(bench, bases, before, direction(boundaries, {name: STRENGTH}, None, bench.slots))
        after[name] = _rounded(change)
        alone = conditional(boundaries, name, (), bench.slots).delta
        change = mean_drift(bench, bases, before, limited(alone * STRENGTH))
        own = float(change[NAMES.index(name)])
        plain[name] = _rounded(change * min(STRENGTH / own, 2.0) if own > 0.3 else change)
        report("re-scoring", (index + 1) / len(EDIT_ATTRIBUTES))
    return after, plain


def _gain(reached: float) -> float:
    """By how much to stretch a step that reached this at strength 2, within reason."""
    return float(np.clip(STRENGTH / max(reached, 0.1), 1 / MOST_STRETCH, MOST_STRETCH))


def _rounded(change: NDArray[np.float64]) -> dict[str, float]:
    return {name: round(float(value), 3) for name, value in zip(NAMES, change, strict=True)}


def save_boundaries(path: Path, boundaries: Boundaries, card: dict[str, object]) -> None:
    """Write the asset and its card, each whole or not at all."""
    names = ("normals", "intercepts", "directions", "effects", "gains", "steps")
    tensors = {name: getattr(boundaries, name) for name in names}
    whole = {
        "names": list(boundaries.names),
        "scored": list(boundaries.scored),
        "population": {name: list(pair) for name, pair in boundaries.population.items()},
        "generator_hash": boundaries.generator_hash,
        **card,
    }
    write_asset(path, {name: value for name, value in tensors.items() if value is not None}, whole)
