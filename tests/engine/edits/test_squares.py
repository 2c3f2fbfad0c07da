"""What is wrong with a face in squares is that it is too small."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from engine.edits.squares import blurred_if_in_squares
from engine.errors import DrawnFace, FaceBlurred, FaceError, HatInTheWay, NoHairLeft

# Landmarks over the middle of a crop: all that is asked of them is which area the face has.
LANDMARKS = np.random.default_rng(0).uniform(300, 700, (68, 2))


@pytest.fixture(scope="module")
def squares(astronaut: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """1024,1024,3."""
    small = cv2.resize(astronaut, (48, 48), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (1024, 1024), interpolation=cv2.INTER_NEAREST), np.uint8)


@pytest.mark.parametrize("error", [HatInTheWay, DrawnFace])
def test_it_has_no_hat_on_and_is_not_drawn(squares: NDArray[np.uint8], error: type[FaceError]) -> None:
    with pytest.raises(FaceBlurred), blurred_if_in_squares(squares, squares, LANDMARKS):
        raise error("Something else.")


def test_what_squares_do_not_look_like_stays_what_it_is(squares: NDArray[np.uint8]) -> None:
    with pytest.raises(NoHairLeft), blurred_if_in_squares(squares, squares, LANDMARKS):
        raise NoHairLeft("Bald.")


def test_a_hat_in_a_photo_stays_one(astronaut: NDArray[np.uint8]) -> None:
    photo = np.asarray(cv2.resize(astronaut, (1024, 1024), interpolation=cv2.INTER_CUBIC), np.uint8)
    with pytest.raises(HatInTheWay), blurred_if_in_squares(photo, photo, LANDMARKS):
        raise HatInTheWay("A hat.")
