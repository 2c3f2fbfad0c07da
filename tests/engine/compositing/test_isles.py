"""What of a background within hair goes with it."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.compositing.isles import isles
from engine.imaging.ops import distance_to

SIDE_PX = 200


def rings(gap_px: int) -> NDArray[np.bool_]:
    """A disk of hair with a round gap of that radius in its middle."""
    rows, columns = np.mgrid[:SIDE_PX, :SIDE_PX]
    off = np.hypot(rows - 100, columns - 100)
    return np.asarray((off < 80) & (off >= gap_px), bool)


def found(
    hair: NDArray[np.bool_], real: NDArray[np.bool_] | None = None, maybe: NDArray[np.bool_] | None = None
) -> NDArray[np.bool_]:
    real = np.ones_like(hair) if real is None else real
    probable = np.where(hair, 1, 0).astype(np.float32) if maybe is None else np.where(maybe, 0.4, hair)
    return isles(real & ~hair, hair, real, distance_to(hair), 1.0, probable.astype(np.float32))


def test_a_small_gap_within_hair_is_an_isle() -> None:
    assert found(rings(30))[100, 100]


def test_a_large_gap_is_none() -> None:
    assert not found(rings(45))[100, 100]


def test_a_narrow_channel_is_one_however_long_and_open() -> None:
    hair = rings(0)
    hair[92:108] = False
    assert found(hair)[95:105, 60:140].all()


def test_the_background_beside_hair_is_none() -> None:
    assert not found(rings(0)).any()


def test_a_narrow_strip_between_hair_and_the_photo_s_edge_is_an_isle() -> None:
    hair, real = rings(0), np.ones((SIDE_PX, SIDE_PX), bool)
    real[:, 188:] = False
    assert found(hair, real)[95:105, 180:188].all()


def test_a_wider_strip_is_none() -> None:
    hair, real = rings(0), np.ones((SIDE_PX, SIDE_PX), bool)
    hair[:, 160:] = False
    real[:, 195:] = False
    assert not found(hair, real)[:, 160:].any()


def test_where_little_else_is_left_of_the_background_it_is_none() -> None:
    """A head that fills the photo: between it and the photo's edge alone is seen what is behind it."""
    hair, real = rings(0), np.zeros((SIDE_PX, SIDE_PX), bool)
    real[16:184, 10:190] = True
    assert found(hair, real).sum() == 0
    beside = real.copy()
    beside[:, :10] = True
    beside[184:] = True
    assert found(hair, beside)[20, 100]


@pytest.mark.parametrize(("side_px", "off_px", "isle"), [(30, 0, True), (30, 12, False), (70, 0, False)])
def test_a_bit_beside_hair_that_may_be_some_is_one_unless_it_is_large_or_off_it(
    side_px: int, off_px: int, isle: bool
) -> None:
    """What a stranger has of hair is large, and what is off the hole meets what is known."""
    hair, maybe = np.zeros((SIDE_PX, SIDE_PX), bool), np.zeros((SIDE_PX, SIDE_PX), bool)
    hair[:, :60] = True
    maybe[80 : 80 + side_px, 60 + off_px : 60 + off_px + side_px] = True
    there = found(hair, maybe=maybe)
    assert there[maybe].all() if isle else not there[maybe].any()
    assert not there[~maybe].any()
