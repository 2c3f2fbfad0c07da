"""Single hairs, drawn one by one: what a beard is made of.

The generator draws beards as a smear at its own idea of the face's light. Hairs that are drawn follow the photo's own
light, skin and sharpness, and touch nothing but the pixels that they cover.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.imaging.ops import Picture, Plane, blur, mixed

# Fractional bits of the coordinates that OpenCV draws with.
FIXED_POINT_BITS = 3


@dataclass(frozen=True)
class StrokeSettings:
    """How hairs are drawn, set by eye. Lengths are in face widths, brightness in shares of the hair's own."""

    # Hairs are thinner than a pixel: they are drawn this much larger and averaged.
    oversampling: int = 2
    # Pieces of a hair's polyline.
    segments: int = 5
    # Hairs per square of a face width's side, at full density; and of a pixel at most, or all would be roots.
    hairs_per_face: float = 40_000.0
    most_roots: float = 0.9
    # Each hair has one of so many brightnesses, and the last, which lie on top and shine, so much more.
    shades: int = 7
    shine: float = 0.2
    # Length of a hair, as shares of the growth's: at random from the first, by up to the second more; and where few
    # stand, down to this share of that, because a beard's edge is short.
    length_from: float = 0.55
    length_spread: float = 0.6
    # How rare long ones are: 1 where all lengths are as likely.
    length_power: float = 1.0
    edge_length: float = 0.5
    # Deviation of a hair's direction from that of its place, and of its bend from root to tip (radians).
    turn: float = 0.32
    bend: float = 0.5
    # Share of what a hair covers that it hides: the rest shines through.
    opacity: float = 0.82
    # Bright hairs are finer: the brightest hide so much (0..1) less.
    fainter: float = 0.0
    # The light that falls on a hair, where 1 is the face's own.
    light: tuple[float, float] = (0.25, 1.6)
    # Roots and shadow between hairs: this share, and so much more for hairs as long as this; of a colour so dark beside
    # the hairs', so soft.
    root_share: float = 0.42
    long_share: float = 0.48
    long: float = 0.052
    root_darkness: float = 0.55
    root_sigma: float = 0.005


@dataclass(frozen=True)
class Strokes:
    """density: H,W, 0..1; along: H,W,2, unit vectors (x, y) in which hairs grow; length_px: of a hair; colour: RGB of
    the hairs in ordinary light, of all or (H,W,3) in each place; spread: how far single hairs differ from it in
    brightness, as a share."""

    density: Plane
    along: NDArray[np.float32]
    length_px: float
    colour: NDArray[np.float32]
    spread: float = 0.34


def with_hairs(
    photo: Picture,
    growth: Strokes,
    light: Plane,
    face_px: float,
    rng: np.random.Generator,
    settings: StrokeSettings = StrokeSettings(),
) -> Picture:
    """The picture (H,W,3 in 0..255) with hairs on it.

    light: H,W, the brightness of the light there, about 1; face_px: pixels per face width.
    """
    lit = np.clip(light, *settings.light)
    picture = _shaded(photo, growth, lit, face_px, settings)
    per_px = min(settings.hairs_per_face / face_px**2, settings.most_roots)
    rows, columns = _roots(growth.density, per_px, rng)
    if len(rows) == 0:
        return picture
    shade = rng.integers(0, settings.shades, len(rows))
    thick = growth.density[rows, columns]
    chance = rng.random(len(rows)) ** settings.length_power
    length = growth.length_px * (settings.length_from + settings.length_spread * chance)
    length = length * (settings.edge_length + (1 - settings.edge_length) * thick)
    paths = _paths(rows, columns, growth.along, length.astype(np.float32), rng, settings)
    last = settings.shades - 1
    # Dark hairs first: the bright ones catch the light on top.
    for level in range(settings.shades):
        drawn = _coverage(paths[shade == level], picture.shape[:2], settings.oversampling)
        bright = 1 + growth.spread * (2 * level / last - 1) + (settings.shine if level == last else 0)
        opacity = settings.opacity * (1 - settings.fainter * level / last)
        picture = mixed(picture, _coloured(lit, growth.colour * np.float32(bright)), drawn * np.float32(opacity))
    return np.asarray(np.clip(picture, 0, 255), np.float32)


def _shaded(photo: Picture, growth: Strokes, lit: Plane, face_px: float, settings: StrokeSettings) -> Picture:
    """Between the hairs one sees roots and shadow, the more so the longer they are."""
    depth = settings.root_share + settings.long_share * np.clip(growth.length_px / (settings.long * face_px), 0, 1)
    dark = _coloured(lit, growth.colour * np.float32(settings.root_darkness))
    share = blur(growth.density, settings.root_sigma * face_px) * np.float32(depth)
    return mixed(photo, dark, share)


def _coloured(lit: Plane, colour: NDArray[np.float32]) -> Picture:
    """A colour (3 or H,W,3) in a light (H,W)."""
    return np.asarray(colour * cv2.merge([lit] * 3), np.float32)


def _roots(density: Plane, per_px: float, rng: np.random.Generator) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Random positions, as many as the density wants, those further up first."""
    chosen = rng.random(density.shape) < density * per_px
    rows, columns = np.nonzero(chosen)
    return rows, columns


def _paths(
    rows: NDArray[np.intp],
    columns: NDArray[np.intp],
    along: NDArray[np.float32],
    length_px: NDArray[np.float32],
    rng: np.random.Generator,
    settings: StrokeSettings,
) -> NDArray[np.float32]:
    """Hairs as polylines (N,segments+1,2): each leaves the common direction a little and bends a little."""
    segments = settings.segments
    angle = np.arctan2(along[rows, columns, 1], along[rows, columns, 0])
    angle = angle + rng.normal(0, settings.turn, len(rows))
    bend = rng.normal(0, settings.bend, len(rows)) / segments
    piece_px = length_px / segments
    points = np.zeros((len(rows), segments + 1, 2), np.float32)
    points[:, 0] = np.stack([columns + rng.random(len(rows)), rows + rng.random(len(rows))], 1)
    for index in range(segments):
        heading = angle + bend * index
        move = np.stack([np.cos(heading), np.sin(heading)], 1) * piece_px[:, None]
        points[:, index + 1] = points[:, index] + move
    return points


def _coverage(paths: NDArray[np.float32], shape: tuple[int, ...], oversampling: int) -> Plane:
    """Share of each pixel that hairs cover (H,W)."""
    large = np.zeros((shape[0] * oversampling, shape[1] * oversampling), np.uint8)
    fixed = np.rint(paths * (oversampling << FIXED_POINT_BITS)).astype(np.int32)
    cv2.polylines(large, list(fixed), False, (255,), 1, cv2.LINE_AA, FIXED_POINT_BITS)
    small = cv2.resize(large, (shape[1], shape[0]), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32) / np.float32(255)
