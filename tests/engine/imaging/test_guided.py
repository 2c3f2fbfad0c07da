"""Filters that keep a guide's edges."""

from __future__ import annotations

import numpy as np

from engine.imaging.guided import colour_guided_filter, guided_filter
from engine.imaging.ops import blur


def test_a_masks_edge_moves_to_the_pictures_own() -> None:
    columns = np.arange(64)
    guide = np.tile((columns >= 30).astype(np.float32), (64, 1))
    misplaced = np.tile((columns >= 33).astype(np.float32), (64, 1))
    snapped = guided_filter(guide, misplaced, 8, 1e-4)
    assert ((snapped >= 0) & (snapped <= 1)).all()
    assert np.diff(snapped[32]).argmax() == 29
    assert snapped[32, 30] - snapped[32, 29] > 0.5


def test_values_that_follow_a_guides_colours_come_out_as_they_are() -> None:
    guide = blur(np.random.default_rng(1).uniform(0, 1, (64, 64, 3)), 1.0)
    values = np.asarray(0.2 + guide @ np.array([0.5, -0.3, 0.4], np.float32), np.float32)
    got = colour_guided_filter(guide, values, 8, 1e-8)
    np.testing.assert_allclose(got[8:-8, 8:-8], values[8:-8, 8:-8], atol=5e-3)


def test_colours_that_tell_a_mask_but_for_a_channel_tell_it_along_that_one() -> None:
    rng = np.random.default_rng(1)
    guide = np.repeat(rng.random((40, 40, 1), np.float32) * 255, 3, 2)
    guide[..., 2] = np.where(np.arange(40) < 20, 40, 200)
    wanted = (guide[..., 2] > 100).astype(np.float32)
    told = colour_guided_filter(guide, wanted, 6, 5e-4 * 255**2)
    np.testing.assert_allclose(told, wanted, atol=0.05)
