"""The smoothest surface through what is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.imaging.ops import LEAST_WEIGHT, Mask, reduced


@dataclass(frozen=True)
class MembraneSettings:
    """How the surface is relaxed."""

    # Passes on each grid, by eye.
    iterations: int = 60
    # A cell of a grid is known, or inside the domain, from this share of its pixels on.
    least_share: float = 0.25
    # Pictures of this side (px) are halved once, because the finest grid is coarser than that.
    halved_from_px: int = 512


def membrane(
    values: NDArray[np.float32],
    known: Mask,
    domain: Mask,
    sizes_px: Sequence[int] = (16, 32, 64, 128),
    pull: float = 0.0,
    settings: MembraneSettings = MembraneSettings(),
) -> NDArray[np.float32]:
    """Fill unknown values with the smoothest surface through the known ones (Laplace, coarse to fine).

    values: H,W,C; outside `domain` nothing flows (Neumann boundary). pull: how strongly the surface returns to zero
    away from what is known; 0 carries the known values as far as the domain goes.
    """
    height, width = known.shape
    channels = values.shape[2]
    cross = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]], np.float32)
    known_plane = known.astype(np.float32)
    domain_plane = np.maximum(domain.astype(np.float32), known_plane)
    mean = values[known].mean(0) if known.any() and not pull else np.zeros(channels, np.float32)
    # Every level is a reduction of these, which are a quarter of the whole.
    planes = [
        _halved(plane, settings.halved_from_px)
        for plane in (known_plane, values * known_plane[..., None], domain_plane)
    ]
    surface: NDArray[np.float32] | None = None
    for size in sizes_px:
        level_px = (max(4, round(size * width / max(width, height))), max(4, round(size * height / max(width, height))))
        weight, sums, inside = (reduced(plane, *level_px).reshape(level_px[1], level_px[0], -1) for plane in planes)
        fixed = weight > settings.least_share
        here = ((inside > settings.least_share) | fixed).astype(np.float32)
        if surface is None:
            surface = np.asarray(np.tile(mean, (level_px[1], level_px[0], 1)), np.float32)
        else:
            enlarged = np.asarray(cv2.resize(surface, level_px, interpolation=cv2.INTER_LINEAR), np.float32)
            surface = enlarged.reshape(level_px[1], level_px[0], -1)
        surface = np.asarray(np.where(fixed, sums / np.maximum(weight, LEAST_WEIGHT), surface), np.float32)
        strength = pull * (sizes_px[-1] / size) ** 2
        neighbours = cv2.filter2D(here[..., 0], -1, cross, borderType=cv2.BORDER_CONSTANT)[..., None]
        free = ~fixed & (neighbours > 0)
        # The steady part and the factors, spread over the channels once: a pass is then four plain operations.
        share = np.repeat(np.where(free, 1 / np.maximum(neighbours + strength, LEAST_WEIGHT), 0), channels, 2)
        steady = np.where(free, 0, surface).astype(np.float32)
        share, spread = share.astype(np.float32), np.repeat(here, channels, 2)
        for _ in range(settings.iterations):
            np.multiply(surface, spread, out=surface)
            flow = np.asarray(cv2.filter2D(surface, -1, cross, borderType=cv2.BORDER_CONSTANT), np.float32)
            np.multiply(flow.reshape(surface.shape), share, out=surface)
            np.add(surface, steady, out=surface)
    assert surface is not None
    full = cv2.resize(surface, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(full, np.float32).reshape(height, width, channels)


def _halved(plane: NDArray[np.float32], from_px: int) -> NDArray[np.float32]:
    height, width = plane.shape[:2]
    if min(height, width) < from_px:
        return plane
    return reduced(plane, width // 2, height // 2)
