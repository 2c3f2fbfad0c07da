"""Where strands end: not on a line, but each at a height of its own, locks more alike than single hairs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.imaging.ops import Plane


@dataclass(frozen=True)
class EndSettings:
    """Noise along the head's width, set by eye; lengths in face widths."""

    # Widths of locks, strands and hairs, and how much each adds to where an end lies.
    scales: tuple[tuple[float, float], ...] = ((0.10, 0.5), (0.030, 0.7), (0.010, 0.5))
    # The noise is sampled so finely, a quarter of the finest hair, and so far to both sides of the midline.
    samples_per_face: int = 400
    reach: float = 3.0
    # Gaussians are cut off at so many deviations.
    cut_off: float = 4.0


def strand_ends(
    u: Plane, rng: np.random.Generator, slant: Plane | None = None, settings: EndSettings = EndSettings()
) -> Plane:
    """Noise (H,W) of unit deviation that is the same all the way along a strand: a function of u (face widths) alone.

    slant: u at which the strand through each pixel is rooted minus its own u, where strands do not hang straight down.
    """
    count = int(2 * settings.reach * settings.samples_per_face)
    grid = np.linspace(-settings.reach, settings.reach, count)
    total = np.zeros(count)
    for width, share in settings.scales:
        sigma = width * settings.samples_per_face / 2
        half = int(settings.cut_off * sigma)
        window = np.exp(-0.5 * (np.arange(-half, half + 1) / sigma) ** 2)
        noise = np.convolve(rng.standard_normal(count + 2 * half), window, mode="valid")
        total += share * noise / noise.std()
    total /= total.std()
    return np.interp(u if slant is None else u + slant, grid, total).astype(np.float32)
