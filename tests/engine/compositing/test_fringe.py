"""Single hairs at the edge of a bald head's side hair."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.compositing import Setting
from engine.compositing.fringe import FINE_STROKES, FringeHairSettings, with_fringe
from engine.imaging.ops import Mask, Picture, Plane, dilate, luminance

SKIN, HAIR = (210.0, 165.0, 145.0), (50.0, 38.0, 30.0)


@pytest.fixture(scope="module")
def sides(setting: Setting) -> Plane:
    """Hair at both sides of a head."""
    return ((np.abs(setting.u) > 0.4) & (np.abs(setting.u) < 0.6) & (np.abs(setting.v) < 0.4)).astype(np.float32)


@pytest.fixture(scope="module")
def person(setting: Setting) -> Plane:
    return ((np.abs(setting.u) < 0.6) & (setting.v < 0.65)).astype(np.float32)


@pytest.fixture(scope="module")
def picture(setting: Setting, sides: Plane) -> Picture:
    drawn = np.empty((*sides.shape, 3), np.float32)
    drawn[:] = SKIN
    drawn[sides > 0.5] = HAIR
    return drawn


def beside(setting: Setting, sides: Plane, near_px: float, low: float, high: float) -> Mask:
    """Skin so near to the hair, between two heights."""
    near = dilate(sides > 0.5, near_px * setting.unit_px) & (sides < 0.5) & (np.abs(setting.u) < 0.4)
    return np.asarray(near & (setting.v > low) & (setting.v < high), bool)


def test_hairs_lie_on_the_skin_beside_the_hair_and_get_fewer(
    setting: Setting, picture: Picture, sides: Plane, person: Plane
) -> None:
    haired = with_fringe(setting, picture, sides, person, 0.0, np.random.default_rng(0))
    darker = luminance(picture) - luminance(haired)
    near, far = beside(setting, sides, 8, 0.12, 0.35), beside(setting, sides, 45, 0.12, 0.35)
    assert darker[near].mean() > 4 * darker[far & ~near].mean() > 0
    assert darker[near].std() > 5  # single hairs, not a shadow
    assert not darker[~dilate(sides > 0.5, 120 * setting.unit_px)].any()


@pytest.mark.parametrize("slope", [-1, 1])
def test_hairs_lie_as_the_drawn_hair_around_does(
    setting: Setting, picture: Picture, sides: Plane, person: Plane, slope: int
) -> None:
    rows, columns = np.mgrid[: sides.shape[0], : sides.shape[1]].astype(np.float32)
    stripes = picture + (sides * 25 * np.sin((columns - slope * rows) / 2.5))[..., None]
    straight = FringeHairSettings(further_share=0.08, strokes=replace(FINE_STROKES, turn=0.0, bend=0.0, opacity=0.6))
    haired = with_fringe(setting, stripes, sides, person, 0.0, np.random.default_rng(0), straight)
    hairs = (luminance(stripes) - luminance(haired)) * beside(setting, sides, 25, 0.12, 0.35)

    def alike(right_px: int) -> float:
        return float((hairs * np.roll(hairs, (-3, -right_px), (0, 1))).sum())

    assert alike(3 * slope) > 1.2 * alike(-3 * slope)


def test_below_the_brows_none_are_drawn(setting: Setting, picture: Picture, sides: Plane, person: Plane) -> None:
    haired = with_fringe(setting, picture, sides, person, 0.0, np.random.default_rng(0))
    np.testing.assert_array_equal(haired[setting.v < -0.2], picture[setting.v < -0.2])


def test_a_blurred_photo_gets_blurred_hairs(setting: Setting, picture: Picture, sides: Plane, person: Plane) -> None:
    sharp, soft = (
        with_fringe(setting, picture, sides, person, softer_px, np.random.default_rng(0)) for softer_px in (0.0, 2.5)
    )
    near = beside(setting, sides, 8, 0.12, 0.35)
    assert luminance(soft)[near].std() < 0.8 * luminance(sharp)[near].std()


def test_a_head_without_hair_gets_none(setting: Setting, picture: Picture, person: Plane) -> None:
    bare = np.zeros_like(person)
    assert with_fringe(setting, picture, bare, person, 0.0, np.random.default_rng(0)) is picture
