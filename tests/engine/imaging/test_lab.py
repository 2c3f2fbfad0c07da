"""Lightness and colour come apart, and together again."""

from __future__ import annotations

import numpy as np

from engine.imaging.lab import from_lab, to_lab


def test_colours_go_to_lab_and_back() -> None:
    picture = np.random.default_rng(0).uniform(0, 255, (8, 8, 3)).astype(np.float32)
    np.testing.assert_allclose(from_lab(to_lab(picture)), picture, atol=1)


def test_greys_have_lightness_alone_from_nought_to_a_hundred() -> None:
    greys = np.repeat(np.linspace(0, 255, 9, dtype=np.float32)[None, :, None], 3, 2)
    lab = to_lab(greys)[0]
    assert (np.diff(lab[:, 0]) > 0).all()
    np.testing.assert_allclose(lab[[0, -1], 0], (0, 100), atol=0.1)
    assert np.abs(lab[:, 1:]).max() < 0.5
