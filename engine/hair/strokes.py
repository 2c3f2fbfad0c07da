"""Single hairs, drawn one by one: what a beard is made of.

The generator draws beards as a smear at its own idea of the face's light. Hairs that are drawn follow the photo's own
light, skin and sharpness, and touch nothing but the pixels that they cover.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.imaging.ops import Picture, Plane, blur

# Hairs are thinner than a pixel: they are drawn this much larger and averaged.
OVERSAMPLING = 2
SHADES = 7
SEGMENTS = 5
# Hairs per square pixel at full density, at a face width of 500 px.
HAIRS_PER_PX = 0.16
FIXED_POINT_BITS = 3


@dataclass(frozen=True)
class Strokes:
    """density: H,W, 0..1; along: H,W,2, unit vectors (x, y) in which hairs grow; length_px: of a hair; colour: RGB of
    the hairs in ordinary light; spread: how far single hairs differ from it in brightness, as a share."""

    density: Plane
    along: NDArray[np.float32]
    length_px: float
    colour: NDArray[np.float32]
    spread: float = 0.34


def with_hairs(photo: Picture, growth: Strokes, light: Plane, unit_px: float, rng: np.random.Generator) -> Picture:
    """The picture (H,W,3 in 0..255) with hairs on it. light: H,W, the brightness of the light there, about 1."""
    picture = _shaded(photo, growth, light, unit_px)
    rows, columns = _roots(growth.density, HAIRS_PER_PX / unit_px**2, rng)
    if len(rows) == 0:
        return picture
    shade = rng.integers(0, SHADES, len(rows))
    thick = growth.density[rows, columns]
    length = growth.length_px * (0.55 + 0.6 * rng.random(len(rows))) * (0.5 + 0.5 * thick)
    paths = _paths(rows, columns, growth.along, length.astype(np.float32), rng)
    lit = np.clip(light, 0.25, 1.6)[..., None]
    # Dark hairs first: the bright ones catch the light on top.
    for level in range(SHADES):
        drawn = _coverage(paths[shade == level], picture.shape[:2])
        bright = 1 + growth.spread * (2 * level / (SHADES - 1) - 1) + (0.2 if level == SHADES - 1 else 0)
        hair = growth.colour * np.float32(bright) * lit
        picture = picture + (hair - picture) * (drawn * 0.82)[..., None]
    return np.asarray(np.clip(picture, 0, 255), np.float32)


def _shaded(photo: Picture, growth: Strokes, light: Plane, unit_px: float) -> Picture:
    """Between the hairs one sees roots and shadow, the more so the longer they are."""
    depth = 0.42 + 0.48 * np.clip(growth.length_px / (26 * unit_px), 0, 1)
    dark = growth.colour * np.float32(0.55) * np.clip(light, 0.25, 1.6)[..., None]
    share = blur(growth.density, 2.5 * unit_px) * np.float32(depth)
    return np.asarray(photo + (dark - photo) * share[..., None], np.float32)


def _roots(density: Plane, per_px: float, rng: np.random.Generator) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Random positions, as many as the density wants, those further up first."""
    chosen = rng.random(density.shape) < density * min(per_px, 0.9)
    rows, columns = np.nonzero(chosen)
    return rows, columns


def _paths(
    rows: NDArray[np.intp],
    columns: NDArray[np.intp],
    along: NDArray[np.float32],
    length_px: NDArray[np.float32],
    rng: np.random.Generator,
) -> NDArray[np.float32]:
    """Hairs as polylines (N,SEGMENTS+1,2): each leaves the common direction a little and bends a little."""
    angle = np.arctan2(along[rows, columns, 1], along[rows, columns, 0])
    angle = angle + rng.normal(0, 0.32, len(rows))
    bend = rng.normal(0, 0.5, len(rows)) / SEGMENTS
    step = length_px / SEGMENTS
    points = np.zeros((len(rows), SEGMENTS + 1, 2), np.float32)
    points[:, 0] = np.stack([columns + rng.random(len(rows)), rows + rng.random(len(rows))], 1)
    for index in range(SEGMENTS):
        heading = angle + bend * index
        move = np.stack([np.cos(heading), np.sin(heading)], 1) * step[:, None]
        points[:, index + 1] = points[:, index] + move
    return points


def _coverage(paths: NDArray[np.float32], shape: tuple[int, ...]) -> Plane:
    """Share of each pixel that hairs cover (H,W)."""
    large = np.zeros((shape[0] * OVERSAMPLING, shape[1] * OVERSAMPLING), np.uint8)
    fixed = np.rint(paths * (OVERSAMPLING << FIXED_POINT_BITS)).astype(np.int32)
    cv2.polylines(large, list(fixed), False, (255,), 1, cv2.LINE_AA, FIXED_POINT_BITS)
    small = cv2.resize(large, (shape[1], shape[0]), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32) / np.float32(255)
