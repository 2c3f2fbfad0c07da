"""Texture that looks like a patch of the photo: its noise alone, or pieces of it with their structure."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from engine.imaging.ops import Picture, smoothstep


def random_phase_texture(patch: Picture, shape: tuple[int, int], rng: np.random.Generator) -> Picture:
    """Grain (H,W,3) with the radial spectrum and the deviation of a patch (h,w,3), without structure of its own
    (Galerne et al., 2011).

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


# Of a piece's side: how far its edge fades, how far apart pieces lie, and how far at most each is moved from its place.
PIECE_FADE, PIECE_APART, PIECE_MOVED = 0.3, 0.62, 0.15


def patchwork_texture(patch: Picture, shape: tuple[int, int], side_px: int, rng: np.random.Generator) -> Picture:
    """A periodic texture (H,W,3 of mean 0) with a patch's deviation and its structure, such as pores and lines.

    Pieces of that side are taken from anywhere in the patch, mirrored by chance, and laid over one another with weights
    that keep the deviation where they overlap (Heitz and Neyret, 2018, equation 3).
    """
    height, width = shape
    inwards = np.minimum(np.arange(side_px) + 0.5, side_px - np.arange(side_px) - 0.5) / (PIECE_FADE * side_px)
    fade = smoothstep(inwards.astype(np.float32), 0, 1)
    window = np.outer(fade, fade).astype(np.float32)
    plain = np.asarray(patch - patch.mean((0, 1)), np.float32)
    rows, columns = (size - side_px + 1 for size in patch.shape[:2])
    apart_px, moved_px = max(1, int(PIECE_APART * side_px)), int(PIECE_MOVED * side_px)
    # Pieces lie on slices of a larger texture, whose margins are those of its other side.
    before_px, after_px = moved_px, side_px + moved_px
    size = height + before_px + after_px, width + before_px + after_px
    summed, weight = np.zeros((*size, 3), np.float32), np.zeros(size, np.float32)
    shares, squares = np.dstack([window] * 3), window**2
    for top in range(0, height, apart_px):
        for left in range(0, width, apart_px):
            row, column = int(rng.integers(rows)), int(rng.integers(columns))
            piece = plain[row : row + side_px, column : column + side_px]
            piece = piece[:: _either_way(rng), :: _either_way(rng)]
            down, aside = (int(px) for px in rng.integers(-moved_px, moved_px + 1, 2))
            y, x = top + down + before_px, left + aside + before_px
            summed[y : y + side_px, x : x + side_px] += piece * shares
            weight[y : y + side_px, x : x + side_px] += squares
    summed, weight = (_folded(values, before_px, shape) for values in (summed, weight))
    laid = summed / np.sqrt(np.maximum(weight, 1e-3))[..., None]
    return np.asarray(laid * (plain.std((0, 1)) / np.maximum(laid.std((0, 1)), 1e-6)), np.float32)


def _either_way(rng: np.random.Generator) -> int:
    return -1 if rng.integers(2) == 0 else 1


def _folded(values: NDArray[np.float32], before_px: int, shape: tuple[int, int]) -> NDArray[np.float32]:
    """What lies on a larger texture (H,W,...), added up where it lies on a periodic one of a smaller shape, which
    begins so many pixels further down and aside and is larger than either margin."""
    for axis, size in enumerate(shape):
        values = np.moveaxis(values, axis, 0)
        folded, after = values[before_px : before_px + size].copy(), values[before_px + size :]
        folded[size - before_px :] += values[:before_px]
        folded[: len(after)] += after
        values = np.moveaxis(folded, 0, axis)
    return values


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
