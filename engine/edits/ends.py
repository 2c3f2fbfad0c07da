"""Where strands end: not on a line, but each at a height of its own, locks more alike than single hairs."""

from __future__ import annotations

import numpy as np

from engine.imaging.ops import Plane

# Widths of locks and strands in face widths, and how much each adds to where an end lies.
SCALES = ((0.10, 0.5), (0.030, 0.7), (0.010, 0.5))
SAMPLES_PER_FACE = 400
REACH = 3.0


def strand_ends(u: Plane, rng: np.random.Generator, slant: Plane | None = None) -> Plane:
    """Noise of unit deviation that is the same all the way along a strand: a function of u (face widths) alone.

    slant: u at which the strand through each pixel is rooted minus its own u, where strands do not hang straight down.
    """
    count = int(2 * REACH * SAMPLES_PER_FACE)
    grid = np.linspace(-REACH, REACH, count)
    total = np.zeros(count)
    for width, share in SCALES:
        sigma = width * SAMPLES_PER_FACE / 2
        half = int(4 * sigma)
        window = np.exp(-0.5 * (np.arange(-half, half + 1) / sigma) ** 2)
        noise = np.convolve(rng.standard_normal(count + 2 * half), window, mode="valid")
        total += share * noise / noise.std()
    total /= total.std()
    return np.interp(u if slant is None else u + slant, grid, total).astype(np.float32)
