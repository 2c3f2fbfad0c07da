"""Strands, told from the gaps between them by how bright they are beside their surroundings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.imaging.ops import Picture, Plane, blur, luminance, smooth_over


@dataclass(frozen=True)
class TextureSettings:
    """How strands are told from the gaps between them, set by eye. Sigmas are Gaussians'."""

    # Strands are what is narrower than the first of these (canvas pixels), told against the contrast around, over the
    # second.
    sigma_canvas_px: float = 9.0
    contrast_sigma_canvas_px: float = 25.0
    # In a contrast of so few levels of 0..255 there are hardly any to see, only a camera's noise and a JPEG's squares.
    noise_levels: float = 6.0
    # Locks are told from a sensor's noise at this size (pixels of a face 500 wide).
    lock_sigma_px: float = 3.0


def local_contrast(photo: Picture, settings: TextureSettings = TextureSettings(), where: Plane | None = None) -> Plane:
    """How much brighter than its surroundings each pixel (H,W) is, in deviations that are usual there. where: H,W,
    0..1, the only surroundings that count, and pixels that have any; all by default."""
    grey = luminance(photo)
    if where is None:
        fine = grey - blur(grey, settings.sigma_canvas_px)
    else:
        fine = (grey - smooth_over(grey, where, settings.sigma_canvas_px)) * where
    usual = np.sqrt(blur(fine * fine, settings.contrast_sigma_canvas_px)) + np.float32(settings.noise_levels)
    return np.asarray(fine / usual, np.float32)


def strand_texture(photo: Picture, settings: TextureSettings = TextureSettings()) -> Plane:
    """Local contrast, -1..1, of mean 0: what tells strands from the gaps between them."""
    return np.asarray(np.clip(local_contrast(photo, settings), -1, 1), np.float32)


def lock_texture(photo: Picture, unit_px: float, settings: TextureSettings = TextureSettings()) -> Plane:
    """The same (H,W) without a sensor's noise."""
    return blur(strand_texture(photo, settings), settings.lock_sigma_px * unit_px)
