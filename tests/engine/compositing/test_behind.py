"""What is filled in behind hair, on a drawn head before soft stripes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.compositing import Setting
from engine.compositing.behind import behind_hair
from engine.face.head_axes import HeadAxes
from engine.imaging.ops import Picture, blur, dilate
from engine.parsing import FaceClass
from tests.support.schematic_head import SIZE_PX, SchematicHead, background


@pytest.fixture(scope="module")
def behind(setting: Setting) -> Picture:
    return behind_hair(setting, np.random.default_rng(0))


@pytest.fixture(scope="module")
def uncovered(head: SchematicHead) -> NDArray[np.bool_]:
    """Background that hair hides in the photo and a bald head shows."""
    hidden = (head.photo_classes == FaceClass.HAIR) & (head.render_classes == FaceClass.BACKGROUND)
    return np.asarray(hidden, bool)


def test_behind_hair_the_background_goes_on(behind: Picture, uncovered: NDArray[np.bool_]) -> None:
    assert behind.shape == (SIZE_PX, SIZE_PX, 3)
    assert uncovered.sum() > 2000
    truth = background(np.random.default_rng(4))
    assert np.abs(behind - truth)[uncovered].mean() < 15
    assert np.corrcoef(behind[uncovered][:, 1], truth[uncovered][:, 1])[0, 1] > 0.7


def test_far_off_the_hair_the_photo_stays(behind: Picture, head: SchematicHead) -> None:
    """Below the face, where nothing is filled, not even for the head's edge."""
    there = head.photo_classes == FaceClass.BACKGROUND
    there &= ~dilate(head.photo_classes != FaceClass.BACKGROUND, 40)
    assert there.sum() > 5000
    np.testing.assert_array_equal(behind[there], head.photo.picture[there])


def test_nobody_else_is_copied_behind_the_hair(setting: Setting, head: SchematicHead) -> None:
    """A red neighbour, whom the parser calls background, stays beside the head and is not carried on behind it."""
    axes = setting.axes
    beside = HeadAxes(axes.origin + np.array([190.0, 0.0]), axes.right, axes.up, axes.width_px)
    with_neighbour = replace(setting, others=(beside,))
    person = with_neighbour.people & (head.photo_classes == FaceClass.BACKGROUND) & ~dilate(setting.matte.solid, 30)
    assert person.sum() > 2000
    picture = head.photo.picture.copy()
    picture[person] = (230, 20, 20)
    seen = replace(with_neighbour, photo=replace(head.photo, picture=picture))
    shown = behind_hair(seen, np.random.default_rng(0))
    off_hair = person & ~dilate(seen.hole, 30)
    assert off_hair.sum() > 2000
    np.testing.assert_array_equal(shown[off_hair], picture[off_hair])
    hidden = setting.hole & (setting.u < 0) & (head.photo_classes == FaceClass.HAIR)
    assert (shown[hidden][:, 0] - shown[hidden][:, 1]).max() < 60


def test_what_may_be_a_face_neither_goes_on_nor_is_copied_behind_hair(setting: Setting, head: SchematicHead) -> None:
    """Half a red, rough neighbour, of whom a face finder is not sure: where they end nobody knows."""
    axes = setting.axes
    beside = HeadAxes(axes.origin + np.array([190.0, 0.0]), axes.right, axes.up, axes.width_px)
    glimpsed = replace(setting, glimpsed=(beside,))
    person = replace(setting, others=(beside,)).people & (head.photo_classes == FaceClass.BACKGROUND)
    picture = head.photo.picture.copy()
    picture[person] = (200, 50, 50) + np.random.default_rng(0).normal(0, 30, (int(person.sum()), 3))
    shown = behind_hair(replace(glimpsed, photo=replace(head.photo, picture=picture)), np.random.default_rng(0))
    close = (head.photo_classes == FaceClass.HAIR) & dilate(person, 12) & (setting.v > 0)
    assert close.sum() > 200
    assert (shown[close][:, 0] - shown[close][:, 1]).mean() < 60
    assert np.abs(shown - blur(shown, 2))[close].mean() < 5


def test_what_may_be_a_stranger_s_hair_is_not_copied_behind_the_hair(setting: Setting, head: SchematicHead) -> None:
    """All of the wall but the left is red, and a parser says that it may be hair."""
    strange = (setting.u > -0.8) & (head.photo_classes == FaceClass.BACKGROUND)
    picture = head.photo.picture.copy()
    picture[strange] = (230, 20, 20)
    probabilities = head.photo.probabilities.copy()
    half = strange[::2, ::2]
    probabilities[FaceClass.HAIR][half], probabilities[FaceClass.BACKGROUND][half] = 0.4, 0.6
    photo = replace(head.photo, picture=picture, probabilities=probabilities)
    beside_red = replace(setting, photo=photo)
    shown = behind_hair(beside_red, np.random.default_rng(0))
    far = strange & ~dilate(~strange, 20) & ~dilate(beside_red.hole, 40)
    assert far.sum() > 2000
    np.testing.assert_array_equal(shown[far], picture[far])
    hidden = setting.matte.hard & (head.render_classes == FaceClass.BACKGROUND)
    assert (shown[hidden][:, 0] - shown[hidden][:, 1]).max() < 60


def test_the_same_seed_fills_the_same(setting: Setting, behind: Picture) -> None:
    np.testing.assert_array_equal(behind_hair(setting, np.random.default_rng(0)), behind)


def test_somebody_who_stands_beside_the_hair_goes_on_behind_it(setting: Setting, head: SchematicHead) -> None:
    """A red neighbour in the place of the wall, whose outline hair hides."""
    axes = setting.axes
    beside = HeadAxes(axes.origin + np.array([190.0, 0.0]), axes.right, axes.up, axes.width_px)
    others = replace(setting, others=(beside,))
    picture = head.photo.picture.copy()
    picture[others.people & (head.photo_classes == FaceClass.BACKGROUND)] = (230, 20, 20)
    shown = behind_hair(replace(others, photo=replace(head.photo, picture=picture)), np.random.default_rng(0))
    free = others.people & (head.photo_classes == FaceClass.BACKGROUND)
    close = (head.photo_classes == FaceClass.HAIR) & dilate(free, 12) & (setting.v > 0)
    assert close.sum() > 200
    assert (shown[close][:, 0] - shown[close][:, 1]).mean() > 120


def filling(setting: Setting, head: SchematicHead, *corners: slice) -> Setting:
    """The same head, whose hair fills the picture but for squares in the upper corners, red ones."""
    probabilities, picture = head.photo.probabilities.copy(), head.photo.picture.copy()
    background = probabilities[FaceClass.BACKGROUND].copy()
    probabilities[FaceClass.HAIR] += background
    probabilities[FaceClass.BACKGROUND] = 0
    step = SIZE_PX // probabilities.shape[1]
    for columns in corners:
        picture[:24, columns] = (180, 60, 60)
        there = slice(0, 24 // step), slice((columns.start or 0) // step, columns.stop and columns.stop // step)
        probabilities[(slice(None), *there)] = 0
        probabilities[(FaceClass.BACKGROUND, *there)] = 1
    return replace(setting, photo=replace(head.photo, picture=picture, probabilities=probabilities))


def test_where_hair_fills_the_photo_the_corners_tell_the_wall_s_colour(setting: Setting, head: SchematicHead) -> None:
    """Too close to hair to be sure of, they are all that is seen; without them it was black."""
    seen = filling(setting, head, slice(0, 24))
    shown = behind_hair(seen, np.random.default_rng(0))
    hidden = seen.hole & (seen.v > 0.3)
    assert hidden.sum() > 2000
    assert np.abs(shown[hidden].mean(0) - (180, 60, 60)).max() < 25


def test_where_no_background_is_seen_a_grey_wall_in_the_face_s_light_stands_there(
    setting: Setting, head: SchematicHead
) -> None:
    seen = filling(setting, head)
    wall = behind_hair(seen, np.random.default_rng(0))[seen.hole]
    assert wall.min() > 60
    assert np.ptp(wall) < 1
