"""Going bald as a layer: on drawn disks of hair, and on the drawn head."""

from __future__ import annotations

from dataclasses import fields, replace
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.compositing import DrawnHeads, Setting
from engine.compositing.overlay import over
from engine.edits.balding import Balding, balding, shares_of_the_way
from engine.edits.outline import outlines
from engine.edits.pace import paced
from engine.edits.sinking import sinking
from engine.imaging.ops import Mask, dilate, erode, luminance
from engine.parsing import FaceClass
from tests.support.companion import Companion
from tests.support.hair_disks import COLUMNS, DARK, LIGHT, OWN_RADIUS_PX, RADIUS, ROWS, SIDE_PX, disks
from tests.support.schematic_head import HAIR, SchematicHead


@pytest.fixture(scope="module")
def layer() -> Balding:
    return disks(30, 20, 12, 0)


@pytest.fixture(scope="module")
def on_head(setting: Setting, heads: DrawnHeads) -> Balding:
    return balding(setting, heads, 1)


@pytest.fixture(scope="module")
def hanging(setting: Setting) -> Mask:
    """Beside and below the ears, further out than what is drawn of hair there."""
    aside = np.abs(setting.u)
    return np.asarray((aside > 0.5) & (aside < 0.72) & (setting.v > -0.55) & (setting.v < -0.18), bool)


@pytest.fixture(scope="module")
def longer(head: SchematicHead, setting: Setting, hanging: Mask) -> Setting:
    """A photo whose hair hangs further down than the heads'."""
    picture, probabilities = head.photo.picture.copy(), head.photo.probabilities.copy()
    picture[hanging] = HAIR
    probabilities[:, hanging[::2, ::2]] = 0
    probabilities[FaceClass.HAIR, hanging[::2, ::2]] = 1
    return replace(setting, photo=replace(head.photo, picture=picture, probabilities=probabilities))


@pytest.fixture(scope="module")
def below(head: SchematicHead, longer: Setting, heads: DrawnHeads) -> DrawnHeads:
    """The same heads on it."""
    return replace(heads, change=longer.change(head.render))


@pytest.fixture(scope="module")
def long_haired(longer: Setting, below: DrawnHeads) -> Balding:
    return balding(longer, below, 1)


def shown(layer: Balding, position: float) -> NDArray[np.float32]:
    return over(layer.photo, layer.at(position))


def test_at_the_start_nothing_covers_the_photo(layer: Balding, on_head: Balding) -> None:
    for each in (layer, on_head):
        assert not each.at(0.0).alpha.any()
        assert not each.overlay(0.0).alpha.any()
        np.testing.assert_array_equal(shown(each, 0.0), each.photo)


@pytest.mark.parametrize("position", [0.1, 0.5, 1.0, 1.4, 2.0])
def test_no_position_covers_more_than_what_may_change(on_head: Balding, position: float) -> None:
    overlay = on_head.at(position)
    alpha = overlay.alpha
    assert np.isfinite(overlay.picture).all()
    assert (alpha <= on_head.cover + 1e-6).all()
    assert (alpha >= 0).all()
    assert not alpha[on_head.cover == 0].any()
    outside = on_head.cover == 0
    np.testing.assert_array_equal(shown(on_head, position)[outside], on_head.photo[outside])


def test_in_the_end_the_last_head_is_all_that_is_seen_where_it_may(layer: Balding) -> None:
    end = layer.at(3.0)
    np.testing.assert_allclose(end.alpha, layer.change, atol=1e-6)
    np.testing.assert_allclose(end.picture, layer.people[-1], atol=1e-3)


def test_own_hair_stays_well_inside_of_drawn_hair_and_goes_at_its_rim(layer: Balding) -> None:
    """At the first head, whose hair ends at 30 px: what lies further out is drawn, what lies inside is the photo's."""
    alpha = layer.at(0.95).alpha
    assert not alpha[RADIUS < 14].any()
    assert alpha[(RADIUS > 23) & (RADIUS < OWN_RADIUS_PX)].min() > 0.99


def test_drawn_hair_before_the_background_ends_in_strands() -> None:
    layer = replace(disks(30, 20, loose=True), unit_px=0.6)
    by_turns = np.where(np.arange(SIDE_PX) // 3 % 2, 0.8, -0.8).astype(np.float32)[:, None]
    stranded = replace(layer, strands=by_turns * np.ones_like(layer.strands))
    plain, seen = (luminance(shown(each, 1.0)) for each in (layer, stranded))
    rim = np.abs(RADIUS - 20) < 3
    assert np.abs(seen - plain)[rim].mean() > 10
    np.testing.assert_allclose(seen[RADIUS < 10], plain[RADIUS < 10], atol=1)


def test_own_hair_that_the_first_head_lacks_falls_outermost_first() -> None:
    layer = disks(30, 20, 12, 0, loose=True)
    rims = [(RADIUS > 34) & (RADIUS < 36), (RADIUS > 31.5) & (RADIUS < 32.5)]
    outer, inner = ([float(layer.at(p).alpha[rim].mean()) for p in (0.05, 0.2, 0.5, 0.7, 0.9)] for rim in rims)
    assert outer == sorted(outer)
    assert inner == sorted(inner)
    assert outer[0] < 0.3
    assert outer[2] > 0.9
    assert outer[1] > inner[1] + 0.2
    assert min(outer[-1], inner[-1]) > 0.995


def test_own_hair_on_drawn_hair_does_not_go_all_at_once(on_head: Balding) -> None:
    own = on_head.own_hair > 0.5
    left = [1 - float(on_head.at(float(position)).alpha[own].mean()) for position in np.linspace(0.02, 1, 50)]
    goes = -np.diff(left)
    assert goes.min() > -0.01
    assert goes.max() < 5 * goes.mean()


def test_drawn_hair_never_grows_back_along_the_heads(layer: Balding, on_head: Balding) -> None:
    for each in (layer, on_head):
        left = [each.hair_left(float(p)) for p in np.linspace(0, len(each.heads) - 1, 21)]
        assert all((later <= earlier + 0.02).all() for earlier, later in pairwise(left))
        amounts = [float(plane.sum()) for plane in left]
        assert amounts[-1] < 0.02 * amounts[0]


def test_dark_pixels_only_ever_get_fewer(layer: Balding) -> None:
    dark = [float((luminance(shown(layer, float(p))) < 110).sum()) for p in np.linspace(0, 3, 25)]
    assert all(later <= earlier for earlier, later in pairwise(dark))
    assert dark[-1] == 0


def test_between_two_heads_the_picture_is_between_theirs(layer: Balding) -> None:
    rim = (RADIUS > 16) & (RADIUS < 19)
    colours = [float(layer.at(p).picture[rim].mean()) for p in (1.0, 1.25, 1.5, 2.0)]
    np.testing.assert_allclose(colours, (DARK, 0.75 * DARK + 0.25 * LIGHT, (DARK + LIGHT) / 2, LIGHT), atol=2)


def test_where_an_outline_moves_both_heads_colours_are_seen_inside_of_it() -> None:
    """The rim of a head with dark hair does not stay dark until the next outline has passed it."""
    layer = disks(30, 20, loose=True)
    skin = np.full_like(layer.photo, LIGHT)
    pale = replace(layer, people=(layer.people[0], skin), heads=(layer.heads[0], layer.heads[1]))
    rim = (RADIUS > 21) & (RADIUS < 23)
    np.testing.assert_allclose(pale.at(0.5).picture[rim], (DARK + LIGHT) / 2, atol=3)
    beyond = (RADIUS > 28) & (RADIUS < 30)
    assert pale.at(0.5).picture[beyond].mean() > LIGHT - 5


def test_own_hair_on_the_first_head_stays_until_the_outline_has_passed_it() -> None:
    """Hair further out is still there: it would stand apart from the head."""
    layer = disks(30, 20, loose=True)
    rim, outer = (RADIUS > 26) & (RADIUS < 29), (RADIUS > 31) & (RADIUS < 33)
    for position in (0.3, 0.5, 0.7, 0.9):
        alpha = layer.at(position).alpha
        assert alpha[rim].mean() <= alpha[outer].mean() + 0.02


def test_temples_go_before_the_midline(setting: Setting, heads: DrawnHeads) -> None:
    left = balding(setting, heads, 2).hair_left(0.4)
    height = (setting.v > 0.38) & (setting.v < 0.5)
    temples = height & (np.abs(np.abs(setting.u) - 0.31) < 0.04)
    assert left[temples].mean() < left[height & (np.abs(setting.u) < 0.04)].mean() - 0.1


@pytest.mark.parametrize("position", [0.6, 1.3])
def test_edges_of_a_blurred_photo_s_hair_are_as_soft(longer: Setting, below: DrawnHeads, position: float) -> None:
    def steepest(softer_px: float) -> float:
        layer = balding(longer, replace(below, softer_px=softer_px), 1)
        # Hair that moves is laid over what is behind it, so that alpha alone would not tell where it ends.
        still = np.zeros_like(layer.change)
        layer = replace(layer, sinking=replace(layer.sinking, further=still, lying=still))
        alpha = layer.at(position).alpha[layer.change > 0.999]
        whole = np.where(layer.change > 0.999, layer.at(position).alpha, np.nan)
        assert alpha.min() < 0.2
        assert alpha.max() > 0.9
        return float(np.nanmax(np.abs(np.diff(whole, axis=0))))

    # A step that is blurred by a Gaussian is no steeper than its height there.
    assert steepest(8.0) < 1.1 / (8.0 * np.sqrt(2 * np.pi)) < steepest(0.0)


def test_single_strands_fall_by_turns(layer: Balding) -> None:
    strands = np.where(COLUMNS % 2 > 0.9, 1, -1).astype(np.float32)
    mixed = replace(layer, spread=0.35 * strands).at(1.5).picture[(RADIUS > 16) & (RADIUS < 19)]
    assert mixed.std() > layer.at(1.5).picture[(RADIUS > 16) & (RADIUS < 19)].std() + 5


def test_bangs_give_way_to_skin_strand_by_strand_rather_than_as_a_veil(layer: Balding) -> None:
    """Half of each pixel for a whole head's way made dark bangs a grey glass before the forehead."""
    lost = (RADIUS > 14) & (RADIUS < 18)
    layer = replace(layer, ahead=replace(layer.ahead, hanging=np.ones_like(RADIUS)))
    by_turns = replace(layer, spread=np.where(COLUMNS.astype(int) % 2, 0.25, -0.25).astype(np.float32))
    hair = by_turns.hair_left(1.5)[lost]
    assert (np.abs(hair - 0.5) > 0.4).mean() > 0.95
    assert abs(float(hair.mean()) - 0.5) < 0.1
    begun, half, over_with = (float(layer.hair_left(position)[lost].mean()) for position in (1.1, 1.5, 1.9))
    assert begun > 0.98
    assert abs(half - 0.5) < 0.05
    assert over_with < 0.02


def test_where_much_hair_goes_at_once_it_goes_from_the_hairline_on() -> None:
    """Half of each pixel made a translucent crescent between two hairlines."""
    layer = disks(35, 34, 12, 0, recedes=True)
    ring = (RADIUS > 13) & (RADIUS < 33)
    hair, faded = (each.hair_left(1.5)[ring] for each in (layer, disks(35, 34, 12, 0)))
    assert (np.abs(hair - 0.5) > 0.25).mean() > 0.5
    assert (np.abs(faded - 0.5) > 0.25).mean() < 0.05
    outer, inner = (RADIUS > 28) & (RADIUS < 32), (RADIUS > 14) & (RADIUS < 18)
    assert layer.hair_left(1.5)[outer].mean() < 0.2
    assert layer.hair_left(1.5)[inner].mean() > 0.8


def test_the_clean_end_has_no_hair_and_the_horseshoe_has_some_at_the_sides(on_head: Balding, setting: Setting) -> None:
    clean = paced(on_head, np.ones_like(on_head.change, bool), 2.0)
    left = clean.hair_left(float(clean.positions[-1]))
    # Brows and eyes stay the photo's own, whatever the matte makes of their edges.
    assert left[~dilate(setting.protected, 6)].max() < 0.05
    sides = (np.abs(setting.u) > 0.5) & (np.abs(setting.u) < 0.58) & (setting.v > -0.25) & (setting.v < 0)
    assert on_head.hair_left(1.0)[sides].mean() > 0.8
    top = (np.abs(setting.u) < 0.3) & (setting.v > 0.4) & (setting.v < 0.55)
    assert on_head.hair_left(1.2)[top].mean() < 0.1


def test_hair_beside_and_below_the_ears_stays_until_the_horseshoe(long_haired: Balding, hanging: Mask) -> None:
    inner = erode(hanging, 4)
    assert long_haired.change[inner].min() > 0.9
    for position in (0.3, 0.7, 1.0):
        assert long_haired.at(position).alpha[inner].mean() < 0.05


def test_the_crown_s_hair_does_not_stay_until_the_horseshoe(long_haired: Balding, setting: Setting) -> None:
    crown = (np.abs(setting.u) < 0.3) & (setting.v > 0.35) & (setting.v < 0.65)
    assert long_haired.at(1.0).alpha[crown].min() > 0.95


def test_beyond_the_horseshoe_the_hair_below_the_ears_goes_too(long_haired: Balding, hanging: Mask) -> None:
    inner, still = erode(hanging, 4), np.zeros_like(long_haired.change)
    long_haired = replace(long_haired, sinking=replace(long_haired.sinking, further=still, lying=still))
    gone = [float(long_haired.at(position).alpha[inner].mean()) for position in (1.0, 1.25, 1.5, 1.75, 2.0)]
    assert gone == sorted(gone)
    assert any(0.05 < share < 0.95 for share in gone)  # not all at once

    assert gone[-1] > 0.9


def test_beyond_the_horseshoe_hanging_hair_gets_shorter_from_its_ends(
    long_haired: Balding, hanging: Mask, setting: Setting
) -> None:
    inner = erode(hanging, 4)
    middle = float(setting.v[inner].mean())
    # Hair that moves is laid over what is behind it, so that alpha alone would not tell where it ends.
    still = np.zeros_like(long_haired.change)
    halfway = replace(long_haired, sinking=replace(long_haired.sinking, further=still, lying=still)).at(1.15).alpha
    lower, upper = (halfway[inner & half].mean() for half in (setting.v < middle, setting.v > middle))
    assert lower > upper + 0.2


def test_the_lower_the_further_beyond_the_horseshoe_hair_stays(long_haired: Balding, setting: Setting) -> None:
    aside = np.abs(setting.u)
    kept = long_haired.kept > 0
    reaches = [float(aside[(np.abs(setting.v - v) < 0.01) & kept].max()) for v in (0.0, -0.15, -0.3)]
    assert reaches == sorted(reaches)
    assert reaches[-1] > reaches[0] + 0.1


def test_where_the_horseshoe_has_no_hair_nothing_is_kept(setting: Setting, heads: DrawnHeads) -> None:
    assert (balding(setting, heads, len(heads.heads) - 1).kept < 0).all()


def test_on_other_pixels_the_same_head_is_seen_smaller(layer: Balding) -> None:
    def halved(values: NDArray[np.float32]) -> NDArray[np.float32]:
        half = SIDE_PX // 2
        return np.asarray(values.reshape(half, 2, half, 2, *values.shape[2:]).mean((1, 3)), np.float32)

    small = layer.warped(halved, 0.5)
    assert small.unit_px == layer.unit_px / 2
    for position in (0.4, 1.0, 1.7, 3.0):
        assert np.abs(shown(small, position) - halved(shown(layer, position))).mean() < 2


def test_whatever_lies_on_its_pixels_lies_on_the_other_ones_too_and_two_planes_are_laid_at_once(
    layer: Balding,
) -> None:
    together = Companion()

    def halved(values: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.ascontiguousarray(values[::2, ::2])

    small, large_shape = layer.warped(together.of(halved), 0.5), layer.photo.shape[:2]
    assert together.met
    planes = [field.name for field in fields(layer) if np.shape(getattr(layer, field.name))[:2] == large_shape]
    assert {"photo", "kept", "ends"} <= set(planes)
    for name in planes:
        np.testing.assert_array_equal(getattr(small, name), halved(getattr(layer, name)))
    for ours, theirs in zip(
        (*small.heads, *small.hair, *small.people), (*layer.heads, *layer.hair, *layer.people), strict=True
    ):
        np.testing.assert_array_equal(ours, halved(theirs.astype(np.float32)))


def test_outlines_are_told_while_hair_sinks(
    setting: Setting, heads: DrawnHeads, on_head: Balding, monkeypatch: pytest.MonkeyPatch
) -> None:
    together = Companion()
    for name, work in (("sinking", sinking), ("outlines", outlines)):
        monkeypatch.setattr(f"engine.edits.balding.{name}", together.of(work))
    again = balding(setting, heads, 1)
    assert together.met
    for ours, theirs in zip(again.outlines, on_head.outlines, strict=True):
        np.testing.assert_array_equal(ours.when, theirs.when)


def test_heads_are_drawn_at_even_shares_of_the_way() -> None:
    np.testing.assert_allclose(shares_of_the_way(5), (0, 0.25, 0.5, 0.75, 1))


def test_what_hangs_comes_down_from_the_skull_in_one_slope(long_haired: Balding, setting: Setting) -> None:
    """Beyond the bald head own hair is kept from above the brows on, over the head's rim."""
    aside, kept = np.abs(setting.u), long_haired.kept > 0
    reaches = [float(aside[(np.abs(setting.v - v) < 0.01) & kept].max()) for v in (0.15, 0.1, 0.05, 0.0, -0.1)]
    assert reaches == sorted(reaches)
    assert max(np.diff(reaches)) < 0.08


def test_before_the_background_own_hair_stays_up_to_the_outline() -> None:
    """Hair that is loose on all sides ends with its outline; the same hair on skin goes at its rim."""
    rim = (RADIUS > 29) & (RADIUS < 30)
    for loose, least, most in ((True, 0.8, 1.0), (False, 0.0, 0.5)):
        own = 1 - disks(30, 30, loose=loose).at(1.0).alpha[rim]
        assert least <= np.median(own) <= most


def test_below_shorter_and_shorter_hair_the_body_is_seen_and_not_what_is_behind_it() -> None:
    """Heads on the way were drawn with background where own hair hung; the last one has shoulders there."""
    body = np.asarray((COLUMNS > 0) & (ROWS > 0), np.float32)
    heads = (*(np.asarray(1 - body, np.float32),) * 3, np.ones_like(body))
    people = tuple(np.full((SIDE_PX, SIDE_PX, 3), LIGHT, np.uint8) for _ in heads)
    # Beside and far below the face, with own hair that ends ever higher: here at its lower quarter.
    ends = np.where(body > 0, -1 - ROWS / SIDE_PX, 0).astype(np.float32)
    layer = replace(
        disks(30, 20, 12, 0),
        behind=np.full((SIDE_PX, SIDE_PX, 3), DARK, np.float32),
        people=people,
        heads=heads,
        outlines=outlines([head > 0.5 for head in heads], 0.1),
        way=1,
        ends=ends,
        hangs=(-1.5, 0.0),
    )
    beyond = layer.at(1.4).picture
    inside = erode(body > 0, 12)
    assert beyond[inside].min() > LIGHT - 5


def test_by_the_horseshoe_own_hair_beside_its_skin_gives_way_to_drawn_hair(layer: Balding) -> None:
    """Own hair that had been long ended there with a cut edge, where short hair is drawn that gets thinner."""
    deep = RADIUS < 6
    near, far = (replace(layer, near_skin=np.full_like(RADIUS, share)) for share in (1.0, 0.0))
    early, late = 0.3 * layer.way, 0.6 * layer.way
    assert near.at(early).alpha[deep].max() < 0.05
    assert near.at(late).alpha[deep].mean() > 0.05
    assert far.at(late).alpha[deep].max() < 0.05
