"""A head on the photo's own pixels looks as it does on its canvas, at any size and place."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.compositing import Fall, covered, draw, head_at, paste, placement, scene_of
from engine.compositing.arrays import luminance
from engine.compositing.years import CLEAN_TIME, HORSESHOE_TIME
from tests.support.schematic_head import SIZE_PX

CANVAS = (SIZE_PX, SIZE_PX)
IDENTITY = np.array([[1.0, 0, 0], [0, 1.0, 0]])


def photo_of(fall: Fall) -> NDArray[np.uint8]:
    return np.clip(np.rint(fall.photo), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("time", [0.3, 0.7, HORSESHOE_TIME, CLEAN_TIME])
def test_on_the_canvass_own_grid_it_is_the_head_laid_over_the_photo(fall: Fall, time: float) -> None:
    photo = photo_of(fall)
    place = placement(IDENTITY, CANVAS, photo.shape)
    scene = scene_of(photo, fall, place)
    assert scene is not None
    theirs = paste(photo, head_at(fall, time), place).astype(int)
    ours = draw(photo, scene, time).astype(int)
    assert float(np.abs(ours - theirs).mean()) < 0.05
    assert float((np.abs(ours - theirs).max(-1) > 8).mean()) < 0.002


def test_at_year_nought_the_photo_stays_bit_for_bit(fall: Fall) -> None:
    photo = photo_of(fall)
    scene = scene_of(photo, fall, placement(IDENTITY, CANVAS, photo.shape))
    assert scene is not None
    np.testing.assert_array_equal(draw(photo, scene, 0.0), photo)


@pytest.mark.parametrize("scale", [0.4, 0.8, 1.5])
@pytest.mark.parametrize("time", [0.6, CLEAN_TIME])
def test_nothing_outside_of_the_mask_changes_at_any_size(fall: Fall, scale: float, time: float) -> None:
    side = round(700 * scale)
    photo = np.random.default_rng(0).integers(0, 256, (side, side, 3), dtype=np.uint8)
    matrix = np.array([[1.0, 0.1, 80], [-0.1, 1.0, 120]])
    place = placement(matrix, CANVAS, photo.shape, scale)
    scene = scene_of(photo, fall, place)
    assert scene is not None
    frame = draw(photo, scene, time)
    mask = covered(fall.change, photo.shape, place)
    np.testing.assert_array_equal(frame[~mask], photo[~mask])
    assert (frame[mask] != photo[mask]).any()


def test_a_smaller_photo_shows_the_same_head_smaller(fall: Fall) -> None:
    photo = photo_of(fall)
    half = photo.reshape(SIZE_PX // 2, 2, SIZE_PX // 2, 2, 3).mean((1, 3)).round().astype(np.uint8)
    large = scene_of(photo, fall, placement(IDENTITY, CANVAS, photo.shape))
    small = scene_of(half, fall, placement(IDENTITY, CANVAS, half.shape, 0.5))
    assert large is not None
    assert small is not None
    whole = draw(photo, large, HORSESHOE_TIME).astype(np.float32)
    shrunk = whole.reshape(SIZE_PX // 2, 2, SIZE_PX // 2, 2, 3).mean((1, 3)).astype(np.float32)
    assert float(np.abs(luminance(shrunk) - luminance(draw(half, small, HORSESHOE_TIME).astype(np.float32))).mean()) < 2


def test_a_canvas_outside_of_the_photo_makes_no_scene(fall: Fall) -> None:
    photo = np.zeros((100, 100, 3), np.uint8)
    away = np.array([[1.0, 0, 4000], [0, 1.0, 4000]])
    assert scene_of(photo, fall, placement(away, CANVAS, photo.shape)) is None
