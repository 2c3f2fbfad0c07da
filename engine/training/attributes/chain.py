"""From scored samples to the asset: hyperplanes, measured effects, calibrated steps, report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from engine.attributes.boundaries import Boundaries, conditional, direction, placed
from engine.attributes.scoring import NAMES
from engine.attributes.table import LAYER_GROUPS, TABLE, attribute_named
from engine.protocol import EDIT_ATTRIBUTES
from engine.training.asset import write_asset
from engine.training.attributes.effects import Bench, mean_drift, measured_effects
from engine.training.attributes.fitting import FittedAttribute
from engine.training.attributes.scoring import Scored

STRENGTH = 2.0
# No step is stretched or turned more than this by one correction.
MOST_STRETCH = 1.6
# Longest step (mean over its layers, in W) that is ever made: beyond, faces break.
LONGEST = 14.0

Tell = Callable[[str, float], None]


@dataclass(frozen=True)
class TuningSettings:
    """How long steps are corrected. Lengths are strengths, faults standard deviations (see `_Trial`)."""

    # Lengths at which a beginning is tried.
    lengths: tuple[float, ...] = (1.3, STRENGTH, 3.0)
    # Corrections of a step by what it was measured to do; each takes off most of the drift that is left.
    corrections: int = 3
    # Steps along kin (itself among them), and the fault below which they are not needed.
    kin_sizes: tuple[float, ...] = (0.7, 0.35, 0.2)
    good_fault: float = 0.5


# One length, one correction: for trying the chain out.
QUICK_TUNING = TuningSettings(lengths=(STRENGTH,), corrections=1, kin_sizes=())


def build_boundaries(
    fitted: Mapping[str, FittedAttribute],
    scored: Scored,
    generator_hash: str,
) -> Boundaries:
    """Boundaries without effects."""
    normals = torch.tensor(np.stack([fitted[name].plane.normal for name in NAMES]), dtype=torch.float32)
    directions = normals[:, None].repeat(1, len(LAYER_GROUPS), 1)
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
        effects=torch.full((count, len(LAYER_GROUPS), count), float("nan")),
        scored=NAMES,
        gains=torch.ones(count, 2),
        population=population,
        generator_hash=generator_hash,
    )


def with_effects(boundaries: Boundaries, bench: Bench, bases: torch.Tensor, repeats: int, tell: Tell) -> Boundaries:
    """The same with the effects of all directions measured."""
    effects = measured_effects(
        bench,
        bases,
        boundaries.directions,
        boundaries.groups,
        repeats=repeats,
        seed=1,
        tell=lambda done: tell("effects", done),
    )
    return replace(boundaries, effects=torch.from_numpy(effects))


def tuned(
    boundaries: Boundaries,
    bench: Bench,
    bases: torch.Tensor,
    edits: Mapping[str, torch.Tensor],
    tell: Tell,
    *,
    names: Sequence[str] = EDIT_ATTRIBUTES,
    settings: TuningSettings = TuningSettings(),
) -> tuple[Boundaries, dict[str, list[str]]]:
    """The same with a step for each edit and its default holds that was corrected by what it does; and what each step
    is made of.

    Effects are measured for small moves, edits are large ones. So steps are made at full strength on some faces, and
    what they do on average to the edit and to what is held is measured. Of several beginnings (the conditional
    direction, the normal alone, and in `edits` (S,512), by name, a mean of edits found face by face) the one that does
    best is taken. The shortest change that by the measured effects undoes the error is added as long as it helps; where
    that does not suffice, because the score bends (hair that is made warmer without end is not brown), steps along
    attributes of the same layers are tried one by one. For the other sign, the length is set. names: the edits.
    """
    before = bench.scores(bases)
    steps = torch.zeros(len(NAMES), bench.w_layers, boundaries.normals.shape[1])
    gains, made_of = torch.ones_like(boundaries.gains), {}
    for index, name in enumerate(names):
        trials = _Trials(bench, bases, before, name)
        beginnings = {
            "held": conditional(boundaries, name, trials.holds, bench.w_layers).delta,
            "alone": conditional(boundaries, name, (), bench.w_layers).delta,
        }
        if name in edits:
            beginnings["edits"] = edits[name]
        begun = {
            label: trials.best([delta * scale for scale in settings.lengths]) for label, delta in beginnings.items()
        }
        label = min(begun, key=lambda beginning: begun[beginning].fault)
        best, parts, share = begun[label], [label], 1.0
        for _ in range(settings.corrections):
            next_one = trials.of(best.step + share * correction(boundaries, name, best.error, bench.w_layers))
            if next_one.fault < best.fault:
                best = next_one
            else:  # the faces do not answer as the small moves said: go half the way
                share /= 2
        kin = [other for other in names if TABLE[other].layer_groups == TABLE[name].layer_groups]
        for size in settings.kin_sizes:
            for other in kin:
                if best.fault < settings.good_fault:
                    break
                side = conditional(boundaries, other, (), bench.w_layers).delta
                next_one = trials.best([best.step + size * side, best.step - size * side])
                if next_one.fault < best.fault:
                    best = next_one
                    parts.append(other)
        down = _Trials(bench, bases, before, name, -STRENGTH)
        plain = down.of(-best.step)
        reached = -STRENGTH - plain.error[name]
        gain = float(np.clip(-STRENGTH / min(reached, -0.1), 1 / MOST_STRETCH, MOST_STRETCH))
        if down.of(-gain * best.step).fault < plain.fault:
            gains[boundaries.index(name), 0] = gain
        steps[boundaries.index(name)] = best.step / STRENGTH
        made_of[name] = parts
        tell("calibrating", (index + 1) / len(names))
    return replace(boundaries, gains=gains, steps=steps), made_of


@dataclass(frozen=True)
class _Trial:
    """A step (S,512), by how much it misses what is wanted of each score, in standard deviations, and how bad that is:
    the edit's own error, and the mean drift of what is held, which counts double."""

    step: torch.Tensor
    error: Mapping[str, float]
    fault: float


class _Trials:
    """Makes steps on faces and measures what they miss."""

    def __init__(
        self, bench: Bench, bases: torch.Tensor, before: NDArray[np.float32], name: str, strength: float = STRENGTH
    ) -> None:
        self.holds = [hold for hold in attribute_named(name).holds if hold != name]
        self._name, self._wanted = name, {name: strength} | dict.fromkeys(self.holds, 0.0)
        self._bench, self._bases, self._before = bench, bases, before

    def of(self, step: torch.Tensor) -> _Trial:
        """One step, shortened to what faces bear."""
        step = limited(step)
        change = mean_drift(self._bench, self._bases, self._before, step)
        error = {other: goal - float(change[NAMES.index(other)]) for other, goal in self._wanted.items()}
        drift = float(np.mean([abs(error[hold]) for hold in self.holds]))
        return _Trial(step, error, abs(error[self._name]) + 2 * drift)

    def best(self, steps: Iterable[torch.Tensor]) -> _Trial:
        """The best of several."""
        return min((self.of(step) for step in steps), key=lambda trial: trial.fault)


def correction(boundaries: Boundaries, name: str, error: Mapping[str, float], layers: int) -> torch.Tensor:
    """The shortest step (S,512) within an edit's layers whose measured effects are as asked for, by name."""
    names = list(error)
    groups = [index for index, group in enumerate(LAYER_GROUPS) if group in TABLE[name].layer_groups]
    rows = [boundaries.index(other) for other in names]
    vectors = boundaries.directions[rows][:, groups]
    effects = torch.stack([boundaries.effects[rows][:, groups, boundaries.scored.index(other)] for other in names])
    flat = effects.reshape(len(names), -1)
    coupled = flat @ flat.T
    ridge = 0.05 * float(coupled.diagonal().mean()) * torch.eye(len(names))
    solution = flat.T @ torch.linalg.solve(coupled + ridge, torch.tensor(list(error.values())))
    weights = solution.reshape(len(rows), len(groups))
    parts = {group: weights[:, position] @ vectors[:, position] for position, group in enumerate(groups)}
    return placed(boundaries, parts, layers)


def limited(step: torch.Tensor) -> torch.Tensor:
    """The step (S,512), shortened where any layer would move further than faces bear."""
    longest = float(step.norm(dim=1).max())
    return step * min(1.0, LONGEST / max(longest, 1e-6))


def rescoring(
    boundaries: Boundaries,
    bench: Bench,
    bases: torch.Tensor,
    tell: Tell,
    *,
    names: Sequence[str] = EDIT_ATTRIBUTES,
) -> tuple[dict[str, dict[str, float]], dict[str, dict[str, float]]]:
    """Mean change of every score, in standard deviations, under every edit at strength 2: as shipped, and along the
    normal alone within the same layers, stretched so that its own score moves as far."""
    before = bench.scores(bases)
    after, plain = {}, {}
    for index, name in enumerate(names):
        change = mean_drift(bench, bases, before, direction(boundaries, {name: STRENGTH}, None, bench.w_layers))
        after[name] = _rounded(change)
        alone = conditional(boundaries, name, (), bench.w_layers).delta
        change = mean_drift(bench, bases, before, limited(alone * STRENGTH))
        own = float(change[NAMES.index(name)])
        plain[name] = _rounded(change * min(STRENGTH / own, 2.0) if own > 0.3 else change)
        tell("re-scoring", (index + 1) / len(names))
    return after, plain


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
