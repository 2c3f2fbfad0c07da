"""Single hairs off the head come along as its outline moves in."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import cv2
import numpy as np
import pytest

from engine.compositing import Setting
from engine.edits.flyaways import Flyaways, FlyawaySettings, flyaways
from engine.imaging.ops import Mask, Picture, Plane, mixed, reduced
from tests.support.schematic_head import HAIR, SIZE_PX, SchematicHead, background

# A hair stands straight off the head at this angle, so many face widths beyond the outline, so many pixels wide.
ANGLE, LONG, WIDE_PX = 20.0, 0.14, 2
# By so much of the way from the head's middle its outline has moved in.
MOVED_IN = 0.8


def towards(setting: Setting, angle: float, radius: float) -> tuple[float, float]:
    """The pixel (x, y) so many face widths off the head's middle."""
    across, up = radius * np.sin(np.radians(angle)), radius * np.cos(np.radians(angle)) + FlyawaySettings().middle
    place = setting.axes.origin + setting.axes.width_px * (across * setting.axes.right + up * setting.axes.up)
    return float(place[0]), float(place[1])


def from_middle(setting: Setting) -> Plane:
    return np.asarray(np.hypot(setting.u, setting.v - FlyawaySettings().middle), np.float32)


def beam(setting: Setting) -> Mask:
    """A narrow sector about the hair's angle."""
    angle = np.degrees(np.arctan2(setting.u, setting.v - FlyawaySettings().middle))
    return np.asarray(np.abs(angle - ANGLE) < 3, bool)


@pytest.fixture(scope="module")
def outline(setting: Setting) -> float:
    """How far off the middle the photo's hair ends at that angle."""
    return float(from_middle(setting)[beam(setting) & setting.matte.solid].max())


def with_hair(setting: Setting, begins: float, ends: float, wide_px: int = WIDE_PX) -> Setting:
    picture = setting.photo.picture.copy()
    one, other = (np.rint(towards(setting, ANGLE, radius)).astype(int).tolist() for radius in (begins, ends))
    cv2.line(picture, one, other, HAIR, wide_px)
    return replace(setting, photo=replace(setting.photo, picture=picture))


@pytest.fixture(scope="module")
def behind() -> Picture:
    return background(np.random.default_rng(4))


@pytest.fixture(scope="module")
def standing(setting: Setting, outline: float, behind: Picture) -> Flyaways:
    return flyaways(with_hair(setting, outline - 0.03, outline + LONG), behind)


def smaller(setting: Setting) -> Plane:
    """The photo's head, further in (H,W, 0 or 1)."""
    middle = np.array(towards(setting, 0, 0))
    matrix = np.array([[MOVED_IN, 0, (1 - MOVED_IN) * middle[0]], [0, MOVED_IN, (1 - MOVED_IN) * middle[1]]])
    head = (setting.matte.solid | (from_middle(setting) < 0.4)).astype(np.float32)
    return np.asarray(cv2.warpAffine(head, matrix, (SIZE_PX, SIZE_PX), flags=cv2.INTER_NEAREST), np.float32)


def over(hairs: Flyaways, behind: Picture, hair: Plane, head: Plane) -> Picture:
    return hairs.over(behind, np.full_like(behind, HAIR), hair, head)


def furthest_dark(setting: Setting, laid: Picture, behind: Picture) -> float:
    """How far off the middle anything dark is seen about the hair's angle."""
    dark = (behind - laid).mean(-1) > 25
    return float(from_middle(setting)[dark & beam(setting)].max(initial=0))


def test_a_hair_stands_as_far_off_an_outline_that_moved_in(
    setting: Setting, standing: Flyaways, outline: float, behind: Picture
) -> None:
    head = smaller(setting)
    laid = over(standing, behind, head, head)
    assert furthest_dark(setting, mixed(behind, laid, head), behind) == pytest.approx(outline * MOVED_IN, abs=0.03)
    assert furthest_dark(setting, laid, behind) == pytest.approx(outline * MOVED_IN + LONG, abs=0.03)


def test_none_stands_where_the_head_is_bare(setting: Setting, standing: Flyaways, behind: Picture) -> None:
    head = smaller(setting)
    bare = over(standing, behind, np.zeros_like(head), head)
    np.testing.assert_allclose(bare, mixed(behind, np.full_like(behind, HAIR), head), atol=0.5)


def test_a_thing_off_the_head_is_no_hair(setting: Setting, outline: float, behind: Picture, standing: Flyaways) -> None:
    head = smaller(setting)
    thick = flyaways(with_hair(setting, outline + 0.08, outline + LONG, 12 * WIDE_PX), behind)
    assert furthest_dark(setting, over(thick, behind, head, head), behind) < outline * MOVED_IN + 0.04
    assert furthest_dark(setting, over(standing, behind, head, head), behind) > outline * MOVED_IN + 0.08


def test_a_veil_beside_the_head_is_no_hair(setting: Setting, outline: float, behind: Picture) -> None:
    photo, head = setting.photo.picture, smaller(setting)
    solid = with_hair(setting, outline, outline + 0.02, 24 * WIDE_PX).photo.picture
    veil = replace(setting, photo=replace(setting.photo, picture=np.asarray(0.5 * photo + 0.5 * solid, np.float32)))
    hairs = flyaways(veil, behind)
    edge = from_middle(setting) > outline * MOVED_IN + 0.01
    assert (behind - over(hairs, behind, head, head)).mean(-1)[edge & beam(setting)].max() < 12


def test_what_is_darkest_of_a_dark_corner_is_no_hair(setting: Setting, outline: float, behind: Picture) -> None:
    """Also where the matte takes it for some."""
    photo, head, off = setting.photo.picture, smaller(setting), from_middle(setting)
    dark = np.where((off > outline + 0.01)[..., None], 0.2 * photo + 0.8 * np.array(HAIR, np.float32), photo)
    corner = replace(setting, photo=replace(setting.photo, picture=dark))
    darkest = (with_hair(corner, outline + 0.06, outline + LONG, 1).photo.picture != dark).any(-1)
    vars(corner)["matte"] = replace(setting.matte, strays=darkest)
    hairs = flyaways(corner, behind, FlyawaySettings(thickest_canvas_px=9))
    assert furthest_dark(setting, over(hairs, behind, head, head), behind) < outline * MOVED_IN + 0.04


def test_who_goes_on_beyond_the_photo_has_no_outline_there(
    head: SchematicHead, setting: Setting, outline: float, behind: Picture
) -> None:
    cut = with_hair(setting, outline - 0.03, outline + LONG)
    real = cut.photo.real & (from_middle(setting) < outline - 0.01)
    cut_head = smaller(setting)
    hairs = flyaways(replace(cut, photo=replace(cut.photo, real=real)), behind)
    assert furthest_dark(setting, over(hairs, behind, cut_head, cut_head), behind) < outline * MOVED_IN + 0.03


def test_on_other_pixels_it_is_the_same_hair(setting: Setting, standing: Flyaways, behind: Picture) -> None:
    half = partial(reduced, width_px=SIZE_PX // 2, height_px=SIZE_PX // 2)
    head = smaller(setting)
    whole = half(over(standing, behind, head, head))
    small = over(standing.warped(half), half(behind), half(head), half(head))
    off = half(head) < 0.01
    assert np.abs(whole - half(behind))[off].max() > 20
    assert np.abs(whole - small)[off].mean() < 0.3


def test_hair_may_stand_on_any_number_of_pixels() -> None:
    settings, radius, side_px = FlyawaySettings(), 0.3, 700
    pixels = np.arange(side_px, dtype=np.float32) / side_px
    across, height = (np.asarray(plane, np.float32) for plane in np.meshgrid(pixels - 0.5, 0.6 - pixels))
    from_middle = np.hypot(across, height - settings.middle)
    head, none = (from_middle < radius).astype(np.float32), np.zeros((side_px, side_px, 3), np.float32)
    steps = np.ones(settings.steps, np.float32)
    hairs = Flyaways(np.ones_like(head), none + 50, across, height, radius * steps, steps, settings)
    laid = hairs.over(none, none + 200, head, head)
    shown = (head == 0) & (height > settings.heights[1]) & (from_middle < radius + settings.reach[0])
    assert shown.sum() > np.iinfo(np.int16).max  # OpenCV takes no longer list
    np.testing.assert_allclose(laid[shown], 50, atol=1)
