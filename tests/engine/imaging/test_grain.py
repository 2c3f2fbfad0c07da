"""Grain that continues a patch of the photo."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from engine.imaging.grain import random_phase_texture, tiled


def test_grain_has_the_patchs_strength_repeats_without_a_seam_and_is_new_each_time() -> None:
    rng = np.random.default_rng(1)
    patch = cv2.GaussianBlur(rng.normal(0, 8, (64, 64, 3)), (0, 0), 1.0).astype(np.float32)
    grain = random_phase_texture(patch, (128, 128), np.random.default_rng(2))
    np.testing.assert_allclose(grain.std((0, 1)), patch.std((0, 1)), rtol=1e-3)
    twice = tiled(grain, (200, 300))
    assert twice.shape == (200, 300, 3)
    np.testing.assert_array_equal(twice[128:, :128], grain[:72])
    seam, inside = np.abs(twice[:, 128] - twice[:, 127]).mean(), np.abs(np.diff(grain, axis=1)).mean()
    assert seam < 1.5 * inside
    neighbours = [np.corrcoef(p[:, 1:].ravel(), p[:, :-1].ravel())[0, 1] for p in (patch, grain)]
    assert neighbours[1] == pytest.approx(neighbours[0], abs=0.12)
    assert np.array_equal(grain, random_phase_texture(patch, (128, 128), np.random.default_rng(2)))
    assert not np.array_equal(grain, random_phase_texture(patch, (128, 128), np.random.default_rng(3)))
