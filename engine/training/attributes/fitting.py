"""Fit every attribute's hyperplane: classes, cost, five seeds, accuracies."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.attributes.scoring import NAMES
from engine.training.attributes.classes import Classes, clear_classes, judged_classes, training_classes
from engine.training.attributes.scoring import Scored
from engine.training.attributes.svm import (
    COSTS,
    SEEDS,
    TAIL_WIDTHS,
    TRAIN_SHARE,
    Accuracy,
    Hyperplane,
    balanced_accuracy,
    distances,
    fit_hyperplane,
    judge,
)

# Of the search over costs; each reported seed splits the samples in its own way.
SEARCH_SEED = 100
LABELS = {
    "validation": "validation_accuracy",
    "remaining": "remaining_accuracy",
    "balanced": "remaining_balanced_accuracy",
    "auc": "auc",
}
# Normals of so many of the best widths and costs are averaged: their errors differ more than what they have found.
BAGGED = 3
LEARNING_SHARES = (0.1, 0.25, 0.5, 1.0)
LEAST_LEARNT = 500


# Pairs of a tail's width and a cost.
Hyperparameters = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class FittedAttribute:
    """plane: the mean of the seeds' planes; table: what the report says of it, plain numbers by name; settings: widths
    and costs that were found best."""

    plane: Hyperplane
    table: dict[str, object]
    settings: Hyperparameters


def fit_attribute(
    name: str,
    scored: Scored,
    extra: Scored | None = None,
    values: NDArray[np.float32] | None = None,
    seeds: Iterable[int] = SEEDS,
) -> FittedAttribute:
    """Choose widths and costs, fit once for each seed, judge each on what it has not seen.

    extra: enriched positives, for training only, so that the accuracies stay those of faces at large. values: another
    score than the table's. Raises TrainingData where the samples do not suffice.
    """
    if values is None:
        values = scored.scores[:, NAMES.index(name)]
    clear, judged = clear_classes(name, values), judged_classes(name, values)
    searched = {
        (width, cost): _fitted(name, scored, None, values, [(width, cost)], SEARCH_SEED)[1]
        for width in TAIL_WIDTHS
        for cost in COSTS
    }
    # What holds of faces at large counts double.
    best = sorted(searched, key=lambda pair: -2 * searched[pair].balanced - searched[pair].validation)[:BAGGED]
    runs = [_fitted(name, scored, extra, values, best, seed) for seed in seeds]
    normal = np.mean([plane.normal for plane, _ in runs], 0)
    length = float(np.linalg.norm(normal))
    plane = Hyperplane(normal / length, float(np.mean([run.intercept for run, _ in runs])) / length)
    table: dict[str, object] = {}
    for key in LABELS:
        figures = [getattr(accuracy, key) for _, accuracy in runs]
        label = LABELS[key]
        table[label] = round(float(np.mean(figures)), 4)
        table[f"{label}_spread"] = round(float(np.std(figures)), 4)
    known = values[~np.isnan(values)]
    enriched = 0 if extra is None else len(extra.ids)
    table |= {
        "positives": len(clear.positives) + enriched,
        "positives_enriched": enriched,
        "negatives": len(clear.negatives),
        "validated": len(judged.positives) + len(judged.negatives),
        "remaining": len(judged.rest),
        "prevalence": round(float((known > judged.threshold).mean()), 4),
        "threshold": round(judged.threshold, 4),
        "widths_and_costs": [list(pair) for pair in best],
        "balanced_accuracy_by_width_and_cost": {
            f"{width}, {cost}": round(accuracy.balanced, 4) for (width, cost), accuracy in searched.items()
        },
        "seeds": list(seeds),
        "cosine_between_seeds": round(_likeness([run for run, _ in runs]), 3),
    }
    return FittedAttribute(plane, table, best)


def learning_curve(name: str, scored: Scored, widths_and_costs: Hyperparameters) -> dict[str, float]:
    """Balanced accuracy on the remaining set by the share of the training samples used."""
    values = scored.scores[:, NAMES.index(name)]
    enough = [share for share in LEARNING_SHARES if share * len(values) >= LEAST_LEARNT]
    return {
        str(share): round(_fitted(name, scored, None, values, widths_and_costs, 0, share)[1].balanced, 4)
        for share in enough
    }


def _fitted(
    name: str,
    scored: Scored,
    extra: Scored | None,
    values: NDArray[np.float32],
    widths_and_costs: Hyperparameters,
    seed: int,
    share: float = 1.0,
) -> tuple[Hyperplane, Accuracy]:
    """Fit on 70 per cent of all samples (or on a share of those), judge on the other 30."""
    rng = np.random.default_rng(seed)
    drawn = rng.random(len(values))
    learnt, held_out = drawn < TRAIN_SHARE * share, drawn >= TRAIN_SHARE
    latents, scores = scored.latents, scored.scores
    if extra is not None and len(extra.ids):
        latents, scores = np.concatenate([latents, extra.latents]), np.concatenate([scores, extra.scores])
    enriched = np.arange(len(scored.ids), len(latents))
    normals = []
    for width, cost in widths_and_costs:
        train, labels = training_classes(name, values, learnt, width)
        train = np.concatenate([train, enriched])
        labels = np.concatenate([labels, np.ones(len(enriched), bool)])
        normals.append(fit_hyperplane(name, latents, scores, train, labels, cost, seed).normal)
    normal = np.mean(normals, 0)
    # The matching shifts the offset, and far tails say nothing about where between them people at large are told
    # apart: it is set once more, on the samples that the fit has learnt from.
    classes = judged_classes(name, values)
    known = classes.among(learnt)
    centred = Hyperplane(normal / np.linalg.norm(normal), 0.0)
    plane = _recentred(centred, scored.latents, values > classes.threshold, known)
    return plane, judge(plane, scored.latents, values, classes.among(held_out))


def _recentred(
    plane: Hyperplane, latents: NDArray[np.float32], truth: NDArray[np.bool_], classes: Classes
) -> Hyperplane:
    """The plane moved to where it tells clear cases and the others best, both counting the same."""
    clear, rest = np.concatenate([classes.positives, classes.negatives]), classes.rest
    distance = distances(plane, latents)
    both = np.concatenate([clear, rest])
    offsets = np.quantile(distance[both], np.linspace(0.02, 0.98, 49))
    figures = [
        sum(np.nan_to_num(balanced_accuracy(distance[part] > offset, truth[part])) for part in (clear, rest))
        for offset in offsets
    ]
    # Neighbours are averaged: the best of many noisy figures lies anywhere on a plateau.
    smooth = np.convolve(np.pad(figures, 3, mode="edge"), np.ones(7) / 7, "valid")
    return Hyperplane(plane.normal, plane.intercept - float(offsets[int(smooth.argmax())]))


def _likeness(planes: list[Hyperplane]) -> float:
    normals = np.stack([plane.normal for plane in planes])
    cosines = normals @ normals.T
    count = len(planes)
    return float((cosines.sum() - count) / max(count * (count - 1), 1))


def fit_all(
    scored: Scored, extras: dict[str, Scored], tell: Callable[[str, float], None]
) -> dict[str, FittedAttribute]:
    """Every attribute of the table, edited and held."""
    fitted = {}
    for index, name in enumerate(NAMES):
        fitted[name] = fit_attribute(name, scored, extras.get(name))
        tell("fitting", (index + 1) / len(NAMES))
    return fitted
