"""Where hair ends that is cut."""

from __future__ import annotations

import numpy as np

from engine.edits.receding import cut_height

CUT = -0.55


def test_hair_is_cut_straight_across_the_neck() -> None:
    across = np.linspace(-0.4, 0.4, 9, dtype=np.float32)[None]
    np.testing.assert_allclose(cut_height(across, CUT), CUT, atol=1e-6)


def test_what_stands_out_ends_higher_the_further_out_on_both_sides_alike() -> None:
    outwards = np.linspace(0.5, 1.1, 7, dtype=np.float32)[None]
    heights = cut_height(outwards, CUT)
    assert (np.diff(heights) > 0).all()
    assert heights.max() < 0.1  # below the top of the ears
    np.testing.assert_array_equal(heights, cut_height(-outwards, CUT))
