"""Grain: noise that looks like a patch of the photo, without structure of its own."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from engine.imaging.ops import Picture


def random_phase_texture(patch: Picture, shape: tuple[int, int], rng: np.random.Generator) -> Picture:
    """Grain with the radial spectrum and the deviation of a patch, no structure of its own (Galerne et al., 2011).

    Averaged over directions: a patch from a wrinkled forehead would draw streaks otherwise.
    """
    height, width = shape
    patch_height, patch_width = patch.shape[:2]
    window = np.outer(np.hanning(patch_height), np.hanning(patch_width))[..., None]
    deviation = patch.std((0, 1))
    padded = np.zeros((height, width, 3), np.float32)
    padded[:patch_height, :patch_width] = (patch - patch.mean((0, 1))) * window
    white = np.fft.rfft2(rng.standard_normal((height, width), np.float32))
    phase = white / np.maximum(np.abs(white), 1e-9)
    ring, counts = _rings(height, width)
    channels = []
    for channel in range(3):
        amplitude = np.abs(np.fft.rfft2(padded[..., channel]))
        mean = np.bincount(ring.ravel(), amplitude.ravel(), height) / counts
        grain = np.fft.irfft2(mean.astype(np.float32)[ring] * phase, s=(height, width))
        channels.append(grain / max(float(grain.std()), 1e-6) * deviation[channel])
    return np.stack(channels, -1).astype(np.float32)


@lru_cache(maxsize=8)
def _rings(height: int, width: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Which ring of equal frequency each coefficient of an rfft2 lies on, and how many lie on each."""
    radius = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None])
    ring = np.minimum((radius * height).astype(np.int64), height - 1)
    return ring, np.maximum(np.bincount(ring.ravel(), minlength=height), 1)


def tiled(texture: Picture, shape: tuple[int, int]) -> Picture:
    """A periodic texture repeated over a shape."""
    rows, columns = -(-shape[0] // texture.shape[0]), -(-shape[1] // texture.shape[1])
    return np.tile(texture, (rows, columns, 1))[: shape[0], : shape[1]]
