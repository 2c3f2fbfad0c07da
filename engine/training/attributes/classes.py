"""Clear cases of an attribute, and weights that match the two classes on what is held."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from engine.errors import TrainingData
from engine.scoring import NAMES

# Which share of the samples are clear cases: the top and the bottom of the score. What is rare has a thin top: these
# shares are where contact sheets of the scored samples stop to show the attribute beyond doubt.
TAILS: dict[str, tuple[float, float]] = {
    "bald": (0.04, 0.40),
    "receding_hairline": (0.08, 0.25),
    "bangs": (0.10, 0.40),
    "wavy": (0.10, 0.25),
    "straight": (0.10, 0.25),
    "black": (0.12, 0.30),
    "brown": (0.12, 0.25),
    "blond": (0.08, 0.40),
    "gray": (0.06, 0.40),
    "beard": (0.07, 0.40),
    "mustache": (0.07, 0.40),
    "sideburns": (0.06, 0.30),
    "long_hair": (0.12, 0.40),
    "age": (0.15, 0.15),
    "gender": (0.25, 0.25),
    "glasses": (0.10, 0.40),
    "smile": (0.15, 0.15),
    "yaw": (0.15, 0.15),
    "hat": (0.05, 0.50),
}
OWN_TAILS = (0.15, 0.15)
MIN_CLEAR = 20
MATCHED = ("age", "gender", "glasses", "smile")


@dataclass(frozen=True)
class Classes:
    """Indices into the sample set.

    positives, negatives: the clear cases; rest: all others that have a score. threshold: the score half-way between the
    two thresholds of the clear cases, by which the rest is told apart.
    """

    positives: NDArray[np.int64]
    negatives: NDArray[np.int64]
    rest: NDArray[np.int64]
    threshold: float


def clear_classes(name: str, values: NDArray[np.float32], tails: tuple[float, float] | None = None) -> Classes:
    """Both tails of one score (N, NaN allowed). Raises TrainingData where there is only one class, or too few."""
    top, bottom = tails or TAILS.get(name, OWN_TAILS)
    known = np.flatnonzero(~np.isnan(values))
    if len(known) < 2 * MIN_CLEAR:
        raise TrainingData(
            f"Only {len(known)} samples have a score for '{name}': at least {2 * MIN_CLEAR} are needed.", name=name
        )
    high, low = np.quantile(values[known], (1 - top, bottom))
    if not high > low:
        raise TrainingData(f"The scores for '{name}' are all one class: nothing can be told apart.", name=name)
    positives, negatives = known[values[known] >= high], known[values[known] <= low]
    fewest = min(len(positives), len(negatives))
    if fewest < MIN_CLEAR:
        raise TrainingData(
            f"'{name}' has only {fewest} clear cases on one side: at least {MIN_CLEAR} are needed. Score more samples.",
            name=name,
        )
    rest = known[(values[known] < high) & (values[known] > low)]
    return Classes(positives, negatives, rest, float((high + low) / 2))


def matching_weights(
    name: str, scores: NDArray[np.float32], chosen: NDArray[np.int64], labels: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Weights (N) under which both classes have the same mean age, gender, glasses and smile.

    Overlap weights (Li, Morgan and Zaslavsky 2018): each sample counts by the probability that its held scores give to
    the other class, which balances the means exactly. Nobody counts less than a fiftieth, so that what hardly exists
    (a woman's beard) does not leave the fit to a handful.
    """
    held = [NAMES.index(other) for other in MATCHED if other != name]
    columns = scores[chosen][:, held].astype(np.float64)
    known = ~np.isnan(columns)
    if not known.any(0).all():  # latents that nobody has scored: nothing to match on
        return np.asarray(np.where(labels, 0.5 / labels.mean(), 0.5 / (1 - labels.mean())), np.float64)
    columns = np.where(known, columns, np.nanmean(columns, 0))
    columns = (columns - columns.mean(0)) / (columns.std(0) + 1e-9)
    model = LogisticRegression(C=10.0, class_weight="balanced", max_iter=500).fit(columns, labels)
    probability = model.predict_proba(columns)[:, 1]
    weights = np.where(labels, 1 - probability, probability)
    weights = np.maximum(weights, 0.02)
    for side in (False, True):
        weights[labels == side] /= weights[labels == side].sum()
    return np.asarray(weights * len(weights) / weights.sum(), np.float64)
