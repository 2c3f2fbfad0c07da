"""Grain that continues a patch of the photo."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from engine.imaging.grain import patchwork_texture, random_phase_texture, tiled


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


def test_a_patchwork_has_the_patchs_strength_and_structure() -> None:
    """Lines stay lines, as long as a piece, where noise of the same strength has none."""
    lines = np.zeros((128, 128, 3), np.float32)
    lines[::16] = 24
    patch = lines + np.random.default_rng(1).normal(0, 1, lines.shape).astype(np.float32)
    laid = patchwork_texture(patch, (256, 256), 64, np.random.default_rng(2))
    np.testing.assert_allclose(laid.std((0, 1)), patch.std((0, 1)), rtol=1e-3)

    def striped(texture: np.ndarray) -> float:
        """How much more alike neighbours are along the lines than across them."""
        along, across = (np.abs(np.diff(texture, axis=axis)).mean() for axis in (1, 0))
        return float(across / along)

    noise = random_phase_texture(patch, (256, 256), np.random.default_rng(2))
    assert striped(laid) > 2
    assert striped(noise) < 1.2
    seam = np.abs(tiled(laid, (256, 300))[:, 256] - laid[:, 255]).mean()
    assert seam < 1.5 * np.abs(np.diff(laid, axis=1)).mean()
    assert np.array_equal(laid, patchwork_texture(patch, (256, 256), 64, np.random.default_rng(2)))
    assert not np.array_equal(laid, patchwork_texture(patch, (256, 256), 64, np.random.default_rng(3)))
