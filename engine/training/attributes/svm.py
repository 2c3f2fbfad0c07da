"""One attribute's hyperplane and how good it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score
from sklearn.svm import LinearSVC

from engine.training.attributes.classes import Classes, matching_weights

SEEDS = (0, 1, 2, 3, 4)
TRAIN_SHARE = 0.7
# Of the samples on each side of a score that a fit may learn from.
TAIL_WIDTHS = (0.12, 0.25, 0.5)
# Latents are centred and divided by one number, so that C means the same for every generator.
COSTS = (3e-4, 1e-3, 3e-3, 1e-2)
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Hyperplane:
    """normal (512, unit length) and intercept, in W: normal . w + intercept > 0 has the attribute."""

    normal: Array
    intercept: float


@dataclass(frozen=True)
class Accuracy:
    """Of one fit, on samples that it has not seen.

    validation: on clear cases, both classes counting the same; remaining, balanced: on everything that is not a clear
    case; auc: on both together.
    """

    validation: float
    remaining: float
    balanced: float
    auc: float


def fit_hyperplane(
    name: str,
    latents: NDArray[np.float32],
    scores: NDArray[np.float32],
    chosen: NDArray[np.int64],
    labels: NDArray[np.bool_],
    cost: float,
    seed: int,
) -> Hyperplane:
    """A linear SVM (Cortes and Vapnik 1995; squared hinge) between two classes matched on what is held."""
    points = latents[chosen].astype(np.float64)
    center = points.mean(0)
    scale = float(points.std())
    weights = matching_weights(name, scores, chosen, labels)
    model = LinearSVC(C=cost, dual=False, random_state=seed, tol=1e-3, max_iter=200)
    model.fit((points - center) / scale, labels, sample_weight=weights)
    raw = model.coef_[0] / scale
    length = float(np.linalg.norm(raw))
    normal = raw / length
    return Hyperplane(normal, float(model.intercept_[0]) / length - float(center @ normal))


def distances(plane: Hyperplane, latents: NDArray[np.float32]) -> Array:
    """Signed distances (N) of latents (N,512)."""
    return np.asarray(latents @ plane.normal + plane.intercept, np.float64)


def balanced_accuracy(told: NDArray[np.bool_], truth: NDArray[np.bool_]) -> float:
    """Mean of the accuracies on those of the two classes that are not empty; a guess's 0.5 where both are."""
    shares = [float(right.mean()) for right in (told[truth], ~told[~truth]) if len(right)]
    return sum(shares) / len(shares) if shares else 0.5


def judge(plane: Hyperplane, latents: NDArray[np.float32], values: NDArray[np.float32], classes: Classes) -> Accuracy:
    """All accuracies of one fit on classes of samples that it has not seen."""
    distance = distances(plane, latents)
    validation = np.concatenate([classes.positives, classes.negatives])
    labels = np.repeat([True, False], [len(classes.positives), len(classes.negatives)])
    truth = values[classes.rest] > classes.threshold
    told = distance[classes.rest] > 0
    both = np.concatenate([validation, classes.rest])
    return Accuracy(
        validation=balanced_accuracy(distance[validation] > 0, labels),
        remaining=float((told == truth).mean()) if len(truth) else 0.5,
        balanced=balanced_accuracy(told, truth),
        auc=float(roc_auc_score(np.concatenate([labels, truth]), distance[both])),
    )
