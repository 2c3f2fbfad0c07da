"""Blocks of a strongly compressed file are seen, and nothing else is taken for them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from engine.imaging.blocks import blockiness, in_squares


def compressed(picture: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    _, file = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(file, cv2.IMREAD_COLOR), np.uint8)


def test_a_photo_has_more_of_them_the_more_it_is_compressed(astronaut: NDArray[np.uint8]) -> None:
    seen = [blockiness(picture) for picture in (astronaut, compressed(astronaut, 20), compressed(astronaut, 6))]
    assert seen[0] < 1.2 < 1.4 < seen[1] < seen[2]


def test_they_are_found_wherever_the_first_one_begins(astronaut: NDArray[np.uint8]) -> None:
    assert blockiness(compressed(astronaut, 10)[3:, 5:]) > 1.6


@pytest.mark.parametrize("axis", [0, 1])
def test_stripes_are_none(axis: int) -> None:
    stripes = np.full((160, 160), 60, np.uint8)
    stripes[::8] = 200
    stripes = stripes if axis == 0 else stripes.T
    assert blockiness(np.repeat(stripes[..., None], 3, 2)) < 1.1


@pytest.mark.parametrize("shape", [(5, 5, 3), (300, 300, 3)])
def test_where_nothing_changes_there_are_none(shape: tuple[int, ...]) -> None:
    assert blockiness(np.full(shape, 90, np.uint8)) == pytest.approx(1.0)


@pytest.mark.parametrize("side_px", [32, 48])
@pytest.mark.parametrize("quality", [100, 60])
def test_what_was_enlarged_without_smoothing_is_in_squares(
    astronaut: NDArray[np.uint8], side_px: int, quality: int
) -> None:
    small = cv2.resize(astronaut, (side_px, side_px), interpolation=cv2.INTER_AREA)
    sharp, smooth = (
        np.asarray(cv2.resize(small, (512, 512), interpolation=filter_), np.uint8)
        for filter_ in (cv2.INTER_NEAREST, cv2.INTER_CUBIC)
    )
    assert in_squares(compressed(sharp, quality))
    assert not in_squares(compressed(smooth, quality))


@pytest.mark.parametrize("quality", [100, 20])
def test_a_photo_is_not(astronaut: NDArray[np.uint8], quality: int) -> None:
    assert not in_squares(compressed(astronaut, quality))


def test_stripes_are_no_squares() -> None:
    stripes = np.full((160, 160, 3), 60, np.uint8)
    stripes[::8] = 200
    assert not in_squares(stripes)


@pytest.mark.parametrize("shape", [(0, 0, 3), (1, 1, 3), (40, 40, 3)])
def test_where_nothing_changes_is_no_square(shape: tuple[int, ...]) -> None:
    assert not in_squares(np.full(shape, 90, np.uint8))
