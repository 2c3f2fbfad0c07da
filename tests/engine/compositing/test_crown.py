"""The crown of a bald head, on a round skull that the drawn head wears: it ends as scalp, in a smooth outline."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import pytest

from engine.compositing import Setting
from engine.compositing.crown import Crown, is_bare_on_top, with_crown
from engine.compositing.view import View
from engine.imaging.ops import Mask, Plane, dilate, erode
from engine.parsing import FaceClass
from tests.support.schematic_head import RENDERED_BACKGROUND, RENDERED_HAIR, RENDERED_SKIN, SchematicHead

# The skull is a circle about a place on the midline, in face widths.
MIDDLE_V, RADIUS = 0.10, 0.5


def radius(setting: Setting) -> Plane:
    return np.asarray(np.hypot(setting.u, setting.v - MIDDLE_V), np.float32)


def degrees(setting: Setting) -> Plane:
    """From straight up, to either side."""
    return np.asarray(np.degrees(np.arctan2(np.abs(setting.u), setting.v - MIDDLE_V)), np.float32)


def skull(setting: Setting, size: float = RADIUS) -> Mask:
    return np.asarray((radius(setting) < size) & (setting.v > MIDDLE_V), bool)


def without_far_temple(setting: Setting) -> Mask:
    """A skull that a generator drew too narrow on one side."""
    return np.asarray(skull(setting) & ~((setting.u > 0.24) & (setting.v < 0.45)), bool)


def clear_own_skin(head: SchematicHead, setting: Setting) -> Mask:
    """Where the photo shows skin above the brows, well inside."""
    return erode((head.photo_classes == FaceClass.SKIN) & (setting.v > 0.14) & ~setting.matte.hard, 6)


def drawn(head: SchematicHead, setting: Setting, skin: Mask, hair: Mask | None = None) -> tuple[View, Plane]:
    """A render whose head above the brows is this skin and this hair before a plain background, and its head."""
    classes = np.where(setting.v > MIDDLE_V, FaceClass.BACKGROUND, head.render_classes).astype(np.uint8)
    picture = head.render.picture.copy()
    picture[classes == FaceClass.BACKGROUND] = RENDERED_BACKGROUND
    for member, colour, where in ((FaceClass.SKIN, RENDERED_SKIN, skin), (FaceClass.HAIR, RENDERED_HAIR, hair)):
        if where is not None:
            classes[where], picture[where] = member, colour
    probabilities = np.stack([(classes == member).astype(np.float32)[::2, ::2] for member in FaceClass])
    view = View(np.asarray(cv2.GaussianBlur(picture, (0, 0), 0.7), np.float32), probabilities, head.render.real)
    return view, (classes != FaceClass.BACKGROUND).astype(np.float32)


def crowned(head: SchematicHead, setting: Setting, skin: Mask, hair: Mask | None = None) -> Crown:
    return with_crown(setting, *drawn(head, setting, skin, hair))


def share(plane: Plane, where: Mask) -> float:
    """Of how much of a place a plane shows something."""
    assert where.any()
    return float((plane[where] > 0.5).mean())


@pytest.fixture(scope="module")
def fuzz(setting: Setting) -> Mask:
    """Hair around the skull and down both sides, as thick everywhere."""
    u, v = np.abs(setting.u), setting.v
    above = (v > MIDDLE_V) & (radius(setting) >= RADIUS) & (radius(setting) < RADIUS + 0.06)
    return np.asarray(above | ((v <= MIDDLE_V) & (v > -0.4) & (u >= RADIUS) & (u < RADIUS + 0.06)), bool)


def test_a_head_is_bare_on_top_where_no_rim_of_hair_lies_along_its_outline(
    head: SchematicHead, setting: Setting, fuzz: Mask
) -> None:
    """One with thin hair there is no bald head yet: its hair is to be seen."""
    bare, _ = drawn(head, setting, skull(setting))
    haired, _ = drawn(head, setting, skull(setting), fuzz)
    sides, _ = drawn(head, setting, skull(setting), fuzz & (degrees(setting) > 45))
    assert is_bare_on_top(setting, bare)
    assert is_bare_on_top(setting, sides)
    assert not is_bare_on_top(setting, haired)


def test_a_round_bare_skull_stays_as_it_was_drawn(head: SchematicHead, setting: Setting) -> None:
    whole = skull(setting)
    crown = crowned(head, setting, whole)
    assert share(crown.head, erode(whole, 2)) == 1
    assert share(crown.head, ~dilate(whole, 2) & (setting.v > MIDDLE_V + 0.02)) == 0


def test_hair_behind_the_crown_becomes_scalp_and_hair_at_the_sides_stays(
    head: SchematicHead, setting: Setting, fuzz: Mask
) -> None:
    crown = crowned(head, setting, skull(setting), fuzz)
    beyond = fuzz & ~dilate(skull(setting), 2)
    on_top = beyond & (setting.v > 0.58) & (crown.head > 0.5)
    assert share(crown.scalp, on_top) > 0.85
    assert np.abs(crown.render.picture[on_top] - RENDERED_SKIN).mean() < 20
    assert share(crown.head, beyond & (setting.v < MIDDLE_V)) > 0.98
    assert not crown.scalp[fuzz & (setting.v < MIDDLE_V)].any()


def test_thick_hair_behind_the_crown_is_cut_to_the_skull(head: SchematicHead, setting: Setting) -> None:
    """All around, but for a gap that shows where the skull ends."""
    thick = (radius(setting) < RADIUS + 0.2) & (radius(setting) >= RADIUS) & (setting.v > MIDDLE_V)
    thick &= degrees(setting) > 25
    crown = crowned(head, setting, skull(setting), thick)
    far = thick & (radius(setting) > RADIUS + 0.12)
    assert share(crown.head, far & (setting.v > 0.4)) < 0.05
    assert share(crown.head, far & (setting.v < MIDDLE_V + 0.03)) > 0.7


def test_the_lower_at_the_sides_the_further_hair_may_stand_out(head: SchematicHead, setting: Setting) -> None:
    far = (radius(setting) >= RADIUS) & (radius(setting) < RADIUS + 0.09) & (setting.v > MIDDLE_V)
    left = crowned(head, setting, skull(setting), far).head > 0.5
    widths = [
        float(radius(setting)[left & (np.abs(degrees(setting) - angle) < 1)].max()) - RADIUS for angle in (15, 50, 75)
    ]
    assert widths == sorted(widths)
    assert widths[-1] > widths[0] + 0.02


def test_below_the_brows_all_stays_as_it_was_drawn(head: SchematicHead, setting: Setting, fuzz: Mask) -> None:
    render, before = drawn(head, setting, skull(setting), fuzz)
    crown, below = with_crown(setting, render, before), setting.v < -0.2
    np.testing.assert_allclose(crown.head[below], before[below], atol=1e-3)
    np.testing.assert_allclose(crown.render.picture[below], render.picture[below], atol=1e-2)


def test_a_head_with_hair_on_the_crown_stays_as_it_is(head: SchematicHead, setting: Setting) -> None:
    top = skull(setting) & (setting.v > 0.3)
    render, before = drawn(head, setting, skull(setting) & ~top, top)
    crown = with_crown(setting, render, before)
    assert crown.render is render
    np.testing.assert_array_equal(crown.head, before)
    assert not crown.scalp.any()


def test_where_no_head_is_drawn_none_is_made(head: SchematicHead, setting: Setting) -> None:
    nobody = np.zeros_like(setting.v)
    crown = with_crown(setting, head.render, nobody)
    assert not crown.head.any()
    assert not crown.scalp.any()


def test_a_dent_in_the_crown_is_filled_with_the_skin_beside_it(head: SchematicHead, setting: Setting) -> None:
    dent = skull(setting) & (degrees(setting) < 8) & (radius(setting) > RADIUS - 0.04)
    crown = crowned(head, setting, skull(setting) & ~dent)
    inner = dent & (radius(setting) < RADIUS - 0.01)
    assert share(crown.head, inner) > 0.95
    assert share(crown.scalp, inner) > 0.95
    off_skin, off_background = (
        float(np.abs(crown.render.picture[inner] - colour).mean()) for colour in (RENDERED_SKIN, RENDERED_BACKGROUND)
    )
    assert off_skin < 0.5 * off_background


def test_where_the_outline_bridges_a_dent_beside_the_top_nothing_shines_through(
    head: SchematicHead, setting: Setting
) -> None:
    """The background did, as a grey crescent, and was painted where hair would lie."""
    dent = (radius(setting) > RADIUS - 0.05) & (degrees(setting) > 45) & (degrees(setting) < 80) & (setting.u > 0)
    crown = crowned(head, setting, skull(setting) & ~dent)
    filled = erode(dent & (crown.head > 0.02), 1)
    assert filled.sum() > 100
    assert crown.head[filled].mean() > 0.9
    assert np.abs(crown.render.picture[filled] - RENDERED_SKIN).mean() < 10


def test_a_notch_in_the_crown_is_filled_however_deep(head: SchematicHead, setting: Setting) -> None:
    """A parser sees one before a wall of the skin's colour."""
    notch = skull(setting) & (degrees(setting) < 8) & (radius(setting) > RADIUS - 0.2)
    crown = crowned(head, setting, skull(setting) & ~notch)
    assert share(crown.head, notch & (radius(setting) < RADIUS - 0.01)) > 0.95


def test_a_wide_gap_is_not_filled_to_its_end(head: SchematicHead, setting: Setting) -> None:
    """A circle that misses the head by far does not outline it."""
    gap = skull(setting) & (degrees(setting) < 38) & (radius(setting) > RADIUS - 0.2)
    crown = crowned(head, setting, skull(setting) & ~gap)
    assert share(crown.head, gap & (degrees(setting) < 30) & (radius(setting) > RADIUS - 0.05)) < 0.05


def test_a_bump_of_skin_on_the_crown_is_cut_off(head: SchematicHead, setting: Setting) -> None:
    bump = (np.abs(setting.u) < 0.1) & (setting.v > MIDDLE_V) & (radius(setting) < RADIUS + 0.07)
    crown = crowned(head, setting, skull(setting) | bump)
    assert share(crown.head, bump & (radius(setting) > RADIUS + 0.02)) < 0.05
    assert share(crown.head, bump & (radius(setting) < RADIUS - 0.02)) == 1


def test_a_tuft_beside_the_crown_is_cut_short_whatever_its_colour(head: SchematicHead, setting: Setting) -> None:
    tuft = (np.abs(setting.v - 0.34) < 0.012) & (np.abs(setting.u) < RADIUS + 0.2)
    crown = crowned(head, setting, skull(setting) | tuft)
    assert share(crown.head, tuft & (radius(setting) > RADIUS + 0.1)) < 0.05


def test_a_dent_far_down_at_the_sides_stays_as_it_was_drawn(head: SchematicHead, setting: Setting) -> None:
    """The same dent is filled on top."""
    whole, deep = skull(setting, 0.45), radius(setting) > 0.42
    for low, high, filled in ((10, 15, True), (67, 74, False)):
        dent = whole & deep & (degrees(setting) > low) & (degrees(setting) < high)
        crown = crowned(head, setting, whole & ~dent)
        middle = dent & (np.abs(degrees(setting) - (low + high) / 2) < 1.5) & (radius(setting) > 0.43)
        assert (share(crown.head, middle & (radius(setting) < 0.445)) > 0.8) == filled


def test_on_top_a_parser_s_hair_that_looks_like_scalp_is_scalp(head: SchematicHead, setting: Setting) -> None:
    patch = (np.abs(setting.u) < 0.12) & (setting.v > 0.42) & (setting.v < 0.5)
    dark, before = drawn(head, setting, skull(setting), patch)
    light = View(drawn(head, setting, skull(setting))[0].picture, dark.probabilities, dark.real)
    inner = erode(patch, 4)
    assert share(with_crown(setting, light, before).scalp, inner) > 0.95


def test_a_patch_of_hair_that_is_left_on_the_crown_is_painted_over(head: SchematicHead, setting: Setting) -> None:
    patch = (np.abs(setting.u) < 0.12) & (setting.v > 0.42) & (setting.v < 0.5)
    crown, inner = crowned(head, setting, skull(setting), patch), erode(patch, 4)
    assert share(crown.scalp, inner) > 0.9
    assert np.abs(crown.render.picture[inner] - RENDERED_SKIN).mean() < 20


def test_beside_the_top_light_hair_stays_hair(head: SchematicHead, setting: Setting) -> None:
    patch = skull(setting) & (np.abs(setting.u) > 0.34) & (setting.v > 0.14)
    haired, before = drawn(head, setting, skull(setting), patch)
    light = View(drawn(head, setting, skull(setting))[0].picture, haired.probabilities, haired.real)
    assert share(with_crown(setting, light, before).scalp, erode(patch, 4) & (setting.v < 0.25)) < 0.02


def test_hair_at_the_sides_gets_thinner_towards_the_top(head: SchematicHead, setting: Setting) -> None:
    """Neither an edge nor a line across it: it lies in a band that gets narrower."""
    sides = (radius(setting) >= RADIUS - 0.12) & (radius(setting) < RADIUS) & (degrees(setting) > 28)
    picture = crowned(head, setting, skull(setting) & ~sides, sides & skull(setting)).render.picture
    way = np.subtract(RENDERED_SKIN, RENDERED_HAIR)
    inner = erode(sides & skull(setting), 6)
    shares = []
    for angle in range(32, 72, 4):
        ring = inner & (np.abs(degrees(setting) - angle) < 2)
        shares.append(float(((picture[ring] - RENDERED_HAIR) @ way).mean() / (way @ way)))
    assert all(next_ < one + 1e-3 for one, next_ in pairwise(shares))
    assert max(one - next_ for one, next_ in pairwise(shares)) < 0.45
    assert shares[-1] < 0.1


def test_hair_that_begins_far_down_at_the_sides_gets_thinner_upwards_too(head: SchematicHead, setting: Setting) -> None:
    """It ended there as thick as further down, in a step."""
    sides = (radius(setting) >= RADIUS - 0.05) & (radius(setting) < RADIUS) & (degrees(setting) > 55)
    crown = crowned(head, setting, skull(setting) & ~sides, sides & skull(setting))
    thick = [share(1 - crown.scalp, sides & (np.abs(degrees(setting) - angle) < 1)) for angle in (57, 60, 63, 74)]
    assert thick == sorted(thick)
    assert thick[0] < 0.4 < 0.6 < thick[-1]


def test_the_face_below_the_crown_is_never_painted(head: SchematicHead, setting: Setting, fuzz: Mask) -> None:
    """Thin hair beside a far temple went on, as skin, over brow and nose."""
    render, before = drawn(head, setting, skull(setting), fuzz & (setting.v > 0.12))
    picture = render.picture.copy()
    face = (setting.v < 0.08) & (np.abs(setting.u) < 0.5) & (setting.v > -0.5)
    picture[face] += np.random.default_rng(0).normal(0, 20, (int(face.sum()), 3)).astype(np.float32)
    crown = with_crown(setting, render.with_picture(picture), before)
    np.testing.assert_allclose(crown.render.picture[face], picture[face], atol=1e-3)


def test_a_light_that_lies_on_the_scalp_s_edge_stays(head: SchematicHead, setting: Setting) -> None:
    """Before the background, away from hair: painted in the colour further inside the scalp became flat."""
    render, before = drawn(head, setting, skull(setting))
    lit = (degrees(setting) < 40) & (setting.u > 0) & (radius(setting) > RADIUS - 0.1)
    picture = render.picture + np.where(lit & skull(setting), np.float32(30), np.float32(0))[..., None]
    crown = with_crown(setting, render.with_picture(np.asarray(picture, np.float32)), before)
    edge = lit & (np.abs(radius(setting) - RADIUS + 0.05) < 0.006) & (degrees(setting) > 6) & (degrees(setting) < 34)
    assert float((crown.render.picture - render.picture)[edge].mean()) > 27


def test_a_scalp_s_dark_edge_is_painted(head: SchematicHead, setting: Setting) -> None:
    render, before = drawn(head, setting, skull(setting))
    dark = (degrees(setting) < 40) & (radius(setting) > RADIUS - 0.04) & skull(setting)
    picture = render.picture - np.where(dark, np.float32(25), np.float32(0))[..., None]
    crown = with_crown(setting, render.with_picture(np.asarray(picture, np.float32)), before)
    assert float((render.picture - crown.render.picture)[erode(dark, 4)].mean()) < 8


def test_painted_scalp_has_pores_like_the_rest(head: SchematicHead, setting: Setting, fuzz: Mask) -> None:
    render, before = drawn(head, setting, skull(setting), fuzz)
    noise = np.random.default_rng(1).normal(0, 6, render.picture.shape).astype(np.float32)
    crown = with_crown(setting, render.with_picture(render.picture + noise), before)
    painted = (np.abs(radius(setting) - RADIUS + 0.01) < 0.02) & (degrees(setting) < 25)
    inner = skull(setting) & (radius(setting) < 0.35) & (setting.v > 0.3)
    there, usual = (
        float((crown.render.picture - cv2.GaussianBlur(crown.render.picture, (0, 0), 3))[where].std())
        for where in (painted, inner)
    )
    assert there > 0.8 * usual


def test_where_the_photo_shows_skin_the_head_is(head: SchematicHead, setting: Setting) -> None:
    """The far temple of a turned head, which a generator drew too narrow."""
    narrow, own = without_far_temple(setting), clear_own_skin(head, setting)
    crown = crowned(head, setting, narrow)
    lost = own & ~narrow & (setting.v > 0.17)
    assert lost.sum() > 50
    assert np.percentile(crown.head[lost], 2) > 0.9
    assert np.abs(crown.render.picture[lost] - RENDERED_SKIN).mean() < 15


def test_a_renders_dark_rim_below_the_photos_own_skin_is_not_taken_for_pores(
    head: SchematicHead, setting: Setting
) -> None:
    """Mirrored onto what is painted beyond, it would be a black line across the head."""
    narrow, own = without_far_temple(setting), clear_own_skin(head, setting)
    view, drawn_head = drawn(head, setting, narrow)
    dark = RENDERED_SKIN[1] / 3
    picture = view.picture.copy()
    picture[narrow & dilate(~narrow, 4)] = dark
    crown = with_crown(setting, view.with_picture(picture), drawn_head)
    painted = own & ~dilate(narrow, 6) & (setting.v > 0.17)
    assert painted.sum() > 50
    assert np.percentile(crown.render.picture[painted].mean(-1), 10) > 0.97 * np.mean(RENDERED_SKIN)
