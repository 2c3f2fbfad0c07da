"""Notches in the top of a bald head."""

from __future__ import annotations

import numpy as np
import pytest

from engine.compositing.notches import notches
from engine.imaging.ops import Mask, Plane

SIZE, RADIUS_PX = 300, 110.0


@pytest.fixture(scope="module")
def polar() -> tuple[Plane, Plane]:
    y, x = np.mgrid[:SIZE, :SIZE].astype(np.float32)
    x, up = x - SIZE / 2, SIZE * 0.6 - y
    return np.hypot(x, up), np.degrees(np.arctan2(x, up))


def lacks(head: Mask, polar: tuple[Plane, Plane]) -> Plane:
    return notches(head, np.zeros_like(head), *polar, 1.0)


def test_a_notch_is_what_the_head_lacks(polar: tuple[Plane, Plane]) -> None:
    radius, degrees = polar
    head, notch = radius < RADIUS_PX, (np.abs(degrees - 10) < 12) & (radius > 60)
    lacking = lacks(head & ~notch, polar)
    assert lacking[head & notch & (radius < RADIUS_PX - 4)].min() > 0.9
    assert lacking[radius > RADIUS_PX + 4].max() == 0


def test_a_notch_with_overhanging_walls_is_filled_to_its_floor(polar: tuple[Plane, Plane]) -> None:
    radius, degrees = polar
    head, neck = radius < RADIUS_PX, (np.abs(degrees) < 10) & (radius > 90)
    cave = (np.abs(degrees) < 16) & (radius > 60) & (radius < 95)
    lacking = lacks(head & ~neck & ~cave, polar)
    assert lacking[cave].min() > 0.9


def test_hair_is_no_notch(polar: tuple[Plane, Plane]) -> None:
    radius, degrees = polar
    head, lock = radius < RADIUS_PX, (np.abs(degrees - 10) < 12) & (radius > 60)
    assert notches(head & ~lock, head & lock, radius, degrees, 1.0).max() == 0


@pytest.mark.parametrize("flat", [0.0, 0.12])
def test_a_smooth_head_lacks_nothing(flat: float, polar: tuple[Plane, Plane]) -> None:
    radius, degrees = polar
    head = radius < RADIUS_PX * (1 - flat * np.cos(np.radians(degrees)))
    assert lacks(head, polar).max() == 0


def test_the_straight_flanks_of_a_pointed_head_are_no_notches(polar: tuple[Plane, Plane]) -> None:
    radius, degrees = polar
    aside, up = radius * np.abs(np.sin(np.radians(degrees))), radius * np.cos(np.radians(degrees))
    assert lacks((aside + up < RADIUS_PX) & (up > -RADIUS_PX / 2), polar).max() == 0


def test_a_wide_gap_is_no_notch(polar: tuple[Plane, Plane]) -> None:
    radius, degrees = polar
    head, gap = radius < RADIUS_PX, (np.abs(degrees) < 40) & (radius > 90)
    assert lacks(head & ~gap, polar).max() == 0


def test_where_hair_begins_at_the_sides_no_notch_is_seen(polar: tuple[Plane, Plane]) -> None:
    radius, degrees = polar
    forehead = (radius < RADIUS_PX) & (np.abs(degrees) < 30) | (radius < 60)
    assert lacks(forehead, polar).max() == 0


def test_between_two_stray_hairs_nothing_is_filled(polar: tuple[Plane, Plane]) -> None:
    radius, degrees = polar
    hairs = (np.abs(np.abs(degrees) - 15) < 1.5) & (radius < RADIUS_PX + 30)
    assert lacks((radius < RADIUS_PX) | hairs, polar).max() == 0
