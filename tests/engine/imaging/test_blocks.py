"""Blocks of a strongly compressed file are seen, and nothing else is taken for them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from engine.imaging.blocks import blockiness


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
