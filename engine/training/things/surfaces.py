"""What the surface of a thing looks like: its colours, its pattern, the light on it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Rng = np.random.Generator
Surface = NDArray[np.float32]
# Below this share of them, things have one colour; each pattern takes an equal part of the rest.
PLAIN_SHARE = 0.5
# Light: how strong its shading is at most, how many are shaded at all, and how many of those shine.
SHADING, SHADED_SHARE, SHINING_SHARE = 0.55, 0.7, 0.4


def surface(
    cover: NDArray[np.float32], hair: NDArray[np.float64], other: NDArray[np.uint8], pixel_px: float, rng: Rng
) -> Surface:
    """Colours (H,W,3 in 0..255) of a thing that covers so much (H,W).

    hair: the hair's median colour, which some things have nearly; other: H,W,3, whose pieces some are made of;
    pixel_px: how large what is told in pixels is.
    """
    shape = cover.shape
    out = _pattern((shape[0], shape[1]), colour(hair, rng), colour(hair, rng), other, pixel_px, rng)
    if rng.random() < SHADED_SHARE:
        out = out * _light(cover, pixel_px, rng)[..., None]
    if rng.random() < 0.3:
        out = out + rng.normal(0, rng.uniform(1, 8), (*shape[:2], 1))
    return np.asarray(np.clip(out, 0, 255), np.float32)


def colour(hair: NDArray[np.float64], rng: Rng) -> NDArray[np.float64]:
    """One colour: any hue, black, white, grey, brown, or nearly the hair's own."""
    kind = rng.choice(["hue", "black", "white", "grey", "brown", "hair"], p=[0.42, 0.2, 0.1, 0.08, 0.08, 0.12])
    if kind == "hue":
        hsv = np.array([[[rng.uniform(0, 360), rng.uniform(0.25, 1), rng.uniform(0.25, 1)]]], np.float32)
        return np.asarray(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)[0, 0] * 255.0, np.float64)
    if kind == "hair":
        return np.asarray(np.clip(hair * rng.uniform(0.5, 1.6) + rng.normal(0, 8, 3), 0, 255))
    level = {"black": rng.uniform(0, 45), "white": rng.uniform(205, 255), "grey": rng.uniform(45, 205)}
    if kind == "brown":
        return np.array((1.0, rng.uniform(0.65, 0.85), rng.uniform(0.4, 0.7))) * rng.uniform(50, 170)
    return np.asarray(np.clip(level[str(kind)] + rng.normal(0, 4, 3), 0, 255))


def _pattern(
    shape: tuple[int, int],
    one: NDArray[np.float64],
    two: NDArray[np.float64],
    other: NDArray[np.uint8],
    pixel_px: float,
    rng: Rng,
) -> NDArray[np.float64]:
    """H,W,3 without light."""
    if rng.random() < PLAIN_SHARE:
        return np.broadcast_to(one, (*shape, 3)).astype(np.float64)
    kind = rng.integers(5)
    rows, columns = np.mgrid[: shape[0], : shape[1]].astype(np.float64)
    period, turn = rng.uniform(5, 24) * pixel_px, rng.uniform(0, np.pi)
    along = rows * np.cos(turn) + columns * np.sin(turn)
    across = columns * np.cos(turn) - rows * np.sin(turn)
    if kind == 0:  # stripes
        share = np.sin(along * 2 * np.pi / period) > rng.uniform(-0.5, 0.5)
    elif kind == 1:  # dots
        share = np.sin(along * 2 * np.pi / period) * np.sin(across * 2 * np.pi / period) > rng.uniform(0.2, 0.7)
    elif kind == 2:  # cloth, marble, camouflage
        coarse = rng.standard_normal((max(2, int(shape[0] / period)), max(2, int(shape[1] / period)))).astype(
            np.float32
        )
        noise = cv2.resize(coarse, shape[::-1], interpolation=cv2.INTER_CUBIC)
        share = noise > 0.3 if rng.random() < 0.5 else np.clip(noise * 0.3 + 0.5, 0, 1)
    elif kind == 3:  # one colour fades into the other
        share = np.clip(0.5 + along / shape[0] - along.mean() / shape[0], 0, 1)
    else:  # printed with a piece of a picture
        moved = np.roll(other, tuple(int(by) for by in rng.integers(0, shape[0], 2)), (0, 1))
        return np.asarray(moved[::-1] if rng.random() < 0.5 else moved, np.float64)
    blend = np.asarray(share, np.float64)[..., None]
    return np.asarray(one * blend + two * (1 - blend))


def _light(cover: NDArray[np.float32], pixel_px: float, rng: Rng) -> NDArray[np.float64]:
    """Factors (H,W) of light that falls on a thing which is thickest in its middle."""
    depth = cv2.distanceTransform((cover > 0.5).astype(np.uint8), cv2.DIST_L2, 3) / pixel_px
    height = np.minimum(depth, rng.uniform(3, 16)) ** rng.uniform(0.5, 1) * rng.uniform(0.3, 1)
    height = cv2.GaussianBlur(np.asarray(height, np.float32), (0, 0), rng.uniform(0.8, 2) * pixel_px)
    across, down = (cv2.Sobel(height, cv2.CV_32F, 1 - i, i, scale=pixel_px / 8) for i in (0, 1))
    turn = rng.uniform(0, 2 * np.pi)
    slope = across * np.cos(turn) + down * np.sin(turn)
    light = 1 + rng.uniform(0.1, SHADING) * np.clip(slope * 2, -1, 1)
    coarse = cv2.resize(
        rng.standard_normal((6, 6)).astype(np.float32), cover.shape[::-1], interpolation=cv2.INTER_CUBIC
    )
    light = light * (1 + rng.uniform(0, 0.2) * coarse)
    if rng.random() < SHINING_SHARE:
        light = light + rng.uniform(0.3, 1.5) * np.exp(
            -(((slope - rng.uniform(0.1, 0.5)) / rng.uniform(0.05, 0.3)) ** 2)
        )
    return np.asarray(np.clip(light, 0.2, 2.5), np.float64)
