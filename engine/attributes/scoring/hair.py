"""Scores of the hair: how much, where, how it lies, what colour."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.attributes.scoring.view import FaceView, eroded
from engine.parsing import FaceClass

# Above this height (face widths over the brows) the skull is bare on bald and balding heads.
CROWN_FROM = 0.32
MIN_CROWN_PX = 60
# More hat than this, and nothing is known of the hair under it.
MAX_HAT = 0.03
# Fewer hair pixels than this have no colour and no texture to speak of.
MIN_HAIR_PX = 250
# Gradients below this many L per pixel are noise and compression.
MIN_GRADIENT = 1.5
# The strands' direction is compared between windows of these sizes (standard deviations in px of a 256 px crop).
STRAND_PX, LOCK_PX = 1.5, 7.0


def hair_scores(view: FaceView) -> dict[str, float]:
    """All of them; NaN where a hat hides the hair, or where there is too little to tell."""
    hair = view.share(FaceClass.HAIR)
    hat = float(view.share(FaceClass.HAT).mean())
    scores = {"hat": hat}
    names = ("bald", "receding_hairline", "bangs", "long_hair")
    if hat > MAX_HAT:
        return scores | dict.fromkeys((*names, "wavy", "straight", "black", "brown", "blond", "gray"), float("nan"))
    amounts = (baldness(view, hair), hairline(view, hair), bangs(view, hair), length(view, hair))
    scores |= dict(zip(names, amounts, strict=True))
    return scores | texture(view, hair) | colour(view, hair)


def baldness(view: FaceView, hair: NDArray[np.float32]) -> float:
    """Share of skin in what is seen of the skull's upper part: skin or hair, so that a small head is not balder."""
    crown = (view.v > CROWN_FROM) & (view.skull < 0.92)
    bare, covered = float(view.share(FaceClass.SKIN)[crown].sum()), float(hair[crown].sum())
    return bare / (bare + covered) if bare + covered > MIN_CROWN_PX else float("nan")


def hairline(view: FaceView, hair: NDArray[np.float32]) -> float:
    """Height of the lowest hair above the brows, mean of the middle and the temples, in heights of the lower face."""
    face = view.height_of(27) - view.height_of(8)
    heights = []
    for side in np.concatenate([np.linspace(-0.1, 0.1, 5), (-0.34, -0.29, 0.29, 0.34)]):
        column = (np.abs(view.u - side) < 0.012) & (view.v > 0.02) & (view.skull < 1)
        levels = view.v[column]
        if not len(levels):
            continue
        covered = hair[column]
        order = np.argsort(levels)
        # The height below which no hair is, softly: the area of bare skin under the first hair.
        bare = np.cumprod(1 - covered[order])
        heights.append(float(np.trapezoid(bare, levels[order])) + 0.02)
    return float(np.mean(heights) / face) if heights else float("nan")


def bangs(view: FaceView, hair: NDArray[np.float32]) -> float:
    """Share of the forehead that hair covers."""
    forehead = (view.v > 0.03) & (view.v < 0.24) & (np.abs(view.u) < 0.33)
    return float(hair[forehead].mean()) if forehead.any() else float("nan")


def length(view: FaceView, hair: NDArray[np.float32]) -> float:
    """Share of the crop that is hair below the chin's height."""
    below = view.v < view.height_of(8) + 0.03
    return float((hair * below).mean())


def texture(view: FaceView, hair: NDArray[np.float32]) -> dict[str, float]:
    """Spread and coherence of the strands' direction, by the structure tensor of L inside the hair (Bigun 1987).

    wavy: how far the directions of strands differ within a lock; straight: how far all strands of a lock lie along one
    direction, and that one hangs rather than curls away.
    """
    inside = eroded(hair > 0.6, 3)
    if inside.sum() < MIN_HAIR_PX:
        return {"wavy": float("nan"), "straight": float("nan")}
    light = cv2.GaussianBlur(view.lab[..., 0], (0, 0), 0.7)
    gx, gy = cv2.Sobel(light, cv2.CV_32F, 1, 0, scale=1 / 4), cv2.Sobel(light, cv2.CV_32F, 0, 1, scale=1 / 4)
    mask = inside.astype(np.float32)
    # Local contrast is divided out: shine and dark hair must not count more or less.
    energy = np.asarray(gx**2 + gy**2, np.float32)
    around = _window(energy * mask, LOCK_PX) / (_window(mask, LOCK_PX) + 1e-3)
    weight = np.asarray(mask / (around + MIN_GRADIENT**2), np.float32)
    double = ((gx**2 - gy**2) * weight, 2 * gx * gy * weight)
    strand = [_window(part, STRAND_PX) for part in double]
    strength = np.hypot(strand[0], strand[1]).astype(np.float32)
    lock = [_window(part, LOCK_PX) for part in strand]
    total = _window(strength, LOCK_PX)
    agreement = np.hypot(lock[0], lock[1]) / (total + 1e-4)
    told = mask * total
    spread = float(((1 - agreement) * told).sum() / (told.sum() + 1e-6))
    texture_energy = _window(energy * weight, LOCK_PX) * mask
    coherence = float((np.hypot(lock[0], lock[1]) * mask).sum() / texture_energy.sum())
    # The gradient's double angle is at pi for horizontal strands' normals: upright strands have gradients along x.
    upright = float((lock[0] * mask).sum() / ((total * mask).sum() + 1e-6))
    return {"wavy": spread, "straight": coherence + 0.3 * upright}


def colour(view: FaceView, hair: NDArray[np.float32]) -> dict[str, float]:
    """CIELAB of the hair without its rim, and its closeness to four colours."""
    inside = eroded(hair > 0.7, 2)
    if inside.sum() < MIN_HAIR_PX // 2:
        return dict.fromkeys(("black", "brown", "blond", "gray"), float("nan"))
    pixels = view.lab[inside]
    light, red, yellow = (float(value) for value in np.median(pixels, 0))
    chroma = float(np.hypot(red, yellow))
    return {
        "black": -light - 0.5 * chroma,
        # Warm for how light it is, which black, gray and blond hair are not; but not red. Nearly linear in CIELAB: a
        # ball about one brown could not be cut off by any plane.
        "brown": 1.5 * min(chroma, 22.0) - 0.4 * light - 0.7 * max(red - 14, 0.0),
        # Light and yellow; white hair is only light, red hair only yellow.
        "blond": 0.7 * light + 2.5 * min(yellow, 28.0) - red,
        "gray": light - 3.0 * chroma,
    }


def _window(values: NDArray[np.floating[Any]], sigma: float) -> NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(values, (0, 0), sigma), np.float32)
