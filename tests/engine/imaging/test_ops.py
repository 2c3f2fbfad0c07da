"""The small operations."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from engine.imaging.ops import (
    blur,
    bounding_box,
    channel_max,
    channel_min,
    colour_near_or_further,
    dilate,
    distance_to,
    drop_small_components,
    enlarged,
    erode,
    filled,
    luminance,
    mixed,
    nearby_colour,
    nearby_deviation,
    rounded,
    smoothstep,
    soft,
)


def test_the_largest_and_the_smallest_channel_are_what_numpy_says() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (7, 5, 3), np.uint8)
    np.testing.assert_array_equal(channel_max(picture), picture.max(2))
    np.testing.assert_array_equal(channel_min(picture), picture.min(2))


def test_a_picture_in_whole_levels_stays_within_their_range() -> None:
    picture = np.array([[[-7.0, 0.4, 0.6], [254.4, 254.6, 300.0]]], np.float32)
    np.testing.assert_array_equal(rounded(picture), [[[0, 0, 1], [254, 255, 255]]])


@pytest.mark.parametrize("radius", [1, 5, 6, 7, 20])
def test_a_point_grows_to_a_disk_of_the_radius(radius: int) -> None:
    """Two ways are used, for small and for large disks; both make the same."""
    mask = np.zeros((65, 65), bool)
    mask[32, 32] = True
    rows, columns = np.mgrid[:65, :65] - 32
    distance = np.hypot(rows, columns)
    grown = dilate(mask, radius)
    assert grown[distance <= radius - 0.5].all()
    assert not grown[distance > radius + 0.5].any()


@pytest.mark.parametrize("radius", [7, 11, 25])
@pytest.mark.parametrize("side", ["inside", "at an edge", "all but a spot", "scattered"])
def test_in_its_box_a_mask_grows_and_shrinks_as_on_the_whole_picture(side: str, radius: int) -> None:
    rng = np.random.default_rng(radius)
    mask = np.zeros((90, 120), bool)
    if side == "scattered":
        mask[20:70, 30:80] = rng.random((50, 50)) < 0.02
    else:
        corner = {"inside": (30, 40), "at an edge": (0, 95), "all but a spot": (10, 10)}[side]
        mask[corner[0] :, corner[1] :][:40, :50] = (
            cv2.GaussianBlur(rng.random((40, 50))[: 90 - corner[0]], (0, 0), 3)[:, : 120 - corner[1]] > 0.5
        )
    mask = ~mask if side == "all but a spot" else mask
    np.testing.assert_array_equal(dilate(mask, radius), distance_to(mask) <= radius)
    np.testing.assert_array_equal(erode(mask, radius), distance_to(~mask) > radius)


def test_large_disks_on_nothing_and_on_everything_leave_it() -> None:
    nothing = np.zeros((30, 40), bool)
    for radius in (3, 9):
        assert not dilate(nothing, radius).any()
        assert not erode(nothing, radius).any()
        assert dilate(~nothing, radius).all()
        assert erode(~nothing, radius).all()


def test_shrinking_undoes_growing_and_the_pictures_edge_is_no_outside() -> None:
    mask = np.zeros((40, 40), bool)
    mask[:, :20] = True
    np.testing.assert_array_equal(erode(dilate(mask, 3), 3), mask)
    np.testing.assert_array_equal(erode(mask, 4)[0], mask[0] & (np.arange(40) < 16))
    assert erode(np.ones((9, 9), bool), 3).all()


def test_a_mask_is_filled_with_its_holes_and_a_bay_stays_open() -> None:
    mask = np.zeros((40, 60), bool)
    mask[5:30, 5:30], mask[10:20, 10:20] = True, False
    mask[5:30, 35:55], mask[0:20, 40:45] = True, False
    whole = mask.copy()
    whole[10:20, 10:20] = True
    np.testing.assert_array_equal(filled(mask), whole)
    assert not filled(np.zeros((4, 4), bool)).any()


def test_a_radius_below_one_pixel_changes_nothing() -> None:
    mask = np.eye(8, dtype=bool)
    assert dilate(mask, 0.4) is mask
    np.testing.assert_array_equal(erode(mask, 0.4), mask)


def test_a_wide_blur_is_that_of_the_full_size() -> None:
    picture = np.random.default_rng(0).normal(100, 30, (240, 200, 3)).astype(np.float32)
    picture[80:160, 60:120] += 80
    direct = cv2.GaussianBlur(picture, (0, 0), 20)
    assert np.abs(blur(picture, 20) - direct).max() < 4
    np.testing.assert_allclose(blur(np.full((50, 50), 7.0), 30), 7, rtol=1e-5)
    np.testing.assert_allclose(blur(picture, 2), cv2.GaussianBlur(picture, (0, 0), 2))


@pytest.mark.parametrize("sigma_px", [4, 4.5, 6, 9, 13])
def test_what_is_told_on_a_reduced_copy_is_as_wide(sigma_px: float) -> None:
    spot = np.zeros((160, 160), np.float32)
    spot[72:88, 72:88] = 1
    rows = np.arange(160) - 79.5

    def variance(plane: NDArray[np.float32]) -> float:
        return float((plane.sum(1) * rows**2).sum() / plane.sum())

    assert variance(blur(spot, sigma_px)) - variance(spot) == pytest.approx(sigma_px**2, rel=0.02)


def test_masks_can_be_blurred_and_come_out_as_shares() -> None:
    mask = np.zeros((60, 60), bool)
    mask[:, 30:] = True
    edge = blur(mask, 4)[30]
    assert edge.dtype == np.float32
    assert (np.diff(edge) >= 0).all()
    assert edge[29] == pytest.approx(0.45, abs=0.06)


def test_smoothstep_is_flat_outside_and_rises_between() -> None:
    values = smoothstep(np.linspace(-1, 2, 31, dtype=np.float32), 0, 1)
    assert (values[:11] == 0).all()
    assert (values[20:] == 1).all()
    assert (np.diff(values[10:21]) > 0).all()
    assert values[15] == pytest.approx(0.5)


def test_a_soft_mask_is_whole_inside_and_nothing_far_away() -> None:
    mask = np.zeros((80, 80), bool)
    mask[20:60, 20:60] = True
    plane = soft(mask, 3)
    assert plane[40, 40] == 1
    assert plane[5, 5] == 0
    assert 0 < plane[40, 20] < 1


def test_luminance_weighs_green_most() -> None:
    picture = np.array([[[255, 255, 255], [100, 0, 0], [0, 100, 0], [0, 0, 100]]], np.float32)
    np.testing.assert_allclose(luminance(picture)[0], (255, 29.9, 58.7, 11.4), rtol=1e-5)


def test_small_parts_are_dropped_and_large_ones_kept() -> None:
    mask = np.zeros((40, 40), bool)
    mask[2:5, 2:5] = True
    mask[10:30, 10:30] = True
    kept = drop_small_components(mask, 10)
    assert not kept[:6, :6].any()
    np.testing.assert_array_equal(kept[8:], mask[8:])
    assert not drop_small_components(np.zeros((5, 5), bool), 1).any()


def test_a_mixture_is_one_picture_where_its_share_is_none_and_the_other_where_it_is_all() -> None:
    rng = np.random.default_rng(0)
    below, above = (rng.uniform(0, 255, (4, 6, 3)).astype(np.float32) for _ in range(2))
    share = np.array([[0, 0.25, 1]] * 4, np.float32).repeat(2, 1)
    got = mixed(below, above, share)
    np.testing.assert_array_equal(got[:, :2], below[:, :2])
    np.testing.assert_allclose(got[:, 4:], above[:, 4:], rtol=1e-5)
    np.testing.assert_allclose(got, below + (above - below) * share[..., None], rtol=1e-5)


def test_a_bounding_box_holds_all_of_a_mask_and_no_row_or_column_more() -> None:
    mask = np.zeros((9, 12), bool)
    mask[2, 7] = mask[5, 3] = True
    assert bounding_box(mask) == (slice(2, 6), slice(3, 8))


def test_a_box_with_a_margin_ends_with_the_mask() -> None:
    mask = np.zeros((9, 20), bool)
    mask[3:5, 10] = True
    assert bounding_box(mask, 4) == (slice(0, 9), slice(6, 15))


def test_a_deviation_is_that_of_the_mask_alone() -> None:
    rng = np.random.default_rng(0)
    where = np.arange(128)[None] < np.full((128, 1), 64)
    picture = np.where(where[..., None], rng.normal(100, 5, (128, 128, 3)), 250).astype(np.float32)
    told = nearby_deviation(picture, np.full_like(picture, 100), where, 12.0)
    np.testing.assert_allclose(told[32:96, 16:48], 5 * np.sqrt(3), rtol=0.1)


def test_where_a_mask_is_far_its_colour_is_told_over_more() -> None:
    """Told over little alone it is that of all."""
    where = np.zeros((64, 256), bool)
    where[:, :16] = where[:, 200:] = True
    picture = np.full((64, 256, 3), 20, np.float32)
    picture[:, :16], picture[:, 200:] = 200, 40
    colour, weight = colour_near_or_further(picture, where, 3.0, 12.0, 0.05)
    assert weight[32, 8] > 0.5
    assert weight[32, 30] < 0.05
    assert colour[32, 30].mean() > 150
    assert nearby_colour(picture, where, 3.0)[0][32, 30].mean() < 150


def test_what_is_enlarged_is_linear_between_its_pixels_and_itself_on_as_many() -> None:
    ramp = np.tile(np.arange(8, dtype=np.float32), (4, 1))
    assert enlarged(ramp, 8, 4) is ramp
    large = enlarged(ramp, 16, 8)
    assert large.shape == (8, 16)
    np.testing.assert_allclose(np.diff(large[3, 1:-1]), 0.5, atol=1e-6)
