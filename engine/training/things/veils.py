"""Sheer cloth over hair, what lies behind it and, of some, the face. Lengths are face widths."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.training.things.stage import PIECES, Cover, Rng, Stage

# So far out nothing is seen any more.
OUTSIDE = 3.0
# Of veils, how many leave the face free; how many of the others have one edge across the head.
FREE_FACE_SHARE, ACROSS_SHARE = 0.6, 0.5
# Of veils, how many lie in folds, and how much thinner they are between them at most.
FOLDED_SHARE, THINNER = 0.5, 0.35


def veil(stage: Stage, rng: Rng) -> list[Cover]:
    """A veil around the face, over it, or over one side of the head."""
    if rng.random() < FREE_FACE_SHARE:
        cover = _around_the_face(stage, rng)
    elif rng.random() < ACROSS_SHARE:
        cover = _across(stage, rng)
    else:
        cover = _arch(stage, rng.uniform(0.65, 1.2), rng.uniform(0.7, 1.3), rng.uniform(-1.5, -0.4), rng)
    if rng.random() < FOLDED_SHARE:
        cover = np.asarray(cover * _folds(stage, rng), np.float32)
    return [cover]


def _around_the_face(stage: Stage, rng: Rng) -> Cover:
    """With an edge along the hair over the forehead and down both sides, and an outer one, or none that is seen."""
    wide = rng.uniform(0.3, 0.7)
    front = _arch(stage, wide, rng.uniform(0.2, 0.8), -OUTSIDE, rng)
    if rng.random() < 0.4:
        return np.asarray(1 - front, np.float32)
    outer = _arch(stage, wide + rng.uniform(0.2, 0.6), rng.uniform(0.7, 1.3), -OUTSIDE, rng)
    return np.asarray(outer * (1 - front), np.float32)


def _across(stage: Stage, rng: Rng) -> Cover:
    """On one side of a straight or bent edge through the hair."""
    turn, bend = rng.uniform(0, 2 * np.pi), rng.normal(0, 0.25)
    along = np.linspace(-OUTSIDE, OUTSIDE, PIECES)
    edge = np.stack([along, bend * (along**2).clip(0, 1)], 1)
    points = np.concatenate([edge, [[OUTSIDE, OUTSIDE], [-OUTSIDE, OUTSIDE]]])
    turned = points @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    return stage.filled(stage.place(rng) + turned * stage.axes.width_px)


def _arch(stage: Stage, wide: float, top: float, low: float, rng: Rng) -> Cover:
    """Filled from so low to an arch so wide on both sides and so high over the brows; lower down wider, as cloth
    falls."""
    angles = np.linspace(0, np.pi, PIECES)
    middle, flare = rng.normal(0, 0.08), rng.uniform(0, 0.4)
    u = middle + wide * np.cos(angles)
    v = top * np.sin(angles) ** rng.uniform(0.6, 1.1)
    ends = middle + (wide + flare) * np.array([-1, 1])
    u, v = np.concatenate([u, ends]), np.concatenate([v, [low, low]])
    return stage.filled(_pixels(stage, u, v))


def _folds(stage: Stage, rng: Rng) -> NDArray[np.float64]:
    """Factors (H,W) of how thick a veil is that falls from the top of the head."""
    u, v = stage.axes.coordinates(stage.shape)
    angle = np.arctan2(u, np.abs(v) + 0.5)
    wave = np.sin(angle * rng.uniform(6, 40) + rng.normal(0, 2) * v + rng.uniform(0, 6))
    return np.asarray(1 - rng.uniform(0, THINNER) * (wave + 1) / 2)


def _pixels(stage: Stage, u: NDArray[np.float64], v: NDArray[np.float64]) -> NDArray[np.float64]:
    axes = stage.axes
    return np.asarray(axes.origin + axes.width_px * (np.outer(u, axes.right) + np.outer(v, axes.up)))
