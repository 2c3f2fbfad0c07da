"""A mask's parts come one by one, in a box with what is around them."""

from __future__ import annotations

import numpy as np

from engine.imaging.parts import connected_parts, parts_at


def test_each_part_lies_in_its_box_and_no_other_does() -> None:
    where = np.zeros((20, 30), bool)
    where[2:5, 3:7] = where[3:6, 9:12] = where[15:20, 28:30] = True
    parts = list(connected_parts(where, 3))
    assert sorted(part.area_px for part in parts) == [9, 10, 12]
    whole = np.zeros_like(where)
    for part in parts:
        assert int(part.mask.sum()) == part.area_px
        assert part.mask.shape == where[part.box].shape
        whole[part.box] |= part.mask
    np.testing.assert_array_equal(whole, where)


def test_a_box_has_its_margin_but_ends_with_the_mask() -> None:
    where = np.zeros((20, 30), bool)
    where[1:3, 10:12] = True
    (part,) = connected_parts(where, 4)
    assert part.box == (slice(0, 7), slice(6, 16))
    assert part.mask.shape == (7, 10)


def test_parts_of_other_sizes_are_passed_over() -> None:
    where = np.zeros((9, 9), bool)
    where[0, 0] = where[2:4, 2:4] = where[5:8, 5:8] = True
    assert [part.area_px for part in connected_parts(where, 0, 2, 8)] == [4]
    assert list(connected_parts(np.zeros((4, 4), bool), 0)) == []


def test_parts_that_have_a_pixel_somewhere_are_told_whole() -> None:
    mask = np.zeros((20, 20), bool)
    mask[2:5, 2:9], mask[5:9, 9], mask[12:15, 2:9] = True, True, True
    first = mask.copy()
    first[10:] = False
    somewhere = np.zeros_like(mask)
    somewhere[3, 3] = somewhere[18, 18] = True
    np.testing.assert_array_equal(parts_at(mask, somewhere), first)
    assert not parts_at(mask, ~mask).any()
    assert not parts_at(np.zeros_like(mask), somewhere).any()
