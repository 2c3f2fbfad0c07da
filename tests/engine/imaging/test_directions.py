"""Which way strands run, on stripes."""

from __future__ import annotations

import numpy as np
import pytest

from engine.imaging.directions import strand_angles

SIDE_PX = 80
ROWS, COLUMNS = np.mgrid[:SIDE_PX, :SIDE_PX].astype(np.float32)
UPWARDS = np.zeros_like(ROWS), np.ones_like(ROWS)
INNER = slice(20, 60), slice(20, 60)


def stripes(angle: float, contrast: float = 40.0) -> np.ndarray:
    """Stripes (H,W) at an angle (radians)."""
    across = COLUMNS * np.sin(angle) - ROWS * np.cos(angle)
    return np.asarray(100 + contrast * np.sin(across / 2), np.float32)


@pytest.mark.parametrize("angle", [-1.0, 0.0, 0.6, 1.4])
def test_strands_run_along_their_stripes(angle: float) -> None:
    angles = strand_angles(stripes(angle), None, UPWARDS, 0.5, 4.0)[INNER]
    np.testing.assert_allclose(np.abs(np.cos(angles - angle)), 1, atol=0.01)


def test_without_contrast_they_run_as_usual() -> None:
    angles = strand_angles(stripes(0.0, 0.1), None, UPWARDS, 0.5, 4.0)[INNER]
    np.testing.assert_allclose(np.abs(np.sin(angles)), 1, atol=0.01)


def test_gradients_elsewhere_do_not_count() -> None:
    left = (COLUMNS < SIDE_PX / 2 - 2).astype(np.float32)
    both = np.where(COLUMNS < SIDE_PX / 2, stripes(0.3), stripes(-0.9)).astype(np.float32)
    angles = strand_angles(both, left, UPWARDS, 0.01, 6.0)[20:60, 42:50]
    np.testing.assert_allclose(np.abs(np.cos(angles - 0.3)), 1, atol=0.02)
