"""What can be counted, on cases with known answers."""

from __future__ import annotations

import numpy as np
import pytest

from engine.bench.measures import (
    backward_frames,
    changed_outside,
    crown_region,
    evenness,
    mean_change,
    monotonic,
    share_left,
)
from tests.support.measured_face import face_at


def test_the_crown_is_above_the_brows_and_near_the_centre_line() -> None:
    region = crown_region(face_at(256, 300, 200), 512)
    rows, columns = np.nonzero(region)
    assert rows.max() == pytest.approx(299, abs=1)
    assert rows.min() == 0
    assert columns.min() == pytest.approx(256 - 76, abs=1)
    assert columns.max() == pytest.approx(256 + 76, abs=1)


def test_the_crown_turns_with_the_head() -> None:
    region = crown_region(face_at(256, 256, 120, roll_degrees=90), 512)
    rows, columns = np.nonzero(region)
    assert columns.min() >= 255
    assert columns.max() == 511
    assert (rows.min(), rows.max()) == (pytest.approx(256 - 46, abs=1), pytest.approx(256 + 46, abs=1))


def test_what_is_left_of_nothing_is_nothing() -> None:
    assert share_left(5, 20) == 0.25
    assert share_left(0, 0) == 0.0


@pytest.mark.parametrize(
    ("areas", "expected"),
    [([100, 80, 40, 39, 5], -1.0), ([1, 2, 30, 31, 99], 1.0), ([7, 7, 7, 7, 7], 0.0), ([100, 80, 81, 39, 5], -0.9)],
)
def test_monotonic_is_the_rank_correlation_of_year_and_area(areas: list[float], expected: float) -> None:
    assert monotonic([0, 1, 2, 3, 20], areas) == pytest.approx(expected)


def test_only_growth_of_over_two_percent_of_the_start_is_a_backward_frame() -> None:
    assert backward_frames([1000, 900, 920, 880, 901, 700]) == 1
    assert backward_frames([1000, 500, 0]) == 0
    assert backward_frames([1000, 0, 500, 1000]) == 2


def test_pixels_that_differ_outside_the_mask_are_found_whatever_the_channel() -> None:
    rng = np.random.default_rng(0)
    photo = rng.integers(0, 250, (20, 30, 3), dtype=np.uint8)
    mask = np.zeros((20, 30), dtype=bool)
    mask[:10] = True
    frame = photo.copy()
    frame[:10] += 1
    assert changed_outside(photo, frame, mask).sum() == 0
    frame[15, 3, 0] += 1
    frame[16, 4] += 2
    assert sorted(map(tuple, np.argwhere(changed_outside(photo, frame, mask)))) == [(15, 3), (16, 4)]


def test_change_is_counted_inside_the_mask_alone() -> None:
    before = np.full((4, 4, 3), 100, np.uint8)
    after = before.copy()
    after[0, 0] = (106, 97, 100)
    after[3, 3] = 255
    mask = np.zeros((4, 4), bool)
    mask[0, :2] = True
    assert mean_change(before, after, mask) == pytest.approx(9 / 6)
    assert mean_change(before, after, np.zeros((4, 4), bool)) == 0.0


def test_one_jump_among_even_steps_is_as_much_larger_as_it_is() -> None:
    assert evenness([2.0, 2.0, 2.0]) == 1.0
    assert evenness([1.0, 1.0, 1.0, 5.0]) == 2.5
    assert np.isnan(evenness([0.0, 0.0]))
    assert np.isnan(evenness([]))
