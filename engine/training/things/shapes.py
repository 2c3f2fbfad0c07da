"""What things that lie on hair look like from the front, as masks: bands, bows, clips, glasses, ...

Lengths are in face widths. The random source turns, bends and scales all of them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.training.things.stage import PIECES, Cover, Rng, Stage


def turned(points: NDArray[np.float64], rng: Rng, most: float = np.pi) -> NDArray[np.float64]:
    """Points (N,2) around 0, turned by up to so many radians."""
    angle = rng.uniform(-most, most)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.asarray(points @ turn)


def ring(radii: NDArray[np.float64], wide: float = 1.0) -> NDArray[np.float64]:
    """Points (N,2) around 0, at a radius each."""
    angles = np.linspace(0, 2 * np.pi, len(radii), endpoint=False)
    return np.stack([wide * radii * np.cos(angles), radii * np.sin(angles)], 1)


def outer(stage: Stage, points: NDArray[np.float64], place: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points (N,2) around 0 as pixels around a place."""
    return np.asarray(place + points * stage.axes.width_px)


def blob(stage: Stage, rng: Rng) -> list[Cover]:
    """A closed smooth or cornered outline."""
    corners = int(rng.integers(3, 9))
    radii = rng.uniform(0.5, 1, corners)
    if rng.random() < 0.5:
        angles = np.linspace(0, corners, PIECES, endpoint=False)
        radii = np.interp(angles, np.arange(corners + 1), np.append(radii, radii[0]))
    points = turned(ring(radii * rng.uniform(0.05, 0.22), rng.uniform(0.6, 2.2)), rng)
    return [stage.filled(outer(stage, points, stage.place(rng)))]


def stroke(stage: Stage, rng: Rng) -> list[Cover]:
    """A smooth line through the hair: a ribbon, a wire, a strap."""
    width = float(np.exp(rng.uniform(np.log(0.02), np.log(0.12))))
    length, bend = rng.uniform(0.2, 1.0), rng.normal(0, 1.0)
    t = np.linspace(-0.5, 0.5, PIECES)
    points = np.stack([t * length, bend * length * (t**2 - 0.08)], 1)
    return [stage.line(outer(stage, turned(points, rng), stage.place(rng)), width)]


def band(stage: Stage, rng: Rng) -> list[Cover]:
    """A headband, ear to ear or over one side."""
    radius, width = rng.uniform(0.42, 0.72), rng.uniform(0.03, 0.18)
    begin, end = rng.uniform(-10, 50), rng.uniform(130, 190)
    return [stage.line(stage.around(radius, begin, end, rng, rng.uniform(0.8, 1.15)), width)]


def bow(stage: Stage, rng: Rng) -> list[Cover]:
    """Two loops and a knot."""
    size, narrow = rng.uniform(0.1, 0.26), rng.uniform(0.06, 0.2)
    t = np.linspace(0, 1, PIECES // 2)
    half = rng.uniform(0.3, 0.6) * np.sin(np.pi * np.clip(t, narrow, 1) ** rng.uniform(0.8, 2)) ** 0.6 + 0.06
    loop = np.concatenate([np.stack([t, half], 1), np.stack([t, -half], 1)[::-1]])
    knot = ring(np.full(PIECES // 2, 0.16), rng.uniform(0.7, 1.2))
    angle = rng.uniform(-0.7, 0.7)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    place = stage.place(rng)
    loops = (outer(stage, size * (loop * side) @ turn, place) for side in ((1, 1), (-1, 1)))
    return [stage.filled(*loops), stage.filled(outer(stage, size * knot @ turn, place))]


def flower(stage: Stage, rng: Rng) -> list[Cover]:
    """Petals around a middle, one to three of them."""
    petals, middles = np.zeros(stage.shape, np.float32), np.zeros(stage.shape, np.float32)
    place = stage.place(rng)
    for _ in range(int(rng.integers(1, 4))):
        size, count = rng.uniform(0.05, 0.14), int(rng.integers(4, 9))
        angles = np.linspace(0, 2 * np.pi, 2 * PIECES, endpoint=False) + rng.uniform(0, 1)
        radii = size * (0.7 + 0.3 * np.cos(count * angles))
        petals = np.maximum(petals, stage.filled(outer(stage, ring(radii), place)))
        middles = np.maximum(middles, stage.filled(outer(stage, ring(np.full(PIECES, size * 0.28)), place)))
        place = place + rng.normal(0, 0.12, 2) * stage.axes.width_px
    return [petals, middles]


def beads(stage: Stage, rng: Rng) -> list[Cover]:
    """Pearls or pins in a row."""
    count, size = int(rng.integers(3, 9)), rng.uniform(0.018, 0.045)
    place, step = stage.place(rng), turned(np.array([[rng.uniform(2.1, 3.2) * size, 0.0]]), rng)[0]
    disk = ring(np.full(PIECES // 2, size))
    return [stage.filled(*(outer(stage, disk + step * (index - count / 2), place) for index in range(count)))]


def clip(stage: Stage, rng: Rng) -> list[Cover]:
    """A barrette, a snap clip or a claw: long, rounded, some with teeth."""
    length, width = rng.uniform(0.16, 0.4), rng.uniform(0.03, 0.08)
    t = np.linspace(-0.5, 0.5, PIECES // 2)
    points = np.stack([t * length, rng.normal(0, 0.3) * length * t**2], 1)
    place, axis = stage.place(rng), turned(points, rng)
    body = stage.line(outer(stage, axis, place), width)
    if rng.random() < 0.4:
        normal = np.array([axis[0, 1] - axis[-1, 1], axis[-1, 0] - axis[0, 0]]) / length
        for foot in axis[:: len(axis) // 6]:
            tooth = np.stack([foot, foot + normal * width * 2])
            body = np.maximum(body, stage.line(outer(stage, tooth, place), width * 0.35))
    return [body]


def glasses(stage: Stage, rng: Rng) -> list[Cover]:
    """Two lenses and a bridge, pushed up over the forehead: rims first, then lenses."""
    height, size, apart = rng.uniform(0.36, 0.55), rng.uniform(0.13, 0.19), rng.uniform(0.2, 0.25)
    lens = turned(ring(np.abs(_superellipse(rng.uniform(2, 4))) * size, 1.25), rng, 0.1)
    axes = stage.axes
    middles = (axes.origin + axes.width_px * (side * apart * axes.right + height * axes.up) for side in (-1, 1))
    outlines = [outer(stage, lens, middle) for middle in middles]
    lenses = stage.filled(*outlines)
    rims = np.maximum.reduce([stage.line(np.vstack([one, one[:1]]), rng.uniform(0.012, 0.03)) for one in outlines])
    bridge = stage.line(np.stack([outline.mean(0) for outline in outlines]), 0.025)
    return [np.asarray(np.maximum(rims, bridge * (1 - lenses)), np.float32), lenses]


def _superellipse(exponent: float) -> NDArray[np.float64]:
    angles = np.linspace(0, 2 * np.pi, PIECES, endpoint=False)
    return np.asarray((np.abs(np.cos(angles)) ** exponent + np.abs(np.sin(angles)) ** exponent) ** (-1 / exponent))


def headphones(stage: Stage, rng: Rng) -> list[Cover]:
    """A bow over the head and a cup at each end."""
    radius, width = rng.uniform(0.58, 0.72), rng.uniform(0.04, 0.09)
    arc = stage.around(radius, -5, 185, rng, rng.uniform(0.95, 1.2))
    cup = ring(np.full(PIECES, rng.uniform(0.1, 0.16)), rng.uniform(0.5, 0.9))
    cups = stage.filled(*(outer(stage, cup, end) for end in (arc[0], arc[-1])))
    return [stage.line(arc, width), cups]


def straps(stage: Stage, rng: Rng) -> list[Cover]:
    """Straps from the top of the head down both sides, as helmets and bags have."""
    axes, width = stage.axes, rng.uniform(0.03, 0.06)
    covers = []
    for side in (-1, 1):
        u = side * np.linspace(rng.uniform(0.2, 0.4), rng.uniform(0.5, 0.6), PIECES) ** rng.uniform(0.6, 1)
        v = np.linspace(rng.uniform(0.5, 0.7), rng.uniform(-0.5, -0.1), PIECES)
        points = axes.origin + axes.width_px * (np.outer(u, axes.right) + np.outer(v, axes.up))
        covers.append(stage.line(points, width))
    return [np.asarray(np.maximum(*covers), np.float32)]


def cap(stage: Stage, rng: Rng) -> list[Cover]:
    """A cap worn high: a dome over the crown and a visor below it."""
    axes, low = stage.axes, rng.uniform(0.3, 0.5)
    angles = np.radians(np.linspace(0, 180, PIECES))
    u, v = rng.uniform(0.4, 0.55) * np.cos(angles), low + rng.uniform(0.35, 0.5) * np.sin(angles) ** 0.8
    dome = axes.origin + axes.width_px * (np.outer(u, axes.right) + np.outer(v, axes.up))
    u, v = 0.45 * np.cos(angles), low - 0.02 + rng.uniform(0.08, 0.14) * np.cos(2 * angles + np.pi)
    visor = axes.origin + axes.width_px * (np.outer(u, axes.right) + np.outer(v, axes.up))
    return [stage.filled(dome), stage.filled(visor)]


def sticker(stage: Stage, rng: Rng) -> list[Cover]:
    """A star, a heart or a smiley, as a chat program lays them over a picture."""
    size, place = rng.uniform(0.1, 0.25), stage.place(rng)
    kind = rng.integers(3)
    angles = np.linspace(0, 2 * np.pi, 2 * PIECES, endpoint=False)
    if kind == 0:
        radii = np.where(np.arange(10) % 2, 0.45, 1.0)
        return [stage.filled(outer(stage, size * turned(ring(radii), rng), place))]
    if kind == 1:
        x = 16 * np.sin(angles) ** 3
        y = 13 * np.cos(angles) - 5 * np.cos(2 * angles) - 2 * np.cos(3 * angles) - np.cos(4 * angles)
        return [stage.filled(outer(stage, size / 16 * turned(np.stack([x, -y], 1), rng, 0.4), place))]
    face = stage.filled(outer(stage, ring(np.full(PIECES, size)), place))
    eye = ring(np.full(PIECES, size * 0.13))
    eyes = [outer(stage, eye + np.array((side * 0.35, -0.25)) * size, place) for side in (-1, 1)]
    t = np.linspace(-0.55, 0.55, PIECES)
    mouth = stage.line(outer(stage, size * np.stack([t, 0.55 - 0.8 * t**2], 1), place), size * 0.15)
    return [face, np.asarray(np.maximum(stage.filled(*eyes), mouth), np.float32)]
