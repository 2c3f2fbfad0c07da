"""What some wear on the head that nothing learns from: crowns, ears of cats, sticks, feathers. Lengths are face
widths."""

from __future__ import annotations

import numpy as np

from engine.training.things.shapes import outer, ring, turned
from engine.training.things.stage import PIECES, Cover, Rng, Stage


def crown(stage: Stage, rng: Rng) -> list[Cover]:
    """Points on a band across the upper head, some with a ball on each."""
    axes, points = stage.axes, int(rng.integers(3, 8))
    wide, low, height = rng.uniform(0.25, 0.5), rng.uniform(0.4, 0.55), rng.uniform(0.12, 0.3)
    u = np.linspace(-wide, wide, 2 * points + 1)
    v = low + 0.06 + height * (np.arange(2 * points + 1) % 2)
    u, v = np.concatenate([u, [wide, -wide]]), np.concatenate([v, [low, low]])
    outline = axes.origin + axes.width_px * (np.outer(u, axes.right) + np.outer(v, axes.up))
    covers = [stage.filled(outline)]
    if rng.random() < 0.5:
        ball = ring(np.full(16, rng.uniform(0.015, 0.03)))
        covers.append(stage.filled(*(outer(stage, ball, tip) for tip in outline[1 : 2 * points : 2])))
    return covers


def ears(stage: Stage, rng: Rng) -> list[Cover]:
    """Two ears of a cat or a rabbit on the upper head, with their inside."""
    axes, size = stage.axes, rng.uniform(0.14, 0.3)
    apart, low, long = rng.uniform(0.2, 0.35), rng.uniform(0.45, 0.6), rng.uniform(0.9, 1.8)
    outlines = []
    for side in (-1, 1):
        ear = np.stack([[-0.5, 0.0, 0.5], [0.0, -long, 0.0]], 1) if long < 1.3 else ring(np.full(PIECES, 0.7), 0.4)
        turn = turned(ear * size, rng, 0.3)
        outlines.append(outer(stage, turn, axes.origin + axes.width_px * (side * apart * axes.right + low * axes.up)))
    inner = [one.mean(0) + 0.55 * (one - one.mean(0)) for one in outlines]
    return [stage.filled(*outlines), stage.filled(*inner)]


def sticks(stage: Stage, rng: Rng) -> list[Cover]:
    """One or two long sticks or pencils through the hair."""
    place, covers = stage.place(rng), []
    for _ in range(int(rng.integers(1, 3))):
        length, way = rng.uniform(0.3, 0.7), rng.uniform(0, np.pi)
        stick = np.outer(np.linspace(-0.5, 0.5, 8) * length, (np.cos(way), np.sin(way)))
        covers.append(stage.line(outer(stage, stick, place), rng.uniform(0.018, 0.04)))
    return [np.asarray(np.maximum.reduce(covers), np.float32)]


def feather(stage: Stage, rng: Rng) -> list[Cover]:
    """A feather or a leaf with its shaft."""
    length, wide, bend = rng.uniform(0.2, 0.5), rng.uniform(0.08, 0.2), rng.normal(0, 0.4)
    t = np.linspace(-0.5, 0.5, PIECES // 2)
    shaft = np.stack([t * length, bend * length * t**2], 1)
    half = wide * length * np.cos(np.pi * t) ** rng.uniform(0.4, 1.2)
    across = np.stack([np.zeros_like(half), half], 1)
    both = turned(np.concatenate([shaft + across, (shaft - across)[::-1], shaft]), rng)
    place, count = stage.place(rng), 2 * len(t)
    return [stage.filled(outer(stage, both[:count], place)), stage.line(outer(stage, both[count:], place), 0.012)]
