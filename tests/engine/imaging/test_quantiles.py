"""Percentiles by sorting."""

from __future__ import annotations

import numpy as np
import pytest

from engine.imaging.quantiles import median_colour, percentiles


@pytest.mark.parametrize("count", [1, 2, 7, 1000])
def test_percentiles_and_medians_are_numpys(count: int) -> None:
    pixels = np.random.default_rng(count).normal(100, 40, (count, 3)).astype(np.float32)
    at = (0.0, 3.0, 50.0, 97.5, 100.0)
    np.testing.assert_allclose(percentiles(pixels[:, 0], at), np.percentile(pixels[:, 0], at), rtol=1e-5)
    np.testing.assert_allclose(median_colour(pixels), np.median(pixels, 0), rtol=1e-5)
