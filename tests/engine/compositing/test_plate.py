"""The person's own crop without any hair."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.compositing import BaldPlate, build_plate
from engine.compositing.arrays import dilate
from engine.compositing.view import FEATURES
from engine.parsing import FaceClass
from tests.support.schematic_head import SIZE_PX, SKIN, SchematicHead, background, draw_head


@pytest.fixture(scope="module")
def hair(head: SchematicHead) -> NDArray[np.bool_]:
    return np.asarray(head.photo_classes == FaceClass.HAIR, bool)


def test_the_plate_is_a_picture(plate: BaldPlate) -> None:
    assert plate.picture.shape == (SIZE_PX, SIZE_PX, 3)
    assert plate.picture.dtype == plate.change.dtype == np.float32
    assert plate.picture.min() >= 0
    assert plate.picture.max() <= 255
    assert plate.change.min() >= 0
    assert plate.change.max() <= 1 + 1e-6


def test_all_hair_changes_and_nothing_far_from_it(plate: BaldPlate, hair: NDArray[np.bool_]) -> None:
    assert plate.change[hair].min() > 0.9
    assert not plate.change[~dilate(hair, 45)].any()


def test_eyes_brows_nose_mouth_and_clothes_stay(plate: BaldPlate, head: SchematicHead) -> None:
    assert plate.change[np.isin(head.photo_classes, FEATURES)].max() < 0.05
    assert not plate.change[head.photo_classes == FaceClass.CLOTH].any()


def test_under_the_hair_is_skin_of_the_photos_own_tone(
    plate: BaldPlate, head: SchematicHead, hair: NDArray[np.bool_]
) -> None:
    """The render's skin is 15 steps darker than the photo's."""
    scalp = hair & (head.render_classes == FaceClass.SKIN) & (plate.v > 0.25)
    assert scalp.sum() > 5000
    np.testing.assert_allclose(plate.picture[scalp].mean(0), SKIN, atol=14)


def test_beyond_the_skull_is_the_photos_background_carried_on_not_the_renders(
    plate: BaldPlate, head: SchematicHead, hair: NDArray[np.bool_]
) -> None:
    behind = hair & (head.render_classes == FaceClass.BACKGROUND)
    behind &= ~dilate(np.asarray(head.render_classes != FaceClass.BACKGROUND, bool), 6)
    assert behind.sum() > 2000
    truth = background(np.random.default_rng(4))
    assert np.abs(plate.picture - truth)[behind].mean() < 12
    assert np.corrcoef(plate.picture[behind][:, 1], truth[behind][:, 1])[0, 1] > 0.75


def test_the_bald_outline_is_the_renders(plate: BaldPlate, head: SchematicHead) -> None:
    body = head.render_classes != FaceClass.BACKGROUND
    assert plate.person[body].mean() > 0.95
    assert plate.person[~body].mean() < 0.02


def test_the_change_fades_where_it_is_told_to(head: SchematicHead, plate: BaldPlate) -> None:
    fade = np.ones((SIZE_PX, SIZE_PX), np.float32)
    fade[:, :200] = 0
    half = build_plate(head.photo, head.render, head.landmarks, head.frame, fade, np.random.default_rng(0))
    assert not half.change[:, :200].any()
    np.testing.assert_array_equal(half.change[:, 200:], plate.change[:, 200:])


def test_a_head_without_hair_has_nothing_to_change() -> None:
    bald = draw_head(with_hair=False)
    whole = np.ones((SIZE_PX, SIZE_PX), np.float32)
    plate = build_plate(bald.photo, bald.render, bald.landmarks, bald.frame, whole, np.random.default_rng(0))
    assert (plate.change > 0).mean() < 0.002
    assert np.isfinite(plate.picture).all()
