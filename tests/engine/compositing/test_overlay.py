"""Overlays, one above the other."""

from __future__ import annotations

import numpy as np

from engine.compositing import Overlay, merged, over


def test_merging_overlays_is_laying_one_after_the_other() -> None:
    rng = np.random.default_rng(0)
    overlays = [
        Overlay(rng.uniform(0, 255, (6, 6, 3)).astype(np.float32), rng.uniform(0, 1, (6, 6)).astype(np.float32))
        for _ in range(3)
    ]
    photo = rng.uniform(0, 255, (6, 6, 3)).astype(np.float32)
    one_by_one = photo
    for overlay in overlays:
        one_by_one = over(one_by_one, overlay)
    np.testing.assert_allclose(over(photo, merged(overlays)), one_by_one, atol=0.05)


def test_what_an_overlay_does_not_cover_shows_what_lies_below() -> None:
    photo = np.random.default_rng(1).uniform(0, 255, (4, 4, 3)).astype(np.float32)
    alpha = np.zeros((4, 4), np.float32)
    alpha[:2] = 1
    laid = over(photo, Overlay(np.full_like(photo, 9), alpha))
    np.testing.assert_array_equal(laid[2:], photo[2:])
    np.testing.assert_allclose(laid[:2], 9, atol=1e-4)
