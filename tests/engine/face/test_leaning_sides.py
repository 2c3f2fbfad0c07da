"""Four straight edges at any angle around a face."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.face.leaning_sides import leaning_corners

# A face of 96 px in the middle of a picture.
LANDMARKS = np.array([[150.0, 150.0], [250.0, 150.0], [250.0, 245.0], [150.0, 245.0], [200.0, 200.0]])
PRINT = np.array([[95.0, 80.0], [330.0, 110.0], [300.0, 340.0], [70.0, 305.0]])


def desk(seed: int = 0) -> NDArray[np.uint8]:
    """Grain along rows."""
    noise = np.random.default_rng(seed).normal(0, 1, (400, 400))
    grain = cv2.GaussianBlur(noise, (0, 0), sigmaX=40, sigmaY=1)
    return np.asarray(np.clip(90 + 7 * (grain / grain.std())[..., None] + np.array([30, 0, -40]), 0, 255), np.uint8)


def with_print(picture: NDArray[np.uint8], corners: NDArray[np.float64]) -> NDArray[np.uint8]:
    """A sheet with shades on it, and a darker disk where a face would be."""
    picture = picture.copy()
    down = np.linspace(150, 235, 400)[:, None, None] * np.array([0.8, 0.95, 1.0])
    sheet = np.asarray(np.broadcast_to(down, picture.shape), np.uint8).copy()
    cv2.ellipse(sheet, (200, 200), (55, 70), 0, 0, 360, (150, 110, 90), -1, cv2.LINE_AA)
    cover = np.zeros(picture.shape[:2], np.uint8)
    cv2.fillConvexPoly(cover, np.rint(corners * 16).astype(np.int32), (255,), cv2.LINE_AA, 4)
    share = cover[..., None] / 255
    return np.asarray(np.rint(picture * (1 - share) + sheet * share), np.uint8)


def test_a_print_on_a_desk_is_found() -> None:
    found = leaning_corners(with_print(desk(), PRINT), LANDMARKS)
    assert found is not None
    assert found[1] == (True,) * 4
    assert np.abs(found[0] - PRINT).max() < 1.5


def test_a_print_of_which_one_corner_lies_outside_of_the_picture_is_found() -> None:
    cut = PRINT + [-75.0, 0]
    found = leaning_corners(with_print(desk(), cut), LANDMARKS + [-60.0, 0])
    assert found is not None
    assert found[1] == (True,) * 4
    assert np.abs(found[0] - cut).max() < 2.5


def test_one_side_may_lie_outside_of_the_picture() -> None:
    found = leaning_corners(with_print(desk(), PRINT)[:280], LANDMARKS)
    assert found is not None
    assert found[1] == (True, True, False, True)


def test_two_sides_may_not() -> None:
    """Two lines, as of a door, are soon found in any picture."""
    assert leaning_corners(np.ascontiguousarray(with_print(desk(), PRINT)[:280, :290]), LANDMARKS) is None


def test_a_line_that_somebody_stands_before_is_no_side() -> None:
    """As a door or a window behind them."""
    picture = with_print(desk(), PRINT)
    picture[260:, 150:330] = 60
    assert leaning_corners(picture, LANDMARKS) is None


def test_what_a_texture_ends_at_is_no_side() -> None:
    """Steps are all over it, but on no line."""
    rng = np.random.default_rng(1)
    leaves = cv2.resize(rng.integers(0, 255, (100, 100, 3), dtype=np.uint8), (400, 400), interpolation=cv2.INTER_LINEAR)
    assert leaning_corners(np.asarray(leaves, np.uint8), LANDMARKS) is None


def test_a_print_that_does_not_hold_the_face_is_not_its() -> None:
    assert leaning_corners(with_print(desk(), PRINT), LANDMARKS - [80.0, 0]) is None
