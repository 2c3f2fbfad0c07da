"""Drawn hair in the person's own tone from place to place, and thin where it was drawn thin."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.compositing import Setting
from engine.compositing.own_tone import OwnTone, own_tone, with_own_tone
from engine.imaging.lab import to_lab
from engine.imaging.ops import Mask, Picture, Plane, erode, mixed
from tests.support.bare_middle import BEGINS, SKIN, hair_beside, parsed, somebody

HAIR, OWN = (70.0, 55.0, 45.0), (30.0, 24.0, 20.0)


@pytest.fixture(scope="module")
def person(setting: Setting) -> Plane:
    return somebody(setting)


@pytest.fixture(scope="module")
def hair(setting: Setting) -> Plane:
    return hair_beside(setting)


@pytest.fixture(scope="module")
def sure(hair: Plane) -> Mask:
    return erode(hair > 0.5, 4)


def coloured(hair: Plane, colour: tuple[float, float, float]) -> Picture:
    """A head with hair of a colour, its strands a little lighter and darker."""
    skin, strands = (np.full((*hair.shape, 3), colour, np.float32) for colour in (SKIN, colour))
    strands += np.where(np.arange(hair.shape[0]) // 3 % 2, 5, -5)[:, None, None].astype(np.float32)
    return mixed(skin, strands, hair)


@pytest.fixture(scope="module")
def own(setting: Setting, person: Plane, hair: Plane, sure: Mask) -> OwnTone:
    """Of a person whose hair is darker than the first head's."""
    photo = setting.photo.with_picture(coloured(hair, OWN))
    tone = own_tone(replace(setting, photo=photo), sure, parsed(person, hair, coloured(hair, HAIR)), sure)
    assert tone is not None
    return tone


def lightness(picture: Picture, where: Mask) -> float:
    return float(to_lab(picture)[where, 0].mean())


def beside_skin(setting: Setting, off: float) -> Mask:
    """Hair so far off the skin that it ends on, in face widths."""
    return (np.abs(np.abs(setting.u) - BEGINS - off) < 0.01) & (setting.v > 0.1) & (setting.v < 0.3)


def toned(setting: Setting, person: Plane, hair: Plane, own: OwnTone, picture: Picture) -> Picture:
    return with_own_tone(setting, parsed(person, hair, picture), picture, picture, hair, person, own)


def test_hair_of_the_first_head_gets_the_person_s_own_tone(
    setting: Setting, person: Plane, hair: Plane, own: OwnTone
) -> None:
    picture = toned(setting, person, hair, own, coloured(hair, HAIR))
    here = beside_skin(setting, 0.05)
    assert lightness(picture, here) == pytest.approx(lightness(coloured(hair, OWN), here), abs=3)


def test_hair_that_is_drawn_on_the_way_to_the_skin_shows_as_much_of_it(
    setting: Setting, person: Plane, hair: Plane, own: OwnTone
) -> None:
    here, shares = beside_skin(setting, 0.05), (0.0, 0.3, 0.6)
    thinner = [mixed(coloured(hair, HAIR), np.full((*hair.shape, 3), SKIN, np.float32), hair * s) for s in shares]
    lights = [lightness(toned(setting, person, hair, own, picture), here) for picture in thinner]
    assert lights == sorted(lights)
    dark, skin = lights[0], lightness(thinner[0], (np.abs(setting.u) < 0.1) & (setting.v > 0.1) & (setting.v < 0.3))
    assert 0.15 < (lights[1] - dark) / (skin - dark) < 0.4
    assert 0.45 < (lights[2] - dark) / (skin - dark) < 0.75


def test_far_off_the_skin_light_hair_is_no_skin(setting: Setting, person: Plane, hair: Plane, own: OwnTone) -> None:
    """There what is light is a highlight."""
    light = mixed(coloured(hair, HAIR), np.full((*hair.shape, 3), SKIN, np.float32), hair * np.float32(0.6))
    picture = toned(setting, person, hair, own, light)
    near, far = (lightness(picture, beside_skin(setting, off)) for off in (0.05, 0.2))
    assert far < 0.5 * near


def test_hair_of_the_skin_s_lightness_stays_hair(setting: Setting, person: Plane, hair: Plane, sure: Mask) -> None:
    """White hair beside skin is no skin, however light it is."""
    white = (205.0, 200.0, 195.0)
    picture = coloured(hair, white)
    photo = setting.photo.with_picture(picture)
    own = own_tone(replace(setting, photo=photo), sure, parsed(person, hair, picture), sure)
    assert own is not None
    seen = toned(setting, person, hair, own, picture)[beside_skin(setting, 0.05)].mean(0)
    np.testing.assert_allclose(seen, white, atol=6)


def test_hair_is_darker_where_the_person_s_own_is(setting: Setting, person: Plane, hair: Plane, sure: Mask) -> None:
    """Dark sides below light hair on top: all of it was as light as what both are on the mean."""
    low = setting.v < 0.1
    photo = setting.photo.with_picture(np.where(low[..., None], coloured(hair, OWN), coloured(hair, (72, 58, 46))))
    render = parsed(person, hair, coloured(hair, HAIR))
    own = own_tone(replace(setting, photo=photo), sure, render, sure)
    assert own is not None
    picture = with_own_tone(setting, render, render.picture, render.picture, hair, person, own)
    side = (np.abs(setting.u) > 0.45) & (np.abs(setting.u) < 0.6)
    for there in (side & (setting.v < -0.1) & (setting.v > -0.4), side & (setting.v > 0.25) & (setting.v < 0.5)):
        assert lightness(picture, there) == pytest.approx(lightness(photo.picture, there), abs=5)


def test_too_little_hair_tells_no_tone(setting: Setting, person: Plane, hair: Plane) -> None:
    few = (hair > 0.5) & (np.abs(setting.v) < 0.01) & (setting.u > 0.6)
    assert own_tone(setting, few, parsed(person, hair, coloured(hair, HAIR)), few) is None


def test_a_gloss_beside_skin_is_no_skin(setting: Setting, person: Plane, hair: Plane, own: OwnTone) -> None:
    """On black hair it is as light, but has none of the skin's colour: as skin it was a pink strip."""
    skin, here = to_lab(np.full((1, 1, 3), SKIN, np.float32))[0, 0], beside_skin(setting, 0.05)
    grey = np.full((*hair.shape, 3), (140.0, 140.0, 142.0), np.float32)
    glossy = mixed(coloured(hair, HAIR), grey, hair * np.float32(0.6))
    seen = to_lab(toned(setting, person, hair, own, glossy))[here].mean(0)
    assert np.hypot(*seen[1:]) < 0.4 * np.hypot(*skin[1:])


def test_hair_that_shows_skin_is_not_lighter_by_itself_too(
    setting: Setting, person: Plane, hair: Plane, own: OwnTone
) -> None:
    """What is half skin was the mean of skin and of hair as light as that mean."""
    half = mixed(coloured(hair, HAIR), np.full((*hair.shape, 3), SKIN, np.float32), hair * np.float32(0.5))
    here = beside_skin(setting, 0.05)
    shining = replace(own, tone=replace(own.tone, lightest=80.0))
    light = lightness(toned(setting, person, hair, shining, half), here)
    middle = lightness(mixed(coloured(hair, OWN), coloured(hair, SKIN), np.full_like(hair, 0.5)), here)
    assert light == pytest.approx(middle, abs=3)
