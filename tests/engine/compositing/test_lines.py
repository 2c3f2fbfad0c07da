"""Which lines end at a hole, and which way they go on."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.compositing.lines import LineSettings, offsets_along

SIZE = 400


def slanted(slope: float, hole: NDArray[np.bool_]) -> NDArray[np.float32]:
    """An edge through the middle, with grain, behind a hole; slope: columns for each row."""
    y, x = np.mgrid[:SIZE, :SIZE].astype(np.float32)
    side = np.clip((x - SIZE / 2) - slope * (y - SIZE / 2) + 0.5, 0, 1)
    grain = np.random.default_rng(0).normal(0, 1, (SIZE, SIZE))
    grey = np.where(hole, 120, 60 + 120 * side + grain)
    return np.asarray(grey[..., None].repeat(3, 2), np.float32)


@pytest.fixture(scope="module")
def hole() -> NDArray[np.bool_]:
    mask = np.zeros((SIZE, SIZE), bool)
    mask[200:280] = True
    return mask


@pytest.mark.parametrize("slope", [0.0, 0.3, -0.55])
def test_pieces_are_taken_from_along_the_line_to_the_pixel(hole: NDArray[np.bool_], slope: float) -> None:
    """From above the hole and from below, as far as the line goes on behind it and half of that."""
    found = offsets_along(slanted(slope, hole), ~hole, hole)
    assert len(found) >= 2
    assert np.abs(found[:, 1] - slope * found[:, 0]).max() < 1.5
    furthest = np.abs(found[:, 0]).max()
    assert 76 < furthest < 96
    assert np.abs(np.abs(found[:, 0]) - furthest / 2).min() < 8


def test_a_picture_that_is_told_smaller_gives_offsets_in_its_own_pixels(hole: NDArray[np.bool_]) -> None:
    found = offsets_along(slanted(0.3, hole), ~hole, hole, LineSettings(most_px=200))
    assert np.abs(found[:, 1] - 0.3 * found[:, 0]).max() < 2.5
    assert 72 < np.abs(found[:, 0]).max() < 100


def test_lines_off_the_hole_and_in_what_is_hidden_say_nothing(hole: NDArray[np.bool_]) -> None:
    picture = np.full((SIZE, SIZE, 3), 90, np.float32)
    picture[320:360, 100:300] = 180
    picture[210:270, 100:300] = 180
    assert len(offsets_along(picture, ~hole, hole)) == 0


def test_a_plain_wall_has_no_lines(hole: NDArray[np.bool_]) -> None:
    assert offsets_along(np.full((SIZE, SIZE, 3), 120, np.float32), ~hole, hole).shape == (0, 2)


def test_no_more_lines_than_asked_for_are_followed_the_longest_first(hole: NDArray[np.bool_]) -> None:
    picture = np.full((SIZE, SIZE, 3), 90, np.float32)
    picture[60:200, 100:140] = 180
    picture[140:200, 240:300] = 180
    few = offsets_along(picture, ~hole, hole, LineSettings(count=1))
    assert 0 < len(few) <= 2
    assert np.abs(few[:, 0]).max() > 75
