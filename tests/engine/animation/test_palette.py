"""One palette, and a dither that stands still."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from engine.animation.palette import blue_noise, cells, dithered, mixtures, occurring, oklab, shared_palette


def test_the_blue_noise_mask_holds_every_rank_once_and_has_little_low_frequency() -> None:
    mask = blue_noise()
    assert sorted(mask.ravel()) == list(range(mask.size))
    rng = np.random.default_rng(0)
    shuffled = rng.permutation(mask.ravel()).reshape(mask.shape)

    def unevenness(ranks: NDArray[np.int64]) -> float:
        return float(gaussian_filter(ranks / ranks.size, 2.0, mode="wrap").std())

    assert unevenness(mask) < 0.4 * unevenness(shuffled)


def test_oklab_meets_its_published_reference_values() -> None:
    lab = oklab(np.array([[255.0, 255, 255], [0, 0, 0], [255, 0, 0]]))
    assert lab[0] == pytest.approx([1.0, 0.0, 0.0], abs=1e-3)
    assert lab[1] == pytest.approx([0.0, 0.0, 0.0], abs=1e-9)
    assert lab[2] == pytest.approx([0.6280, 0.2249, 0.1258], abs=1e-3)


def test_a_smooth_gradient_keeps_its_mean_colours_with_few_colours() -> None:
    """Seen from afar, the dithered gradient differs by less than a palette's step; without dither it bands."""
    ramp = np.linspace(90, 220, 256)
    frame = np.repeat(np.stack([ramp, ramp * 0.8, ramp * 0.7], axis=1)[None], 128, axis=0).astype(np.uint8)
    palette = shared_palette([frame], 12)
    seen = cells(frame)
    shown = palette[dithered(seen, mixtures(occurring([seen]), palette))].astype(float)
    distance = ((frame[:, :, None].astype(float) - palette) ** 2).sum(axis=3)
    banded = palette[distance.argmin(axis=2)].astype(float)

    def error(picture: NDArray[np.float64]) -> float:
        blurred = gaussian_filter(picture, (4, 4, 0)) - gaussian_filter(frame.astype(float), (4, 4, 0))
        return float(np.abs(blurred[8:-8, 8:-8]).mean())

    assert error(shown) < 0.6 * error(banded)


def test_a_pixel_that_does_not_change_keeps_its_index_whatever_happens_beside_it() -> None:
    rng = np.random.default_rng(0)
    first = rng.integers(0, 256, (60, 60, 3), dtype=np.uint8)
    second = first.copy()
    second[:30] = 255 - second[:30]
    palette = shared_palette([first, second], 64)
    seen = [cells(frame) for frame in (first, second)]
    table = mixtures(occurring(seen), palette)
    before, after = (dithered(cell, table) for cell in seen)
    assert (before[30:] == after[30:]).all()
    assert (before[:30] != after[:30]).mean() > 0.9


def test_colours_of_the_palette_itself_come_through_nearly_pure() -> None:
    frame = np.zeros((64, 64, 3), dtype=np.uint8)
    frame[:32], frame[32:] = (200, 30, 30), (20, 20, 180)
    palette = shared_palette([frame], 4)
    seen = cells(frame)
    shown = palette[dithered(seen, mixtures(occurring([seen]), palette))]
    assert np.abs(shown.astype(int) - frame).max() <= 4
