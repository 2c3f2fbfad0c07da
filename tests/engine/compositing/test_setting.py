"""What of a photo may change when its hair goes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.compositing import Setting
from engine.face.head_axes import HeadAxes
from engine.imaging.ops import Plane, dilate, distance_to, erode
from engine.parsing import FaceClass
from engine.parsing.classes import FEATURES
from tests.support.schematic_head import SIZE_PX, SchematicHead, draw_head, with_class


@pytest.fixture(scope="module")
def change(setting: Setting, head: SchematicHead) -> Plane:
    return setting.change(head.render)


@pytest.fixture(scope="module")
def hair(head: SchematicHead) -> NDArray[np.bool_]:
    return np.asarray(head.photo_classes == FaceClass.HAIR, bool)


def test_the_change_is_a_share_of_each_pixel(change: Plane) -> None:
    assert change.shape == (SIZE_PX, SIZE_PX)
    assert change.dtype == np.float32
    assert change.min() >= 0
    assert change.max() <= 1 + 1e-6


def test_all_hair_changes_and_nothing_far_from_it(change: Plane, hair: NDArray[np.bool_]) -> None:
    assert change[hair].min() > 0.9
    assert not change[~dilate(hair, 45)].any()


def test_a_small_photos_hair_has_a_wider_halo(setting: Setting) -> None:
    """Its pixels, enlarged, mix hair and background further out."""
    large, small = setting.hole, replace(setting, pixel_px=4.0).hole
    assert (small | ~large).all()
    assert not large[setting.matte.away > 4].all()
    assert small[setting.matte.away < 12].all()
    beyond = (setting.matte.away > 8) & (setting.matte.away < 12)
    assert large[beyond].mean() < 0.1


def test_somebody_beside_the_hair_is_taken_with_a_narrow_rim_alone(setting: Setting) -> None:
    """What is taken of a neighbour nobody can draw again; a wall goes on."""
    axes = setting.axes
    beside = HeadAxes(axes.origin + np.array([190.0, 0.0]), axes.right, axes.up, axes.width_px)
    alone = replace(setting, pixel_px=4.0)
    with_neighbour = replace(alone, others=(beside,))
    taken = alone.hole & ~with_neighbour.hole
    assert taken.sum() > 100
    assert (taken & ~with_neighbour.people).sum() == 0
    assert with_neighbour.hole[setting.matte.hard].all()
    assert (setting.matte.off_hard[with_neighbour.people & with_neighbour.hole] <= 6).all()


def test_a_photo_of_many_pixels_has_the_halo_of_its_face_s_size(setting: Setting) -> None:
    np.testing.assert_array_equal(replace(setting, pixel_px=0.2).hole, replace(setting, pixel_px=0.5).hole)


def test_eyes_brows_nose_mouth_and_clothes_stay(change: Plane, head: SchematicHead) -> None:
    assert change[np.isin(head.photo_classes, FEATURES)].max() < 0.05
    assert not change[head.photo_classes == FaceClass.CLOTH].any()


def test_a_shadow_on_the_forehead_is_replaced_as_far_as_it_reaches(setting: Setting, head: SchematicHead) -> None:
    """It ends 26 px below the hair, for a face of 200 px."""
    away = distance_to(head.photo_classes == FaceClass.HAIR)
    forehead = (head.photo_classes == FaceClass.SKIN) & (setting.v > 0.1)
    shaded = head.photo.picture * np.where(forehead & (away < 26), 0.8, 1)[..., None].astype(np.float32)
    there = forehead & (away > 22) & (away < 25)
    assert there.sum() > 200
    with_shadow = replace(setting, photo=replace(head.photo, picture=shaded)).change(head.render)
    assert with_shadow[there].mean() > 0.8
    assert setting.change(head.render)[there].mean() < 0.2


def test_the_change_fades_where_it_is_told_to(setting: Setting, head: SchematicHead, change: Plane) -> None:
    fade = np.ones((SIZE_PX, SIZE_PX), np.float32)
    fade[:, :200] = 0
    half = replace(setting, fade=fade).change(head.render)
    assert not half[:, :200].any()
    np.testing.assert_array_equal(half[:, 200:], change[:, 200:])


def test_a_head_without_hair_has_nothing_to_change() -> None:
    bald = draw_head(with_hair=False)
    assert (bald.setting.change(bald.render) > 0).mean() < 0.002


def test_an_ear_comes_out_from_under_the_hair_where_the_photo_shows_none(setting: Setting, head: SchematicHead) -> None:
    ear = (np.abs(np.abs(setting.u) - 0.66) < 0.05) & (np.abs(setting.v + 0.05) < 0.08)
    render = with_class(head.render, ear, FaceClass.LEFT_EAR)
    assert not setting.hidden_ears(render).any()
    assert setting.change(render)[ear].mean() > setting.change(head.render)[ear].mean() + 0.3


def test_an_ear_is_not_drawn_beside_one_that_the_photo_shows(setting: Setting, head: SchematicHead) -> None:
    """On the left side the photo has an ear, lower than the render's."""
    own = (np.abs(setting.u + 0.56) < 0.07) & (np.abs(setting.v + 0.4) < 0.08)
    drawn = (np.abs(np.abs(setting.u) - 0.66) < 0.05) & (np.abs(setting.v + 0.05) < 0.08)
    seen = replace(setting, photo=with_class(head.photo, own, FaceClass.RIGHT_EAR))
    hidden = seen.hidden_ears(with_class(head.render, drawn, FaceClass.RIGHT_EAR))
    assert hidden[setting.u < 0].any()
    assert not hidden[setting.u > 0].any()


def test_grain_is_read_from_skin_that_neither_hair_nor_features_nor_beard_touch(
    setting: Setting, head: SchematicHead, hair: NDArray[np.bool_]
) -> None:
    calm = setting.calm_skin
    assert calm.any()
    assert not (calm & (dilate(hair, 2) | np.isin(head.photo_classes, FEATURES) | setting.beard)).any()


def test_an_earring_stays_without_the_hair_behind_it(setting: Setting, head: SchematicHead) -> None:
    """It hangs right below hair, within the rim that goes with that."""
    earring = (np.abs(setting.u - 0.54) < 0.05) & (np.abs(setting.v + 0.34) < 0.03)
    bare = setting.change(head.render)
    with_earring = replace(setting, photo=with_class(head.photo, earring, FaceClass.EARRING))
    inner = erode(earring, 3)
    assert inner.sum() > 50
    assert bare[inner].mean() > 0.5
    assert with_earring.change(head.render)[inner].max() < 0.1


def test_a_brow_is_protected_and_hair_that_the_parser_calls_one_is_not(setting: Setting, head: SchematicHead) -> None:
    high = (np.abs(setting.u) < 0.1) & (np.abs(setting.v - 0.2) < 0.03)
    mistaken = replace(setting, photo=with_class(head.photo, high, FaceClass.LEFT_BROW))
    brows = np.isin(head.photo_classes, (FaceClass.LEFT_BROW, FaceClass.RIGHT_BROW))
    assert mistaken.protected[brows].all()
    assert not mistaken.protected[high].any()


def test_another_persons_head_is_none_of_the_background(setting: Setting, head: SchematicHead) -> None:
    axes = setting.axes
    beside = replace(axes, origin=axes.origin + 1.4 * axes.width_px * axes.right)
    people = replace(setting, others=[beside]).people
    u, v = beside.coordinates((SIZE_PX, SIZE_PX))
    face = (np.abs(u) < 0.4) & (np.abs(v) < 0.5)
    assert face.any()
    assert people[face].all()
    assert not setting.people[face & ~dilate(head.photo_classes != FaceClass.BACKGROUND, 2)].any()


def test_bare_shoulders_that_the_parser_calls_background_are_told_by_their_colour(
    setting: Setting, head: SchematicHead
) -> None:
    shoulder = (setting.v < -0.95) & (setting.u > 0.45) & (setting.u < 0.9)
    picture = head.photo.picture.copy()
    picture[shoulder] = np.median(picture[setting.calm_skin], 0)
    bare = with_class(replace(head.photo, picture=picture), shoulder, FaceClass.BACKGROUND)
    inner = ~dilate(~shoulder, 6)
    assert replace(setting, photo=bare).people[inner].mean() > 0.95
    assert setting.people.mean() < 0.01


def test_a_strand_that_has_the_colour_of_skin_is_no_bare_shoulder(setting: Setting, head: SchematicHead) -> None:
    """The rim of brown hair has it; it would hang in the air once the hair beside it is gone."""
    strand = (setting.v < -0.95) & (setting.u > 0.60) & (setting.u < 0.63)
    picture = head.photo.picture.copy()
    picture[strand] = np.median(picture[setting.calm_skin], 0)
    photo = with_class(replace(head.photo, picture=picture), strand, FaceClass.BACKGROUND)
    assert strand.sum() > 100
    assert not replace(setting, photo=photo).people[strand].any()


def beside_the_head(setting: Setting, left_px: int, gap_px: int) -> Setting:
    """The head with more hair, from so far off the photo's edge on, and a round gap of that radius in its middle."""
    rows, columns = np.mgrid[:SIZE_PX, :SIZE_PX]
    hair = (rows > 150) & (rows < 290) & (columns >= left_px) & (columns < left_px + 140)
    hair &= np.hypot(rows - 220, columns - left_px - 70) > gap_px
    return replace(setting, photo=with_class(setting.photo, hair, FaceClass.HAIR))


def test_small_isles_of_background_within_hair_go_with_it(setting: Setting) -> None:
    """Hair's colour is in all of them: bits of it would be left in the air."""
    assert beside_the_head(setting, 10, 18).hole[220, 80]


def test_a_narrow_strip_between_hair_and_the_photo_s_edge_goes_with_it(setting: Setting) -> None:
    assert beside_the_head(setting, 10, 0).hole[200:240, :10].all()
