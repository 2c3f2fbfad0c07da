"""A blurred background behind the hair: its bands go on as they are seen beside it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from engine.imaging.ops import (
    LEAST_WEIGHT,
    Mask,
    Picture,
    distance_to,
    mixed,
    reduced,
    smooth_over,
    smoothstep,
    weighted,
)


@dataclass(frozen=True)
class BandSettings:
    """How far what is known goes on, set by eye."""

    # Its colour is averaged over this share of how far off it is, in steps (Gaussians' sigmas, shares of the picture's
    # longer side), each so many times the one before. The smoothest surface alone is grey beside a lake's shore.
    spread: float = 0.4
    sigmas: tuple[float, ...] = (0.003, 0.005, 0.008, 0.013, 0.021, 0.034, 0.055, 0.09)
    step: float = 1.62
    # Told on a picture of this longer side at most (pixels): nothing in it is finer.
    most_px: int = 512
    # A pixel of that is known where this share of it is.
    known_share: float = 0.98


def bands(photo: Picture, known: Mask, smooth: Picture, settings: BandSettings = BandSettings()) -> Picture:
    """The known pixels' colours (H,W,3), each the further from them averaged the wider; far from all of them the
    smoothest surface (H,W,3) through them."""
    height, width = known.shape
    longest = min(max(height, width), settings.most_px)
    size = [max(1, round(side * longest / max(height, width))) for side in (width, height)]
    shown = reduced(known.astype(np.float32), *size)
    sums = reduced(weighted(photo, known.astype(np.float32)), *size)
    colours = np.asarray(sums / np.maximum(shown, LEAST_WEIGHT)[..., None], np.float32)
    there = shown > settings.known_share
    away, made = distance_to(there), reduced(smooth, *size)
    for sigma in reversed(settings.sigmas):
        near = smooth_over(colours, there, sigma * longest)
        last = sigma * longest / settings.spread
        made = mixed(near, made, smoothstep(away, last / settings.step, last))
    return np.asarray(cv2.resize(made, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
