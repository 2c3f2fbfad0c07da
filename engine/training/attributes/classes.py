"""Clear cases of an attribute, and weights that match the two classes on what is held."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from engine.attributes.scoring import NAMES
from engine.errors import TrainingData

# Clear cases: the top and the bottom of the score, as wide as contact sheets of the scored samples show the attribute,
# or its absence, beyond doubt. What most people do not have has a wide bottom.
CLEAR_TAIL = 0.05
# A fit is judged on the far tails and on all the rest, as InterFaceGAN is (section 4.1: the 10,000 highest and lowest
# of 500,000).
FAR_TAIL = 0.02
RARE = ("bald", "bangs", "gray", "blond", "beard", "mustache", "sideburns", "long_hair", "glasses", "hat")
RARE_BOTTOM = 0.25
# Nobody weighs less than this share of the heaviest, so that what hardly exists (a woman's beard) does not leave the
# fit to a handful.
LEAST_WEIGHT = 0.2
MIN_CLEAR = 8
MIN_LEARNT = 3
MATCHED = ("age", "gender", "glasses", "smile")
# What next to no woman has cannot be matched on gender; edits hold it by what they are measured to do.
FACIAL_HAIR = ("beard", "mustache", "sideburns")


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

    def among(self, kept: NDArray[np.bool_]) -> Classes:
        """The same of some samples (N)."""
        parts = (self.positives, self.negatives, self.rest)
        positives, negatives, rest = (part[kept[part]] for part in parts)
        return Classes(positives, negatives, rest, self.threshold)


def clear_classes(name: str, values: NDArray[np.float32], tail: float = CLEAR_TAIL) -> Classes:
    """Both tails of one score (N, NaN allowed), with this share of the samples at the top, and at the bottom unless the
    attribute is rare. Raises TrainingData where there is only one class, or too few."""
    known = np.flatnonzero(~np.isnan(values))
    if len(known) < 2 * MIN_CLEAR:
        raise TrainingData(
            f"Only {len(known)} samples have a score for '{name}': at least {2 * MIN_CLEAR} are needed.", name=name
        )
    # A small set has no thin tails.
    bottom = RARE_BOTTOM if name in RARE else tail
    top, bottom = (max(share, MIN_CLEAR / len(known)) for share in (tail, bottom))
    high, low = np.quantile(values[known], (1 - top, bottom))
    if not high > low:
        raise TrainingData(
            f"The scores for '{name}' are all one class: score more samples, of faces that differ in it.", name=name
        )
    positives, negatives = known[values[known] >= high], known[values[known] <= low]
    fewest = min(len(positives), len(negatives))
    if fewest < MIN_CLEAR:
        raise TrainingData(
            f"'{name}' has only {fewest} clear cases on one side: at least {MIN_CLEAR} are needed. Score more samples.",
            name=name,
        )
    rest = known[(values[known] < high) & (values[known] > low)]
    return Classes(positives, negatives, rest, float((high + low) / 2))


def judged_classes(name: str, values: NDArray[np.float32]) -> Classes:
    """The cases that a fit is judged on: the far tails, and everything between them. Raises as `clear_classes`."""
    return clear_classes(name, values, FAR_TAIL)


def training_classes(
    name: str, values: NDArray[np.float32], kept: NDArray[np.bool_], share: float
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Indices and labels of what a fit learns from, among `kept` (N): the outer `share` of the score on each side.

    Wide tails are less clear but many: which width serves best is searched for, as the cost is. A tail never passes the
    threshold that tells the remaining set apart, and never is narrower than the far tails. Raises TrainingData where
    one side has too few.
    """
    classes = judged_classes(name, values)
    known = ~np.isnan(values)
    high, low = np.quantile(values[known], (1 - share, share))
    high = min(max(high, classes.threshold), float(values[classes.positives].min()))
    low = max(min(low, classes.threshold), float(values[classes.negatives].max()))
    with np.errstate(invalid="ignore"):
        up, down = (np.flatnonzero(kept & side) for side in (values >= high, values <= low))
    if min(len(up), len(down)) < MIN_LEARNT:
        raise TrainingData(f"'{name}' has too few samples of one side to learn from: score more samples.", name=name)
    return np.concatenate([up, down]), np.repeat([True, False], [len(up), len(down)])


def matching_weights(
    name: str, scores: NDArray[np.float32], chosen: NDArray[np.int64], labels: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Weights (N) under which both classes have the same mean age, gender, glasses and smile.

    Overlap weights (Li, Morgan and Zaslavsky 2018): each sample counts by the probability that its held scores give to
    the other class, which balances the means exactly but for the least weight that everybody has.
    """
    unmatched = {name, "gender"} if name in FACIAL_HAIR else {name}
    held = [NAMES.index(other) for other in MATCHED if other not in unmatched]
    columns = scores[chosen][:, held].astype(np.float64)
    known = ~np.isnan(columns)
    if not known.any(0).all():  # latents that nobody has scored: nothing to match on
        return np.asarray(np.where(labels, 0.5 / labels.mean(), 0.5 / (1 - labels.mean())), np.float64)
    columns = np.where(known, columns, np.nanmean(columns, 0))
    columns = (columns - columns.mean(0)) / (columns.std(0) + 1e-9)
    model = LogisticRegression(C=10.0, class_weight="balanced", max_iter=500).fit(columns, labels)
    probability = model.predict_proba(columns)[:, 1]
    weights = np.where(labels, 1 - probability, probability)
    weights = np.maximum(weights, LEAST_WEIGHT)
    for side in (False, True):
        weights[labels == side] /= weights[labels == side].sum()
    return np.asarray(weights * len(weights) / weights.sum(), np.float64)
