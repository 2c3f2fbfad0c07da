"""Background that a parser takes for hair, at the edge of drawn curls."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.compositing.drawn_edge import without_background_in_hair
from engine.imaging.ops import Mask
from engine.parsing.classes import FaceClass

SIDE = 160
ROWS, COLUMNS = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
RADIUS = np.hypot(ROWS, COLUMNS)
HAIR, SKIN = RADIUS < 70, RADIUS < 18
WALL, BROWN = (205, 205, 215), (60, 40, 30)


def drawn(gap: Mask, colour: tuple[int, int, int] = WALL, hair: tuple[int, int, int] = BROWN) -> NDArray[np.uint8]:
    """A round head of hair before a wall, twice the size of what a parser sees, with a gap."""
    picture = np.empty((SIDE, SIDE, 3), np.uint8)
    picture[:] = WALL
    picture[HAIR] = hair
    picture[SKIN] = (210, 160, 140)
    picture[gap] = colour
    return picture.repeat(2, 0).repeat(2, 1)


@pytest.fixture(scope="module")
def seen() -> NDArray[np.float32]:
    """A parser that sees hair up to the edge of the curls, gaps or not."""
    probabilities = np.zeros((19, SIDE, SIDE), np.float32)
    probabilities[FaceClass.BACKGROUND] = ~HAIR
    probabilities[FaceClass.HAIR] = HAIR & ~SKIN
    probabilities[FaceClass.SKIN] = SKIN
    return probabilities


def ring(low: float, high: float, half_height: float = 8) -> Mask:
    return np.asarray((low < RADIUS) & (high > RADIUS) & (COLUMNS > 0) & (np.abs(ROWS) < half_height), bool)


@pytest.mark.parametrize("reach", [(58, 80), (52, 64)], ids=["open", "closed by a lock"])
def test_a_gap_of_the_wall_s_colour_is_background(seen: NDArray[np.float32], reach: tuple[float, float]) -> None:
    gap = ring(*reach) & HAIR
    refined = without_background_in_hair(drawn(gap), seen)
    inner = ring(reach[0] + 3, min(reach[1], 70) - 3, 5)
    assert refined[FaceClass.BACKGROUND][inner].min() > 0.6
    np.testing.assert_allclose(refined.sum(0), 1, atol=1e-4)


def test_plain_hair_stays_hair(seen: NDArray[np.float32]) -> None:
    refined = without_background_in_hair(drawn(np.zeros_like(HAIR)), seen)
    assert refined[FaceClass.HAIR][(RADIUS < 66) & ~SKIN].min() > 0.97


def test_before_leaves_in_the_sun_lit_hair_stays_hair(seen: NDArray[np.float32]) -> None:
    """Leaves have all shades between black and white, and so the hair's own."""
    picture = drawn(ring(50, 80, 20) & HAIR, (115, 135, 85))
    leaves = np.random.default_rng(0).choice(
        np.array([[20, 60, 10], [150, 220, 80], [250, 255, 240]], np.uint8), (20, 20)
    )
    leaves = leaves.repeat(16, 0).repeat(16, 1)
    outside = np.repeat(np.repeat(~HAIR, 2, 0), 2, 1)
    picture[outside] = leaves[outside]
    refined = without_background_in_hair(picture, seen)
    assert refined[FaceClass.HAIR][ring(51, 67, 18)].mean() > 0.9


def test_light_from_the_side_on_hair_is_no_background(seen: NDArray[np.float32]) -> None:
    refined = without_background_in_hair(drawn(ring(54, 64), (120, 95, 80)), seen)
    assert refined[FaceClass.HAIR][ring(55, 63, 6)].min() > 0.8


def test_beside_skin_what_shows_through_is_skin(seen: NDArray[np.float32]) -> None:
    refined = without_background_in_hair(drawn(ring(24, 34)), seen)
    assert refined[FaceClass.HAIR][ring(25, 33, 6)].min() > 0.97


def test_a_scalp_that_shines_through_is_no_background(seen: NDArray[np.float32]) -> None:
    refined = without_background_in_hair(drawn(ring(54, 64), (212, 170, 152)), seen)
    assert refined[FaceClass.HAIR][ring(55, 63, 6)].min() > 0.9


def test_before_a_wall_of_skin_s_colour_nothing_is_told(seen: NDArray[np.float32]) -> None:
    pale = drawn(ring(58, 80))
    pale[np.repeat(np.repeat(SKIN, 2, 0), 2, 1)] = WALL
    np.testing.assert_allclose(without_background_in_hair(pale, seen), seen, atol=1e-3)


def test_hair_as_light_as_its_wall_is_left_as_the_parser_saw_it(seen: NDArray[np.float32]) -> None:
    refined = without_background_in_hair(drawn(ring(58, 80), hair=(190, 190, 195)), seen)
    np.testing.assert_allclose(refined, seen, atol=1e-3)


def test_where_no_background_is_seen_nothing_is_told() -> None:
    probabilities = np.zeros((19, SIDE, SIDE), np.float32)
    probabilities[FaceClass.HAIR] = 1
    picture = drawn(ring(40, 60))
    assert without_background_in_hair(picture, probabilities) is probabilities
