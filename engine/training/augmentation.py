"""What photos suffer and generated faces do not: light, tint, blur, compression, hands, hats, a crop a little off."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

CLEAN_SHARE = 0.25
OCCLUDED_SHARE = 0.3
MAX_SHIFT, MAX_ZOOM, MAX_TURN_DEG = 0.025, 0.05, 3.0
MAX_BEND, MAX_SHADE, MAX_CAST = 0.02, 0.35, 0.08


def augmented(
    picture: NDArray[np.uint8], rng: np.random.Generator, occluded_share: float = OCCLUDED_SHARE
) -> NDArray[np.uint8]:
    """A picture (H,W,3) as a photo could show it; one in four stays as it is.

    occluded_share: of the others, how many have something before them.
    """
    if rng.random() < CLEAN_SHARE:
        return picture
    gain = np.exp(rng.normal(0, 0.05, 3) + rng.normal(0, 0.12))
    lit = np.clip(_moved(picture, rng) / 255 * gain, 0, 1) ** np.exp(rng.normal(0, 0.15))
    values = np.asarray(lit, np.float32)
    if rng.random() < occluded_share:
        values = _occluded(values, rng)
    side = values.shape[0]
    if rng.random() < 0.5:
        small = int(rng.integers(side // 3, side))
        shrunk = cv2.resize(values, (small, small), interpolation=cv2.INTER_AREA)
        values = np.asarray(cv2.resize(shrunk, (side, side)), np.float32)
    noisy = values + rng.normal(0, 0.02 * rng.random(), values.shape)
    out = np.asarray(np.clip(np.rint(noisy * 255), 0, 255), np.uint8)
    if rng.random() < 0.5:
        _, data = cv2.imencode(".jpg", out, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 90))])
        out = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
    return out


def unlike(picture: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """A picture (H,W,3) of a face that no W draws: features a little bent, light that falls from somewhere else."""
    side = picture.shape[0]
    bend = _smooth(side, int(rng.integers(3, 7)), 2, rng) * rng.uniform(0, MAX_BEND) * side
    y, x = np.mgrid[:side, :side].astype(np.float32)
    bent = cv2.remap(picture, x + bend[..., 0], y + bend[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    shade = _smooth(side, int(rng.integers(2, 5)), 1, rng) * rng.uniform(0, MAX_SHADE)
    cast = _smooth(side, 3, 3, rng) * rng.uniform(0, MAX_CAST)
    return np.asarray(np.clip(bent * np.exp(shade + cast), 0, 255), np.uint8)


def occluded(picture: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """A picture (H,W,3) with something before it, OCCLUDED_SHARE of the time."""
    if rng.random() >= OCCLUDED_SHARE:
        return picture
    return np.asarray(np.clip(_occluded(np.asarray(picture / 255, np.float32), rng) * 255, 0, 255), np.uint8)


def _smooth(side: int, cells: int, channels: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Noise (side,side,channels) of standard deviation 1 at `cells` by `cells` places, smooth in between."""
    coarse = rng.standard_normal((cells, cells, channels), np.float32)
    smooth = cv2.resize(coarse, (side, side), interpolation=cv2.INTER_CUBIC)
    return np.asarray(smooth, np.float32).reshape(side, side, channels)


def _moved(picture: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    side = picture.shape[0]
    angle, zoom = rng.normal(0, MAX_TURN_DEG / 2), np.exp(rng.normal(0, MAX_ZOOM / 2))
    matrix = np.asarray(cv2.getRotationMatrix2D((side / 2, side / 2), float(angle), float(zoom)), np.float64)
    matrix[:, 2] = matrix[:, 2] + rng.normal(0, MAX_SHIFT / 2 * side, 2)
    return np.asarray(cv2.warpAffine(picture, matrix, (side, side), borderMode=cv2.BORDER_REFLECT), np.uint8)


def _occluded(values: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """An ellipse of skin or cloth colour, striped, from one edge: a hand, a hat, a shoulder."""
    side = values.shape[0]
    corner = rng.integers(0, side, 2)
    corner[rng.integers(0, 2)] = rng.choice([0, side])
    axes = (int(rng.integers(side // 12, side // 4)), int(rng.integers(side // 12, side // 3)))
    shape = np.zeros(values.shape[:2], np.float32)
    cv2.ellipse(shape, (int(corner[0]), int(corner[1])), axes, float(rng.uniform(0, 180)), 0, 360, (1.0,), -1)
    mask = np.asarray(cv2.GaussianBlur(shape, (0, 0), 1.5), np.float32)[..., None]
    colour = values[int(side * 0.6), side // 2] * 0.9 if rng.random() < 0.5 else rng.random(3)
    stripes = 0.06 * np.sin(np.arange(side) * rng.uniform(0.05, 0.8))[:, None, None]
    return np.asarray(values * (1 - mask) + (colour + stripes) * mask, np.float32)
