"""Frames at the size of the file."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.animation.sizing import fit_frames, fitted_size


@pytest.mark.parametrize(
    ("size", "long_side", "expected"),
    [((2000, 1428), 640, (640, 457)), ((970, 2204), 640, (282, 640)), ((427, 240), 640, (427, 240))],
)
def test_the_long_side_is_met_and_nothing_is_enlarged(
    size: tuple[int, int], long_side: int, expected: tuple[int, int]
) -> None:
    assert fitted_size(*size, long_side) == expected


def test_even_sizes_are_even_and_never_zero() -> None:
    assert fitted_size(427, 241, 640, even=True) == (426, 240)
    assert fitted_size(4000, 3, 640, even=True) == (640, 2)


def test_frames_are_scaled_one_at_a_time_as_they_arrive() -> None:
    alive: list[int] = []

    def arriving() -> Iterator[NDArray[np.uint8]]:
        for _ in range(3):
            alive.append(len(alive))
            yield np.zeros((100, 50, 3), dtype=np.uint8)

    fitted = fit_frames(arriving(), 20)
    assert [frame.shape for frame in fitted] == [(20, 10, 3)] * 3
    assert alive == [0, 1, 2]


def test_pixels_that_do_not_change_stay_equal_after_scaling() -> None:
    rng = np.random.default_rng(0)
    first = rng.integers(0, 256, (400, 300, 3), dtype=np.uint8)
    second = first.copy()
    second[:100] = 0
    small_first, small_second = fit_frames([first, second], 160)
    assert (small_first[60:] == small_second[60:]).all()
    assert (small_first[:30] != small_second[:30]).any()
