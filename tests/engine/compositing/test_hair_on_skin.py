"""Hair that thins out on skin, on a head with hair beside a bare middle."""

from __future__ import annotations

import numpy as np
import pytest

from engine.compositing import Setting
from engine.compositing.hair_on_skin import strands_on_skin, thinning_on_skin
from engine.compositing.view import View
from engine.imaging.ops import Mask, Plane, mixed, smoothstep
from engine.parsing.classes import FaceClass
from tests.support.bare_middle import BEGINS, ENDS, SKIN, hair_beside, parsed, somebody
from tests.support.schematic_head import with_class

HAIR = (50.0, 38.0, 30.0)


@pytest.fixture(scope="module")
def person(setting: Setting) -> Plane:
    return somebody(setting)


@pytest.fixture(scope="module")
def told(setting: Setting) -> Plane:
    return hair_beside(setting)


def drawn(person: Plane, told: Plane, share: Plane, brow: Mask | None = None) -> View:
    """A head of which such a share of each pixel is hair, whatever a parser told."""
    skin, hair = (np.full((*share.shape, 3), colour, np.float32) for colour in (SKIN, HAIR))
    view = parsed(person, told, mixed(skin, hair, share))
    return view if brow is None else with_class(view, brow, FaceClass.LEFT_BROW)


def at(setting: Setting, plane: Plane, aside: float, v: tuple[float, float] = (0.1, 0.3)) -> float:
    """The mean so far off the midline, between two heights."""
    here = (np.abs(np.abs(setting.u) - aside) < 0.01) & (setting.v > v[0]) & (setting.v < v[1])
    return float(plane[here].mean())


def ramp(setting: Setting) -> Plane:
    """Thin hair that gets thicker, from within the skin that a parser sees to well within its hair."""
    return smoothstep(np.abs(setting.u), BEGINS - 0.06, BEGINS + 0.06)


def test_hair_is_as_thin_as_its_colour_says(setting: Setting, person: Plane, told: Plane) -> None:
    hair = thinning_on_skin(setting, drawn(person, told, ramp(setting)), told, person)
    shares = [at(setting, hair, BEGINS + off) for off in (-0.05, -0.02, 0.0, 0.02, 0.05)]
    assert shares == sorted(shares)
    assert shares[0] < 0.05 < 0.2 < shares[2] < 0.8 < 0.95 < shares[-1]


def test_single_strands_are_seen_beyond_the_edge_and_gaps_within(setting: Setting, person: Plane, told: Plane) -> None:
    columns = np.arange(told.shape[1]) // 3 % 2 * np.ones_like(told)
    near_edge = np.abs(np.abs(setting.u) - BEGINS) < 0.04
    share = np.where(near_edge, columns, told).astype(np.float32)
    hair = thinning_on_skin(setting, drawn(person, told, share), told, person)
    here = near_edge & (np.abs(np.abs(setting.u) - BEGINS) < 0.03) & (setting.v > 0.1) & (setting.v < 0.3)
    assert hair[here & (share > 0.5)].mean() > 0.9
    assert hair[here & (share < 0.5)].mean() < 0.1


def test_a_wall_of_hair_stays_one(setting: Setting, person: Plane, told: Plane) -> None:
    hair = thinning_on_skin(setting, drawn(person, told, told), told, person)
    np.testing.assert_allclose(hair, told, atol=0.02)


def test_where_hair_is_of_the_skin_s_colour_the_parser_s_word_stands(
    setting: Setting, person: Plane, told: Plane
) -> None:
    view = drawn(person, told, ramp(setting))
    alike = view.with_picture(np.full_like(view.picture, SKIN))
    np.testing.assert_array_equal(thinning_on_skin(setting, alike, told, person), told)


def test_below_the_brows_and_far_off_the_edge_nothing_changes(setting: Setting, person: Plane, told: Plane) -> None:
    shaded = np.where(setting.v < -0.12, 0.5 * ramp(setting), np.maximum(told, 0.5 * (np.abs(setting.u) < 0.15)))
    hair = thinning_on_skin(setting, drawn(person, told, shaded.astype(np.float32)), told, person)
    still = (setting.v < -0.14) | (np.abs(setting.u) < 0.15)
    np.testing.assert_array_equal(hair[still], told[still])


def test_the_head_s_outline_is_not_its_business(setting: Setting, person: Plane, told: Plane) -> None:
    """Where a render's background is as light as skin, hair before it is no thinner."""
    lighter = told * (np.abs(setting.u) < ENDS - 0.005)
    hair = thinning_on_skin(setting, drawn(person, told, lighter), told, person)
    rim = (np.abs(setting.u) > ENDS - 0.008) & (person > 0)
    np.testing.assert_allclose(hair[rim], told[rim], atol=0.02)


def test_a_brow_beside_the_hair_is_none(setting: Setting, person: Plane, told: Plane) -> None:
    brow = (np.abs(setting.u - BEGINS + 0.06) < 0.03) & (np.abs(setting.v - 0.05) < 0.03)
    share = np.maximum(ramp(setting), brow).astype(np.float32)
    hair = thinning_on_skin(setting, drawn(person, told, share, brow), told, person)
    assert hair[brow & (np.abs(setting.u) < BEGINS - 0.04)].max() < 0.1


def test_a_head_without_hair_or_skin_stays_as_it_is(setting: Setting, person: Plane, told: Plane) -> None:
    view = drawn(person, told, told)
    for hair in (np.zeros_like(told), person):
        np.testing.assert_array_equal(thinning_on_skin(setting, view, hair, person), hair)


def stripes(setting: Setting) -> Plane:
    """Single hairs by turns, four pixels each."""
    return np.asarray(np.where(np.arange(setting.v.shape[0]) // 4 % 2, 1, -1)[:, None] * np.ones_like(setting.v))


def test_hair_ends_in_strands_and_only_there(setting: Setting, person: Plane, told: Plane) -> None:
    view = drawn(person, told, ramp(setting))
    plain = strands_on_skin(setting, view, view.picture, told, person, np.zeros_like(told))
    picture = strands_on_skin(setting, view, view.picture, told, person, stripes(setting))
    np.testing.assert_allclose(plain, view.picture, atol=2)
    differs = np.abs(picture - plain).mean(-1)
    assert at(setting, differs, BEGINS) > 20
    assert at(setting, differs, BEGINS + 0.12) < 0.5
    assert at(setting, differs, BEGINS - 0.12) < 0.5
    # As many darker as lighter ones.
    assert at(setting, (picture - plain).mean(-1), BEGINS) == pytest.approx(0, abs=3)


def test_a_rim_in_a_colour_of_neither_hair_nor_skin_goes(setting: Setting, person: Plane, told: Plane) -> None:
    view = drawn(person, told, ramp(setting))
    rim = np.exp(-(((np.abs(setting.u) - BEGINS) / 0.02) ** 2))[..., None]
    blue = np.asarray(view.picture + rim * np.array((-25, 0, 40), np.float32), np.float32)
    picture = strands_on_skin(setting, view, blue, told, person, np.zeros_like(told))
    before, after = (at(setting, (seen - view.picture)[..., 2], BEGINS) for seen in (blue, picture))
    assert before > 35
    assert abs(after) < 0.4 * before


def test_a_lock_of_the_skin_s_colour_amid_hair_is_hair(setting: Setting, person: Plane, told: Plane) -> None:
    """Only a narrow channel joins it to the skin, as one lock lies beside the next."""
    off = np.abs(setting.u) - BEGINS
    lock = (np.abs(off - 0.06) < 0.02) & (np.abs(setting.v - 0.2) < 0.08)
    channel = (off > -0.02) & (off < 0.06) & (np.abs(setting.v - 0.2) < 0.006)
    share = np.where(lock | channel, 0, told).astype(np.float32)
    hair = thinning_on_skin(setting, drawn(person, told, share), told, person)
    assert lock.sum() > 100
    assert hair[lock].mean() > 0.9


def test_a_bay_of_skin_in_the_hair_stays_skin(setting: Setting, person: Plane, told: Plane) -> None:
    off = np.abs(setting.u) - BEGINS
    bay = (off > -0.02) & (off < 0.06) & (np.abs(setting.v - 0.2) < 0.06)
    share = np.where(bay, 0, told).astype(np.float32)
    hair = thinning_on_skin(setting, drawn(person, told, share), told, person)
    assert hair[bay & (np.abs(setting.v - 0.2) < 0.04)].mean() < 0.1
