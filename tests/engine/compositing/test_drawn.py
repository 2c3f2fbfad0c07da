"""The generator's heads laid into the photo."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.compositing import DrawnHeads, Setting, draw_heads
from engine.compositing.drawn import Shown
from engine.imaging.ops import blur, dilate, erode, luminance
from engine.parsing import FaceClass
from tests.support.schematic_head import (
    HAIR,
    RENDERED_BACKGROUND,
    RENDERED_HAIR,
    RENDERED_SKIN,
    SIZE_PX,
    SKIN,
    SchematicHead,
    background,
    draw_head,
    with_class,
)

RNG = np.random.default_rng
SHOWN: tuple[Shown, Shown] = ("years", "parts")


@pytest.fixture(scope="module")
def hair(head: SchematicHead) -> NDArray[np.bool_]:
    return np.asarray(head.photo_classes == FaceClass.HAIR, bool)


@pytest.fixture(scope="module")
def bald(heads: DrawnHeads) -> NDArray[np.float32]:
    """The last picture, without hair."""
    return heads.heads[-1].picture.astype(np.float32)


def test_each_render_becomes_a_picture_of_the_whole_canvas(heads: DrawnHeads, head: SchematicHead) -> None:
    assert len(heads.heads) == len(head.renders)
    for drawn in heads.heads:
        assert drawn.picture.shape == (SIZE_PX, SIZE_PX, 3)
        assert drawn.picture.dtype == np.uint8
        assert drawn.hair.shape == (SIZE_PX, SIZE_PX)
        assert drawn.hair.min() >= 0
        assert drawn.hair.max() <= 1


def test_under_the_hair_is_skin_of_the_photos_own_tone(
    bald: NDArray[np.float32], setting: Setting, head: SchematicHead, hair: NDArray[np.bool_]
) -> None:
    """The render's skin is 15 steps darker than the photo's."""
    scalp = hair & (head.render_classes == FaceClass.SKIN) & (setting.v > 0.25)
    assert scalp.sum() > 5000
    np.testing.assert_allclose(bald[scalp].mean(0), SKIN, atol=14)


def test_beyond_the_skull_is_the_photos_background_carried_on_not_the_renders(
    bald: NDArray[np.float32], head: SchematicHead, hair: NDArray[np.bool_]
) -> None:
    behind = hair & (head.render_classes == FaceClass.BACKGROUND)
    behind &= ~dilate(np.asarray(head.render_classes != FaceClass.BACKGROUND, bool), 6)
    assert behind.sum() > 2000
    truth = background(np.random.default_rng(4))
    assert np.abs(bald - truth)[behind].mean() < 12
    assert np.corrcoef(bald[behind][:, 1], truth[behind][:, 1])[0, 1] > 0.75


def test_the_bald_outline_is_the_renders(bald: NDArray[np.float32], head: SchematicHead, setting: Setting) -> None:
    """Skin is red, the background green."""
    above = setting.v > 0.3
    body = np.asarray(head.render_classes != FaceClass.BACKGROUND, bool)
    reddish = bald[..., 0] > bald[..., 1] + 10
    assert reddish[erode(body, 3) & above].mean() > 0.95
    beside = dilate(body, 20) & ~dilate(body, 4) & above & (head.photo_classes == FaceClass.HAIR)
    assert reddish[beside].mean() < 0.05


def test_hair_that_a_render_has_on_somebody_beside_is_not_drawn(setting: Setting, head: SchematicHead) -> None:
    """It stood beside the head as a piece in the air."""
    beside = replace(setting.axes, origin=setting.axes.origin + 0.9 * setting.axes.width_px * setting.axes.right)
    there = (setting.u > 0.56) & (setting.u < 0.70) & (np.abs(setting.v) < 0.15)
    first, *later = head.renders
    picture, probabilities = first.picture.copy(), first.probabilities.copy()
    picture[there] = RENDERED_HAIR
    probabilities[:, there[::2, ::2]] = 0
    probabilities[FaceClass.HAIR, there[::2, ::2]] = 1
    renders = [replace(first, picture=picture, probabilities=probabilities), *later]
    drawn = [
        draw_heads(replace(setting, others=others), renders, np.random.default_rng(0)).heads[0].head[erode(there, 6)]
        for others in ((), (beside,))
    ]
    assert drawn[0].max() > 0.9
    assert drawn[1].max() < 0.1


def test_no_drawn_head_is_higher_than_the_photos_hair_before_its_background(
    setting: Setting, head: SchematicHead, hair: NDArray[np.bool_]
) -> None:
    """Outlines would move through the wall above it."""
    first = head.renders[0]
    tall = dilate(hair, 25) & (setting.v > 0.3)
    picture, probabilities = first.picture.copy(), first.probabilities.copy()
    picture[tall] = RENDERED_HAIR
    probabilities[:, tall[::2, ::2]] = 0
    probabilities[FaceClass.HAIR, tall[::2, ::2]] = 1
    taller = replace(first, picture=picture, probabilities=probabilities)
    drawn = draw_heads(setting, (taller, *head.renders[1:]), np.random.default_rng(0), bald=2)
    assert drawn.heads[0].head[erode(hair, 3)].min() > 0.9
    assert drawn.heads[0].head[~dilate(hair, 16) & (setting.v > 0.3)].max() < 0.1


def test_a_hole_that_the_parser_sees_in_a_drawn_head_is_skin_all_the_same(
    setting: Setting, head: SchematicHead, bald: NDArray[np.float32]
) -> None:
    hole = (np.abs(setting.u) < 0.2) & (setting.v > 0.25) & (setting.v < 0.5)
    probabilities = head.render.probabilities.copy()
    small = hole[:: hole.shape[0] // probabilities.shape[1], :: hole.shape[1] // probabilities.shape[2]]
    probabilities[:, small] = 0
    probabilities[FaceClass.BACKGROUND, small] = 1
    render = replace(head.render, probabilities=probabilities)
    holed = draw_heads(setting, (*head.on_the_way, render), np.random.default_rng(0)).heads[-1].picture
    assert np.abs(holed - bald)[hole].mean() < 4


def test_where_the_parser_wavers_on_a_forehead_of_skin_no_hair_is_drawn(setting: Setting, head: SchematicHead) -> None:
    """It holds hair for likelier than skin on bare skin between the brows and the hair."""
    forehead = (np.abs(setting.u) < 0.2) & (setting.v > 0.1) & (setting.v < 0.25)
    probabilities = head.on_the_way[0].probabilities.copy()
    small = forehead[:: forehead.shape[0] // probabilities.shape[1], :: forehead.shape[1] // probabilities.shape[2]]
    probabilities[:, small] = 0
    probabilities[FaceClass.HAIR, small], probabilities[FaceClass.SKIN, small] = 0.6, 0.4
    wavering = replace(head.on_the_way[0], probabilities=probabilities)
    sure, unsure = (
        draw_heads(setting, (first, head.render), np.random.default_rng(0)).heads[0]
        for first in (head.on_the_way[0], wavering)
    )
    assert unsure.hair[forehead].mean() < 0.02
    assert np.abs(unsure.picture.astype(int) - sure.picture)[forehead].mean() < 6


def test_hair_gets_less_from_head_to_head_until_none_is_left(heads: DrawnHeads) -> None:
    amounts = [float(drawn.hair.sum()) for drawn in heads.heads]
    assert amounts[0] > 2 * amounts[1] > 0
    assert amounts[-1] < 0.01 * amounts[0]
    for earlier, later in pairwise(heads.heads):
        assert (later.hair <= earlier.hair).all()


def test_hair_that_a_later_render_has_again_does_not_grow_back(setting: Setting, head: SchematicHead) -> None:
    haired, sided = head.on_the_way
    heads = draw_heads(setting, (haired, sided, haired), np.random.default_rng(0)).heads
    assert (heads[2].hair <= heads[1].hair).all()


def test_drawn_hair_has_the_persons_own_tone(heads: DrawnHeads, hair: NDArray[np.bool_], head: SchematicHead) -> None:
    """The render's hair is half again as light as the photo's."""
    inside = erode(hair, 8)
    own, drawn = (np.median(picture[inside], 0) for picture in (head.photo.picture, heads.heads[0].picture))
    assert np.abs(drawn - own).max() < 6
    assert np.abs(np.subtract(RENDERED_HAIR, HAIR)).max() > 20


def test_drawn_brows_become_as_dark_as_the_persons(setting: Setting, head: SchematicHead) -> None:
    brows = np.isin(head.render_classes, (FaceClass.LEFT_BROW, FaceClass.RIGHT_BROW))
    faint = head.render.picture.copy()
    faint[brows] = (150.0, 115.0, 100.0)
    light = replace(head.render, picture=blur(faint, 0.7))
    inner = erode(brows, 1)
    own, before = (np.median(picture[inner], 0) for picture in (head.photo.picture, light.picture))
    drawn = np.median(draw_heads(setting, (light,), np.random.default_rng(0)).heads[0].picture[inner], 0)
    assert np.abs(own - before).min() > 40
    assert np.abs(drawn - own).max() < 0.35 * np.abs(own - before).min()


def test_drawn_brows_stay_as_they_are_where_hair_hides_the_persons(setting: Setting, head: SchematicHead) -> None:
    """Hair that was taken for a brow is darker than any."""
    brows = np.isin(head.render_classes, (FaceClass.LEFT_BROW, FaceClass.RIGHT_BROW))
    fringe = (np.abs(setting.u) < 0.45) & (setting.v > 0.005) & (setting.v < 0.4)
    picture, probabilities = head.photo.picture.copy(), head.photo.probabilities.copy()
    picture[brows], picture[fringe] = 5.0, HAIR
    probabilities[:, fringe[::2, ::2]] = 0
    probabilities[FaceClass.HAIR, fringe[::2, ::2]] = 1
    hidden = replace(setting, photo=replace(head.photo, picture=picture, probabilities=probabilities))
    drawn = draw_heads(hidden, (head.render,), np.random.default_rng(0)).heads[0].picture
    inner = erode(brows, 1)
    assert np.median(drawn[inner]) > 0.8 * np.median(head.render.picture[inner])


def test_on_a_blurred_photo_the_drawn_part_is_as_blurred(head: SchematicHead, setting: Setting) -> None:
    def fine(sigma_px: float) -> float:
        photo = replace(head.photo, picture=blur(head.photo.picture, sigma_px) if sigma_px else head.photo.picture)
        drawn = draw_heads(replace(setting, photo=photo), head.renders[:1], np.random.default_rng(0)).heads[0]
        grey = luminance(drawn.picture.astype(np.float32))
        return float(np.abs(grey - blur(grey, 2))[erode(drawn.hair > 0.9, 8)].mean())

    assert fine(3.0) < 0.5 * fine(0.0)


@pytest.mark.slow
def test_the_seed_decides_the_grain_and_which_single_hairs_go_and_nothing_else(
    setting: Setting, head: SchematicHead
) -> None:
    """On renders that have less of it than the photo."""
    smooth = [replace(render, picture=blur(render.picture, 12)) for render in head.renders]
    one, same, other = (draw_heads(setting, smooth, np.random.default_rng(seed)) for seed in (0, 0, 1))
    differences = []
    for first, again, differently in zip(one.heads, same.heads, other.heads, strict=True):
        np.testing.assert_array_equal(again.picture, first.picture)
        np.testing.assert_array_equal(differently.head, first.head)
        np.testing.assert_allclose(blur(differently.hair, 8), blur(first.hair, 8), atol=0.05)
        differences.append(np.abs(differently.picture.astype(int) - first.picture).mean())
    assert max(differences) < 4
    assert differences[-1] > 0  # a head whose edges lie where the grain was read may lack none
    np.testing.assert_array_equal(other.change, one.change)


def test_grain_is_the_same_on_all_heads_so_that_it_never_flickers(setting: Setting, head: SchematicHead) -> None:
    first, second = draw_heads(setting, (head.render, head.render), np.random.default_rng(0)).heads
    np.testing.assert_array_equal(first.picture, second.picture)


def test_a_head_without_hair_is_drawn_all_the_same() -> None:
    bald = draw_head(with_hair=False)
    heads = draw_heads(bald.setting, (bald.render,), np.random.default_rng(0))
    assert (heads.change > 0).mean() < 0.002
    picture, skin = heads.heads[0].picture, bald.photo_classes == FaceClass.SKIN
    assert picture.shape == (SIZE_PX, SIZE_PX, 3)
    np.testing.assert_allclose(picture[skin].mean(0), SKIN, atol=6)
    assert not heads.heads[0].hair.any()


def test_what_lies_behind_the_hair_is_the_photo_elsewhere_and_shows_no_head_of_any_render(
    heads: DrawnHeads, head: SchematicHead, hair: NDArray[np.bool_]
) -> None:
    person = np.asarray(head.photo_classes != FaceClass.BACKGROUND, bool)
    far = ~dilate(hair, 60) & ~dilate(person, 12)
    np.testing.assert_allclose(heads.behind[far], head.photo.picture[far], atol=1e-3)
    hidden = hair & (head.render_classes == FaceClass.SKIN)
    assert np.abs(heads.behind[hidden] - SKIN).mean() > 25


def test_heads_laid_before_what_others_left_behind_are_the_same(
    setting: Setting, head: SchematicHead, heads: DrawnHeads
) -> None:
    again = draw_heads(setting, head.renders, np.random.default_rng(0), behind=heads.behind)
    for one, other in zip(heads.heads, again.heads, strict=True):
        np.testing.assert_array_equal(one.picture, other.picture)
    assert again.behind is heads.behind


def test_a_drawn_brow_where_the_person_has_none_becomes_skin(setting: Setting, head: SchematicHead) -> None:
    moved = (np.abs(np.abs(setting.u) - 0.22) < 0.1) & (setting.v > 0.12) & (setting.v < 0.16)
    picture, probabilities = head.render.picture.copy(), head.render.probabilities.copy()
    picture[moved] = (80.0, 60.0, 50.0)
    small = moved[::2, ::2]
    probabilities[:, small] = 0
    probabilities[FaceClass.LEFT_BROW, small] = 1
    render = replace(head.render, picture=picture, probabilities=probabilities)
    plain, browed = (
        draw_heads(setting, (one,), np.random.default_rng(0)).heads[0].picture for one in (head.render, render)
    )
    assert np.abs(browed.astype(int) - plain)[erode(moved, 1)].mean() < 12


def test_cloth_that_is_drawn_beside_the_face_is_not_seen(setting: Setting, head: SchematicHead) -> None:
    beside = (setting.u > 0.75) & (setting.u < 0.95) & (np.abs(setting.v) < 0.3)
    probabilities = head.render.probabilities.copy()
    probabilities[:, beside[::2, ::2]] = 0
    probabilities[FaceClass.CLOTH, beside[::2, ::2]] = 1
    drawn = draw_heads(setting, (replace(head.render, probabilities=probabilities),), np.random.default_rng(0)).heads[0]
    assert drawn.head[beside].mean() < 0.02


def test_a_head_with_hair_has_no_hole_where_the_bald_one_is_solid(setting: Setting, head: SchematicHead) -> None:
    """Open to the outside, as where a parser takes a turned forehead for background."""
    hole = (setting.u > 0.2) & (setting.v > 0.1) & (setting.v < 0.3)
    probabilities = head.on_the_way[1].probabilities.copy()
    probabilities[:, hole[::2, ::2]] = 0
    probabilities[FaceClass.BACKGROUND, hole[::2, ::2]] = 1
    holed = replace(head.on_the_way[1], probabilities=probabilities)
    drawn = draw_heads(setting, (holed, head.render), np.random.default_rng(0), bald=1).heads
    inner = hole & erode(drawn[1].head > 0.5, 24 * setting.unit_px)
    assert inner.sum() > 100
    assert drawn[0].head[inner].min() > 0.9


def test_a_head_with_less_hair_has_no_hole_in_the_bald_one_s_skin(setting: Setting, head: SchematicHead) -> None:
    """As where a parser takes a pale scalp before a pale wall for it."""
    hole = (np.abs(setting.u) < 0.1) & (setting.v > 0.2)
    probabilities = head.render.probabilities.copy()
    probabilities[:, hole[::2, ::2]] = 0
    probabilities[FaceClass.BACKGROUND, hole[::2, ::2]] = 1
    holed = replace(head.render, probabilities=probabilities)
    drawn = draw_heads(setting, (head.render, holed), np.random.default_rng(0), bald=0).heads
    inner = hole & erode(drawn[0].head > 0.5, 44 * setting.unit_px)
    assert inner.sum() > 100
    assert drawn[1].head[inner].min() > 0.9


def test_a_head_that_the_crop_cuts_before_the_bald_one_has_a_whole_skull_if_it_is_bare(
    setting: Setting, head: SchematicHead
) -> None:
    """A step that is left at the crop's edge would be seen on the way to the bald head."""
    sided = head.on_the_way[1]
    top = np.where(sided.is_any(FaceClass.SKIN), setting.v, -1).max()
    step = (setting.u > 0.05) & (setting.u < 0.25) & (setting.v > top - 0.14) & sided.is_any(FaceClass.SKIN)
    probabilities = sided.probabilities.copy()
    probabilities[:, step[::2, ::2]] = 0
    probabilities[FaceClass.BACKGROUND, step[::2, ::2]] = 1
    renders = (head.on_the_way[0], replace(sided, probabilities=probabilities), head.render)
    cut = replace(setting, above_px=int(np.nonzero(step.any(1))[0].max()))
    drawn = draw_heads(cut, renders, np.random.default_rng(0), bald=2)
    assert drawn.heads[1].head[erode(step, 6)].min() > 0.9


def test_a_bare_head_before_the_bald_one_has_a_skull_s_line_too(setting: Setting, head: SchematicHead) -> None:
    """As it was drawn it ended in a cone or a saw, for two years before the bald one's smooth line."""
    bare, own = head.render, setting.matte.hard
    top = np.where(bare.is_any(FaceClass.SKIN) & (np.abs(setting.u) < 0.05), setting.v, -1).max()
    bump = (np.abs(setting.u) < 0.06) & (setting.v > top - 0.1) & (setting.v < top + 0.08)
    assert own[bump].mean() > 0.9
    renders = (head.on_the_way[0], with_class(bare, bump, FaceClass.SKIN), bare)
    drawn = draw_heads(setting, renders, np.random.default_rng(0), bald=2)
    tip = bump & (setting.v > top + 0.04)
    assert tip.sum() > 100
    assert drawn.heads[1].head[tip].max() < 0.1


def test_nobody_gets_hair_on_the_way_where_they_had_none(setting: Setting, head: SchematicHead) -> None:
    """A generator gives back what somebody has lost; there the photo stays."""
    bare = replace(setting, photo=replace(draw_head(with_hair=False).photo, picture=head.photo.picture))
    drawn = draw_heads(bare, head.renders, np.random.default_rng(0)).heads[0]
    top = (np.abs(setting.u) < 0.3) & (setting.v > 0.4) & (setting.v < 0.6)
    assert drawn.hair[top].max() < 0.02
    np.testing.assert_allclose(drawn.picture[top], head.photo.picture[top], atol=6)


def test_where_a_later_head_alone_has_hair_before_own_skin_it_shows_that(setting: Setting, head: SchematicHead) -> None:
    """As a generator draws the far side of a turned forehead: it stood there as a dark tongue."""
    first, sides = head.on_the_way
    tongue = (np.abs(setting.u - 0.36) < 0.04) & (np.abs(setting.v - 0.12) < 0.06)
    later = with_class(sides, tongue, FaceClass.HAIR)
    dark = np.where(tongue[..., None], np.array(RENDERED_HAIR, np.float32), later.picture)
    later = later.with_picture(np.asarray(dark, np.float32))
    drawn = draw_heads(setting, [first, later, head.render], np.random.default_rng(0)).heads[1]
    inside = erode(tongue & setting.photo.seen(FaceClass.SKIN), 4)
    assert inside.any()
    assert drawn.hair[inside].max() < 0.05
    np.testing.assert_allclose(drawn.picture[inside].mean(0), SKIN, atol=15)


def test_for_an_edit_of_parts_the_own_forehead_keeps_its_light(setting: Setting, head: SchematicHead) -> None:
    """Else the drawn light goes on over it, further than the drawn skin."""
    whole, parts = (draw_heads(setting, head.renders, np.random.default_rng(0), bald=1, shown=shown) for shown in SHOWN)
    further = (whole.change > 0.5) & (parts.change < 0.01)
    assert further.any()
    assert (setting.v[further] > 0).all()
    np.testing.assert_array_equal(parts.change, setting.change(head.renders[-1]))


def test_side_hair_that_a_parser_loses_on_one_head_and_sees_on_the_next_is_there_on_both(
    setting: Setting, head: SchematicHead
) -> None:
    haired, sided = head.on_the_way
    lost = (setting.u > 0.48) & (setting.u < 0.64) & (setting.v > -0.1) & (setting.v < 0.1)
    probabilities = haired.probabilities.copy()
    probabilities[:, lost[::2, ::2]] = 0
    probabilities[FaceClass.BACKGROUND, lost[::2, ::2]] = 1
    picture = np.where(lost[..., None], np.array(RENDERED_BACKGROUND, np.float32), haired.picture)
    drawn = draw_heads(setting, (replace(haired, picture=picture, probabilities=probabilities), sided), RNG(0), bald=1)
    first, last = (one.head[erode(lost, 4)] for one in drawn.heads)
    assert last.mean() > 0.9
    assert first.mean() > 0.9


def test_side_hair_begins_as_the_render_draws_it(setting: Setting, head: SchematicHead) -> None:
    """Thin hair above the sides, where a parser sees skin, is drawn as hair in part, and dyed as much."""
    haired, sided = head.on_the_way
    beside = (np.abs(setting.u) > 0.46) & (np.abs(setting.u) < 0.50) & (setting.v > 0.21) & (setting.v < 0.25)
    bare = sided.is_any(FaceClass.SKIN) & beside
    half = np.where(bare[..., None], np.add(RENDERED_SKIN, RENDERED_HAIR) / 2, sided.picture)
    thin = draw_heads(setting, (haired, sided.with_picture(half.astype(np.float32))), RNG(0), bald=1).heads[1].hair
    plain = draw_heads(setting, head.on_the_way, RNG(0), bald=1).heads[1].hair
    assert plain[bare].mean() < 0.1
    assert 0.25 < thin[bare].mean() < 0.75
