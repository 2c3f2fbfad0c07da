"""Small and thin things on hair: strings of pearls, pins, straps and wires along the cheeks. Lengths are face
widths."""

from __future__ import annotations

import numpy as np

from engine.training.things.shapes import outer, ring, turned
from engine.training.things.stage import PIECES, Cover, Rng, Stage

# Of thin straps, those that lie on one side only.
ONE_SIDED = 0.4


def pearls(stage: Stage, rng: Rng) -> list[Cover]:
    """A string of small pearls, over the head or along a lock."""
    count, size = int(rng.integers(5, 26)), rng.uniform(0.011, 0.032)
    disk = ring(np.full(PIECES // 2, size), rng.uniform(0.8, 1.25))
    if rng.random() < 0.4:
        begin = rng.uniform(10, 100)
        arc = stage.around(rng.uniform(0.42, 0.7), begin, begin + rng.uniform(40, 110), rng)
        places = arc[np.linspace(0, len(arc) - 1, count).astype(int)]
        return [stage.filled(*(outer(stage, disk, place) for place in places))]
    length, bend = count * size * rng.uniform(2.0, 3.4), rng.normal(0, 0.7)
    t = np.linspace(-0.5, 0.5, count)
    string = turned(np.stack([t * length, bend * length * (t**2 - 0.08)], 1), rng)
    place = stage.place(rng)
    return [stage.filled(*(outer(stage, disk + knot, place) for knot in string))]


def pins(stage: Stage, rng: Rng) -> list[Cover]:
    """One to four thin pins close to each other, some with a head."""
    covers, place, angle = [], stage.place(rng), rng.uniform(0, np.pi)
    for _ in range(int(rng.integers(1, 5))):
        length, way = rng.uniform(0.08, 0.22), angle + rng.normal(0, 0.4)
        pin = np.outer(np.linspace(-0.5, 0.5, 8) * length, (np.cos(way), np.sin(way)))
        at = place + rng.normal(0, 0.03, 2) * stage.axes.width_px
        covers.append(stage.line(outer(stage, pin, at), rng.uniform(0.01, 0.024)))
        if rng.random() < 0.3:
            covers.append(stage.filled(outer(stage, ring(np.full(16, rng.uniform(0.015, 0.035))) + pin[0], at)))
    return [np.asarray(np.maximum.reduce(covers), np.float32)]


def chin_strap(stage: Stage, rng: Rng) -> list[Cover]:
    """A thin strap or wire from the crown past the ears, some on to the chin."""
    axes, width = stage.axes, float(np.exp(rng.uniform(np.log(0.012), np.log(0.06))))
    top, ear, wide = rng.uniform(0.3, 0.75), rng.uniform(-0.3, 0.1), rng.uniform(0.48, 0.62)
    chin = rng.uniform(-0.85, -0.6) if rng.random() < 0.6 else ear - rng.uniform(0.1, 0.5)
    covers = []
    for side in (-1, 1) if rng.random() > ONE_SIDED else (int(rng.choice((-1, 1))),):
        u = np.interp(np.linspace(0, 2, PIECES), (0, 1, 2), (rng.uniform(0.2, 0.5), wide, rng.uniform(0.1, 0.5)))
        v = np.interp(np.linspace(0, 2, PIECES), (0, 1, 2), (top, ear, chin))
        points = axes.origin + axes.width_px * (np.outer(side * u, axes.right) + np.outer(v, axes.up))
        covers.append(stage.line(points, width))
    return [np.asarray(np.maximum.reduce(covers), np.float32)]
