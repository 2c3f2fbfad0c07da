"""Scores of the hair: how much, where, how it lies, what colour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.attributes.scoring.view import FaceView, eroded
from engine.face import ibug
from engine.parsing import FaceClass

COLOURS = ("black", "brown", "blond", "gray")
TEXTURES = ("wavy", "straight")


@dataclass(frozen=True)
class AmountSettings:
    """Where on the head hair is counted, set by eye; in face widths from the midline and above the brows.

    The boundaries were fitted to scores made with these numbers: with others they have to be fitted again.
    """

    # More hat than this share of the crop, and nothing is known of the hair under it.
    max_hat: float = 0.03
    # Above this height, and inside of so many skull radii, the skull is bare on bald and balding heads; of fewer pixels
    # no share is told.
    crown_from: float = 0.32
    crown_within: float = 0.92
    min_crown_px: int = 60
    # A hairline is the mean of columns of this half width, at these places from the midline, looked at from this height
    # on: the middle of the forehead and both temples.
    column_half_width: float = 0.012
    column_from: float = 0.02
    columns: tuple[float, ...] = (-0.1, -0.05, 0.0, 0.05, 0.1, -0.34, -0.29, 0.29, 0.34)
    # The forehead, which bangs cover: between these heights, of this half width.
    forehead: tuple[float, float] = (0.03, 0.24)
    forehead_half_width: float = 0.33
    # Hair is long where it is seen below the chin's height, or so much above it.
    chin_margin: float = 0.03


@dataclass(frozen=True)
class TextureScoreSettings:
    """How strands are measured, set by eye; in px of a 256 px crop. Fixed by the boundaries as those of amounts are."""

    # Hair is surely hair from this share on, so far inside; fewer pixels have no texture to speak of.
    sure: float = 0.6
    rim_px: int = 3
    min_hair_px: int = 250
    # Noise finer than this is smoothed away, and gradients below so many L per pixel are noise and compression.
    noise_px: float = 0.7
    min_gradient: float = 1.5
    # The strands' direction is compared between windows of these sizes (standard deviations).
    strand_px: float = 1.5
    lock_px: float = 7.0
    # What upright strands add to straight hair, which hangs rather than curls away.
    upright: float = 0.3


@dataclass(frozen=True)
class ColourSettings:
    """What makes a colour, in CIELAB; by eye on samples. Fixed by the boundaries as those of amounts are."""

    # Hair is surely hair from this share on, so far inside (px of a 256 px crop), in so many pixels.
    sure: float = 0.7
    rim_px: int = 2
    min_hair_px: int = 125
    # Black: dark, and the less colourful for it.
    black_chroma: float = 0.5
    # Brown: colourful up to this chroma, dark, and no redder than this.
    brown_chroma: float = 1.5
    brown_chroma_most: float = 22.0
    brown_light: float = 0.4
    brown_red: float = 0.7
    brown_red_from: float = 14.0
    # Blond: light, and yellow up to this b*.
    blond_light: float = 0.7
    blond_yellow: float = 2.5
    blond_yellow_most: float = 28.0
    # Gray: light, and the less so the more colourful.
    gray_chroma: float = 3.0


@dataclass(frozen=True)
class HairScoreSettings:
    """All numbers of the hair's scores."""

    amounts: AmountSettings = AmountSettings()
    texture: TextureScoreSettings = TextureScoreSettings()
    colour: ColourSettings = ColourSettings()


def hair_scores(view: FaceView, settings: HairScoreSettings = HairScoreSettings()) -> dict[str, float]:
    """All of them; NaN where a hat hides the hair, or where there is too little to tell."""
    hair = view.share(FaceClass.HAIR)
    hat = float(view.share(FaceClass.HAT).mean())
    scores = {"hat": hat}
    names = ("bald", "receding_hairline", "bangs", "long_hair")
    if hat > settings.amounts.max_hat:
        return scores | dict.fromkeys((*names, *TEXTURES, *COLOURS), float("nan"))
    amounts = [amount(view, hair, settings.amounts) for amount in (baldness, hairline, bangs, length)]
    scores |= dict(zip(names, amounts, strict=True))
    return scores | texture(view, hair, settings.texture) | colour(view, hair, settings.colour)


def baldness(view: FaceView, hair: NDArray[np.float32], settings: AmountSettings) -> float:
    """Share of skin in what is seen of the skull's upper part: skin or hair, so that a small head is not balder."""
    crown = (view.v > settings.crown_from) & (view.skull < settings.crown_within)
    bare, covered = float(view.share(FaceClass.SKIN)[crown].sum()), float(hair[crown].sum())
    return bare / (bare + covered) if bare + covered > settings.min_crown_px else float("nan")


def hairline(view: FaceView, hair: NDArray[np.float32], settings: AmountSettings) -> float:
    """Height of the lowest hair above the brows, mean of the middle and the temples, in heights of the lower face."""
    face = view.height_of(ibug.NOSE_ROOT) - view.height_of(ibug.CHIN)
    heights = []
    for side in np.array(settings.columns):
        column = np.abs(view.u - side) < settings.column_half_width
        column &= (view.v > settings.column_from) & (view.skull < 1)
        levels = view.v[column]
        if not len(levels):
            continue
        covered = hair[column]
        order = np.argsort(levels)
        # The height below which there is only skin, softly: the area of bare skin under the first hair.
        bare = np.cumprod(1 - covered[order])
        heights.append(float(np.trapezoid(bare, levels[order])) + settings.column_from)
    return float(np.mean(heights) / face) if heights else float("nan")


def bangs(view: FaceView, hair: NDArray[np.float32], settings: AmountSettings) -> float:
    """Share of the forehead that hair covers."""
    lowest, highest = settings.forehead
    forehead = (view.v > lowest) & (view.v < highest) & (np.abs(view.u) < settings.forehead_half_width)
    return float(hair[forehead].mean()) if forehead.any() else float("nan")


def length(view: FaceView, hair: NDArray[np.float32], settings: AmountSettings) -> float:
    """Share of the crop that is hair below the chin's height."""
    below = view.v < view.height_of(8) + settings.chin_margin
    return float((hair * below).mean())


def texture(view: FaceView, hair: NDArray[np.float32], settings: TextureScoreSettings) -> dict[str, float]:
    """Spread and coherence of the strands' direction, by the structure tensor of L inside the hair (Bigun 1987).

    wavy: how far the directions of strands differ within a lock; straight: how far all strands of a lock lie along one
    direction, and that one hangs rather than curls away.
    """
    inside = eroded(hair > settings.sure, settings.rim_px)
    if inside.sum() < settings.min_hair_px:
        return dict.fromkeys(TEXTURES, float("nan"))
    lock_px = settings.lock_px
    light = cv2.GaussianBlur(view.lab[..., 0], (0, 0), settings.noise_px)
    gx, gy = cv2.Sobel(light, cv2.CV_32F, 1, 0, scale=1 / 4), cv2.Sobel(light, cv2.CV_32F, 0, 1, scale=1 / 4)
    mask = inside.astype(np.float32)
    # Local contrast is divided out: shine and dark hair must not count more or less.
    energy = np.asarray(gx**2 + gy**2, np.float32)
    around = _window(energy * mask, lock_px) / (_window(mask, lock_px) + 1e-3)
    weight = np.asarray(mask / (around + settings.min_gradient**2), np.float32)
    double = ((gx**2 - gy**2) * weight, 2 * gx * gy * weight)
    strand = [_window(part, settings.strand_px) for part in double]
    strength = np.hypot(strand[0], strand[1]).astype(np.float32)
    lock = [_window(part, lock_px) for part in strand]
    total = _window(strength, lock_px)
    agreement = np.hypot(lock[0], lock[1]) / (total + 1e-4)
    told = mask * total
    spread = float(((1 - agreement) * told).sum() / (told.sum() + 1e-6))
    texture_energy = _window(energy * weight, lock_px) * mask
    coherence = float((np.hypot(lock[0], lock[1]) * mask).sum() / texture_energy.sum())
    # The gradient's double angle is at pi for horizontal strands' normals: upright strands have gradients along x.
    upright = float((lock[0] * mask).sum() / ((total * mask).sum() + 1e-6))
    return {"wavy": spread, "straight": coherence + settings.upright * upright}


def colour(view: FaceView, hair: NDArray[np.float32], settings: ColourSettings) -> dict[str, float]:
    """CIELAB of the hair without its rim, and its closeness to four colours."""
    inside = eroded(hair > settings.sure, settings.rim_px)
    if inside.sum() < settings.min_hair_px:
        return dict.fromkeys(COLOURS, float("nan"))
    pixels = view.lab[inside]
    light, red, yellow = (float(value) for value in np.median(pixels, 0))
    chroma = float(np.hypot(red, yellow))
    brown_chroma = settings.brown_chroma * min(chroma, settings.brown_chroma_most)
    too_red = settings.brown_red * max(red - settings.brown_red_from, 0.0)
    blond_yellow = settings.blond_yellow * min(yellow, settings.blond_yellow_most)
    return {
        "black": -light - settings.black_chroma * chroma,
        # Warm for how light it is, which black, gray and blond hair are not; but not red. Nearly linear in CIELAB: a
        # ball about one brown could not be cut off by any plane.
        "brown": brown_chroma - settings.brown_light * light - too_red,
        # Light and yellow; white hair is only light, red hair only yellow.
        "blond": settings.blond_light * light + blond_yellow - red,
        "gray": light - settings.gray_chroma * chroma,
    }


def _window(values: NDArray[np.floating[Any]], sigma: float) -> NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(values, (0, 0), sigma), np.float32)
