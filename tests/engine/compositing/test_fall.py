"""In which order hair falls."""

from __future__ import annotations

import numpy as np

from engine.compositing import BaldPlate, Fall, prepare_fall
from engine.compositing.fall import reduced
from tests.support.schematic_head import SchematicHead, at


def test_temples_fall_before_the_forelock_and_the_forelock_before_the_top(fall: Fall) -> None:
    temple, forelock, top = (fall.time[at(fall, *place)] for place in ((0.31, 0.32), (0.0, 0.36), (0.0, 0.56)))
    assert temple < forelock < top


def test_both_sides_fall_alike(fall: Fall) -> None:
    for v in (0.35, 0.45, 0.55):
        left, right = fall.time[at(fall, -0.25, v)], fall.time[at(fall, 0.25, v)]
        assert abs(float(left) - float(right)) < 0.03


def test_the_horseshoe_stays_beside_the_head_and_not_on_top(fall: Fall) -> None:
    for sign in (-1, 1):
        assert fall.side[at(fall, sign * 0.53, -0.1)] > 0.7
    assert fall.side[at(fall, 0.0, 0.5)] < 0.05
    assert fall.side[at(fall, 0.2, 0.4)] < 0.05


def test_hair_reaches_no_less_far_than_the_skull_and_here_farther(fall: Fall) -> None:
    assert (fall.hair_reach >= fall.skull_reach).all()
    assert fall.hair_reach[90] > fall.skull_reach[90] * 1.05
    assert 0.5 < fall.skull_reach[90] < 0.7


def test_strands_are_told_from_gaps(fall: Fall, head: SchematicHead) -> None:
    """Dark strands are positive on a dark-haired head."""
    hair = fall.hair > 0.99
    grey = head.photo.picture.mean(-1)
    assert np.corrcoef(fall.texture[hair], -grey[hair])[0, 1] > 0.5
    assert np.abs(fall.texture).max() <= 2


def test_the_seed_decides_the_noise_and_nothing_else(plate: BaldPlate, head: SchematicHead, fall: Fall) -> None:
    same = prepare_fall(plate, head.photo.picture, np.random.default_rng(0))
    other = prepare_fall(plate, head.photo.picture, np.random.default_rng(1))
    np.testing.assert_array_equal(same.noise, fall.noise)
    assert not np.array_equal(other.noise, fall.noise)
    np.testing.assert_array_equal(other.time, fall.time)
    assert abs(float(fall.noise.std()) - 1) < 0.6


def test_a_smaller_copy_keeps_sums_and_places(fall: Fall) -> None:
    small = reduced(fall, 4)
    assert small.time.shape == (128, 128)
    assert small.photo.shape == (128, 128, 3)
    np.testing.assert_allclose(small.hair.sum() * 16, fall.hair.sum(), rtol=1e-3)
    np.testing.assert_allclose(small.u[at(small, 0.3, 0.2)], 0.3, atol=0.02)
    assert small.unit_px * 4 == fall.unit_px
