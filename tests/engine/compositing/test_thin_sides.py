"""Side hair that thins out towards bald skin."""

from __future__ import annotations

import numpy as np
import pytest

from engine.compositing import Setting
from engine.compositing.thin_sides import ThinSides, ThinSideSettings, thin_sides, with_thin_sides
from engine.compositing.view import View
from engine.imaging.ops import Mask, Picture, Plane, luminance, smoothstep
from engine.parsing.classes import FaceClass

SKIN, HAIR = (210.0, 165.0, 145.0), (50.0, 38.0, 30.0)


@pytest.fixture(scope="module")
def person(setting: Setting) -> Plane:
    return ((np.abs(setting.u) < 0.7) & (setting.v < 0.6)).astype(np.float32)


def wide_sides(setting: Setting) -> Plane:
    """Hair at both sides of a head, from far below the brows to far above."""
    return ((np.abs(setting.u) > 0.4) & (np.abs(setting.u) < 0.7) & (setting.v < 0.45)).astype(np.float32)


def drawn(setting: Setting, hair: Plane, person: Plane) -> View:
    picture = np.empty((*hair.shape, 3), np.float32)
    picture[:] = SKIN
    picture[hair > 0.5] = HAIR
    probabilities = np.zeros((len(FaceClass), *hair.shape), np.float32)
    probabilities[FaceClass.SKIN], probabilities[FaceClass.HAIR] = person * (1 - hair), person * hair
    probabilities[FaceClass.BACKGROUND] = 1 - person
    return View(picture, probabilities, np.ones(hair.shape, bool))


def thinned(setting: Setting, hair: Plane, person: Plane, share: float = 1.0) -> tuple[ThinSides, Picture]:
    render = drawn(setting, hair, person)
    sides = thin_sides(setting, np.zeros_like(hair), render, hair, person, share)
    return sides, with_thin_sides(setting, render, sides).picture


def mean_between(
    setting: Setting, plane: Plane, low: float, high: float, v: tuple[float, float] = (0.2, 0.35)
) -> float:
    """The mean of what lies so far from the midline, between two heights."""
    here = (np.abs(setting.u) > low) & (np.abs(setting.u) < high) & (setting.v > v[0]) & (setting.v < v[1])
    return float(np.nanmean(plane[here]))


def test_hair_gets_more_from_bald_skin_on(setting: Setting, person: Plane) -> None:
    left = thinned(setting, wide_sides(setting), person)[0].hair
    edge, middle, far = (mean_between(setting, left, low, low + 0.03) for low in (0.405, 0.45, 0.56))
    assert edge < 0.15 < 0.3 < middle < 0.8 < far == 1


def test_below_the_brows_hair_is_as_it_was(setting: Setting, person: Plane) -> None:
    hair = wide_sides(setting)
    sides, picture = thinned(setting, hair, person)
    below = setting.v < -0.12
    np.testing.assert_array_equal(sides.hair[below], hair[below])
    np.testing.assert_array_equal(picture[below], drawn(setting, hair, person).picture[below])


def test_strands_go_one_by_one(setting: Setting, person: Plane) -> None:
    """Where half of the hair is left some strands are there and some are not."""
    hair = wide_sides(setting)
    rows = np.arange(hair.shape[0], dtype=np.float32)[:, None]
    strands = np.where(rows % 8 < 4, 1, -1) * np.ones_like(hair)
    left = thin_sides(setting, strands.astype(np.float32), drawn(setting, hair, person), hair, person, 1.0).hair
    sooner, later = (mean_between(setting, np.where(strands == sign, left, np.nan), 0.45, 0.48) for sign in (1, -1))
    assert sooner < 0.3 < 0.7 < later


def test_a_narrow_band_keeps_most_of_its_hair(setting: Setting, person: Plane) -> None:
    narrow = ((np.abs(setting.u) > 0.6) & (person > 0)).astype(np.float32)
    left = thinned(setting, narrow, person)[0].hair
    assert mean_between(setting, left, 0.605, 0.695) > 0.7


def test_skin_shows_where_hair_got_less(setting: Setting, person: Plane) -> None:
    sides, picture = thinned(setting, wide_sides(setting), person)
    shown = sides.bared[..., None]
    haired = (np.abs(setting.u) > 0.42) & (np.abs(setting.u) < 0.6) & (np.abs(setting.v - 0.25) < 0.1)
    np.testing.assert_allclose(picture[haired], (shown * SKIN + (1 - shown) * HAIR)[haired], atol=25)
    assert mean_between(setting, picture[..., 0], 0.405, 0.425) > 180


def test_a_head_that_is_half_way_thins_out_half_as_far(setting: Setting, person: Plane) -> None:
    hair = wide_sides(setting)
    lost = [float((hair - thinned(setting, hair, person, share)[0].hair).sum()) for share in (0.0, 0.5, 1.0)]
    assert lost[0] == 0
    assert lost[1] == pytest.approx(lost[2] / 2, rel=0.15)


def test_a_head_without_side_hair_is_as_it_was(setting: Setting, person: Plane) -> None:
    none = np.zeros_like(person)
    sides, picture = thinned(setting, none, person)
    assert not sides.bared.any()
    np.testing.assert_array_equal(picture, drawn(setting, none, person).picture)


def test_soft_hair_thins_out_no_sharper(setting: Setting, person: Plane) -> None:
    """A generator's own soft edge counts: hair begins where it does."""
    off = np.clip((np.abs(setting.u) - 0.40) / 0.08, 0, 1) * (setting.v < 0.45) * person
    left = thinned(setting, off.astype(np.float32), person)[0].hair
    assert mean_between(setting, left, 0.50, 0.52) > 0.6
    assert ThinSideSettings().bare < 0.2


def with_strand(setting: Setting, person: Plane, aside: float) -> tuple[View, Plane, Mask]:
    """A drawn head with a dark strand on its skin so far from the midline, which its parser calls skin."""
    hair = wide_sides(setting)
    render = drawn(setting, hair, person)
    strand = (np.abs(setting.u - aside) < 0.006) & (setting.v > 0.2) & (setting.v < 0.35)
    picture = render.picture.copy()
    picture[strand] = (70, 55, 45)
    return render.with_picture(picture), hair, strand


@pytest.mark.parametrize(("aside", "is_left"), [(0.34, False), (0.10, True)])
def test_a_strand_that_is_left_on_the_skin_beside_goes(
    setting: Setting, person: Plane, aside: float, *, is_left: bool
) -> None:
    render, hair, strand = with_strand(setting, person, aside)
    picture = with_thin_sides(
        setting, render, thin_sides(setting, np.zeros_like(hair), render, hair, person, 1.0)
    ).picture
    assert (picture[strand].mean() < 80) == is_left
    if not is_left:
        np.testing.assert_allclose(picture[strand].mean(0), SKIN, atol=12)


def test_bared_skin_is_not_lighter_than_the_skin_beside_it(setting: Setting, person: Plane) -> None:
    """A temple gets darker on its way round the head: lighter where hair was, its edge would be a groove."""
    hair = wide_sides(setting)
    render = drawn(setting, hair, person)
    dark = 1 - 0.15 * smoothstep(np.abs(setting.u), 0.30, 0.40)
    picture = np.where(hair[..., None] > 0.5, render.picture, render.picture * dark[..., None]).astype(np.float32)
    render = render.with_picture(picture)
    sides = thin_sides(setting, np.zeros_like(hair), render, hair, person, 1.0)
    light = luminance(with_thin_sides(setting, render, sides).picture)
    tones = [mean_between(setting, light, low, low + 0.01) for low in np.arange(0.28, 0.40, 0.015)]
    assert np.diff(tones).max() < 2
    assert tones[-1] < 0.93 * tones[0]


def test_the_hairs_shade_ends_in_no_groove(setting: Setting, person: Plane) -> None:
    """Skin gets darker towards hair over some way. What is painted beside hair must not leave the middle of that as a
    dark line between two lighter strips."""
    hair = wide_sides(setting)
    render = drawn(setting, hair, person)
    clear = np.clip((0.4 - np.abs(setting.u)) / 0.10, 0, 1)[..., None]
    shaded = np.where(hair[..., None] > 0.5, render.picture, render.picture * (0.6 + 0.4 * clear)).astype(np.float32)
    render = render.with_picture(shaded)
    sides = thin_sides(setting, np.zeros_like(hair), render, hair, person, 1.0)
    picture = with_thin_sides(setting, render, sides).picture[..., 0]
    tones = [mean_between(setting, picture, at, at + 0.02) for at in np.arange(0.2, 0.38, 0.02)]
    assert min(tones) > 0.85 * SKIN[0]
    assert max(tones[int(np.argmin(tones)) :]) - min(tones) < 0.1 * SKIN[0]
