"""Squares of pixels become one each."""

from __future__ import annotations

import numpy as np

from engine.imaging.reduction import whole_squares


def test_each_pixel_is_the_mean_of_its_square() -> None:
    picture = np.random.default_rng(0).uniform(0, 255, (6, 9, 3)).astype(np.float32)
    squares = picture.reshape(2, 3, 3, 3, 3).mean((1, 3))
    np.testing.assert_allclose(whole_squares(picture, 3), squares, rtol=1e-5)


def test_what_does_not_come_out_even_goes_on_as_it_ends() -> None:
    plane = np.array([[0, 0, 4], [0, 0, 8]], np.float32)
    np.testing.assert_array_equal(whole_squares(plane, 2), [[0, 6]])


def test_a_mask_becomes_shares() -> None:
    mask = np.array([[True, False], [False, False]])
    np.testing.assert_array_equal(whole_squares(mask, 2), [[0.25]])


def test_squares_of_one_pixel_change_nothing() -> None:
    plane = np.arange(6, dtype=np.float32).reshape(2, 3)
    np.testing.assert_array_equal(whole_squares(plane, 1), plane)
