"""A head that is to have no hair at all, on the drawn head with some left."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.compositing import Setting, draw_heads
from engine.compositing.bare_end import BareEndSettings, without_any_hair
from engine.compositing.crown import Crown
from engine.compositing.torso import chin_height
from engine.compositing.view import View
from engine.imaging.ops import Mask, dilate, erode
from engine.parsing import FaceClass
from tests.support.schematic_head import CLOTH, RENDERED_HAIR, RENDERED_SKIN, SchematicHead


def crown(head: SchematicHead, hair: Mask | None) -> Crown:
    """The bald render with hair somewhere."""
    picture, probabilities = head.render.picture.copy(), head.render.probabilities.copy()
    if hair is not None:
        picture[hair] = RENDERED_HAIR
        probabilities[:, hair[::2, ::2]] = 0
        probabilities[FaceClass.HAIR, hair[::2, ::2]] = 1
    render = View(picture, probabilities, head.render.real)
    share = (~render.is_any(FaceClass.BACKGROUND)).astype(np.float32)
    return Crown(render, share, np.zeros_like(share))


@pytest.fixture(scope="module")
def strip(setting: Setting) -> Mask:
    """Beside the skull, above the ear."""
    return np.asarray((setting.u > 0.36) & (setting.u < 0.5) & (setting.v > 0.02) & (setting.v < 0.3), bool)


@pytest.fixture(scope="module")
def hanging(setting: Setting) -> Mask:
    """Beside the neck, off it."""
    return np.asarray((np.abs(setting.u - 0.52) < 0.06) & (setting.v > -0.7) & (setting.v < -0.36), bool)


def test_a_strip_of_hair_beside_the_skull_becomes_skin(head: SchematicHead, setting: Setting, strip: Mask) -> None:
    bare = without_any_hair(setting, crown(head, strip))
    inner = erode(strip & (bare.head > 0.9), 3)
    assert inner.sum() > 500
    assert not bare.render.is_any(FaceClass.HAIR)[strip].any()
    assert np.abs(np.median(bare.render.picture[inner], 0) - RENDERED_SKIN).max() < 8


def test_stubble_in_which_hair_ends_on_the_skull_goes_with_it(
    head: SchematicHead, setting: Setting, strip: Mask
) -> None:
    """A render's shaved rim would stand on the bare head as a dark line; the same shade elsewhere is the head's own."""
    seen = crown(head, strip)
    stubble = dilate(strip, 8) & ~strip & (setting.u < 0.36) & (setting.v > 0.06)
    own = np.asarray((np.abs(setting.u) < 0.1) & (np.abs(setting.v - 0.3) < 0.05), bool)
    seen.render.picture[stubble | own] = np.multiply(RENDERED_SKIN, 0.7)
    made = without_any_hair(setting, seen).render.picture
    assert stubble.sum() > 200
    assert np.abs(np.median(made[stubble], 0) - RENDERED_SKIN).max() < 12
    np.testing.assert_allclose(made[own], np.broadcast_to(np.multiply(RENDERED_SKIN, 0.7), made.shape)[own], atol=1)


def test_an_ear_keeps_its_folds_beside_hair_that_goes(head: SchematicHead, setting: Setting, strip: Mask) -> None:
    """A parser doubts their rim; a strip of skin painted over it would leave a flat ear."""
    seen = crown(head, strip)
    ear = np.asarray((np.abs(setting.u - 0.45) < 0.05) & (setting.v > -0.2) & (setting.v <= 0.02), bool)
    picture, probabilities = seen.render.picture.copy(), seen.render.probabilities.copy()
    picture[ear] = np.where(np.sin(60 * setting.v[..., None]) > 0, 180, 90)[ear]
    probabilities[:, ear[::2, ::2]] = 0
    probabilities[FaceClass.LEFT_EAR, ear[::2, ::2]] = 0.8
    probabilities[FaceClass.HAIR, ear[::2, ::2]] = 0.2
    render = replace(seen.render, picture=picture, probabilities=probabilities)
    made = without_any_hair(setting, replace(seen, render=render)).render.picture
    inner = erode(ear, 5)
    assert inner.sum() > 200
    np.testing.assert_allclose(made[inner], picture[inner], atol=4)


def test_nothing_of_hair_is_left_along_the_outline(head: SchematicHead, setting: Setting) -> None:
    """Its edge is soft: what lies right beyond it is seen."""
    rim = np.asarray((setting.u > 0.40) & (setting.u < 0.56) & (setting.v > 0.02) & (setting.v < 0.3), bool)
    bare = without_any_hair(setting, crown(head, rim))
    edge = (bare.head > 0.02) & (bare.head < 0.5) & (setting.u > 0) & (np.abs(setting.v - 0.16) < 0.08)
    assert edge.sum() > 30
    assert np.abs(np.median(bare.render.picture[edge], 0) - RENDERED_SKIN).max() < 12


def test_hair_that_hangs_beside_the_neck_is_gone(head: SchematicHead, setting: Setting, hanging: Mask) -> None:
    before = crown(head, hanging)
    assert before.head[erode(hanging, 3)].min() > 0.9
    assert without_any_hair(setting, before).head[erode(hanging, 3)].max() < 0.1


def test_a_notch_between_jaw_and_neck_is_closed(head: SchematicHead, setting: Setting) -> None:
    plain = crown(head, None)
    notch = np.asarray((np.abs(setting.u - 0.42) < 0.03) & (np.abs(setting.v + 0.3) < 0.012), bool)
    torn = replace(plain, head=np.where(notch, 0, plain.head).astype(np.float32))
    assert without_any_hair(setting, torn).head[notch & (plain.head > 0.9)].min() > 0.7


def test_where_hair_hung_before_the_body_it_goes_on_to_the_arm_beside(head: SchematicHead, setting: Setting) -> None:
    """The drawn body ends at the hair, beyond which the photo shows a sleeve."""
    low = setting.v < -1.02
    hung = np.asarray(low & (setting.u > 0.4) & (setting.u < 0.7), bool)
    seen, _ = behind_hair(head, setting, hung)
    plain = crown(head, None)
    narrow = replace(plain, head=np.where(low & (setting.u > 0.4), 0, plain.head).astype(np.float32))
    made = without_any_hair(seen, narrow)
    inner = erode(hung, 8)
    assert inner.sum() > 500
    assert made.head[inner].min() > 0.9
    assert np.abs(made.render.picture[inner].mean(0) - CLOTH).max() < 25


def behind_hair(head: SchematicHead, setting: Setting, hung: Mask) -> tuple[Setting, Crown]:
    """The photo with hair somewhere, behind which the drawn head has ended."""
    probabilities = head.photo.probabilities.copy()
    probabilities[:, hung[::2, ::2]] = 0
    probabilities[FaceClass.HAIR, hung[::2, ::2]] = 1
    plain = crown(head, None)
    ended = replace(plain, head=np.where(hung, 0, plain.head).astype(np.float32))
    return replace(setting, photo=replace(head.photo, probabilities=probabilities)), ended


def test_where_hair_hung_before_a_collar_nothing_is_between_skin_and_cloth(
    head: SchematicHead, setting: Setting
) -> None:
    """The mean of both was a brown wedge beside the neck."""
    hung = np.asarray((setting.v < -1.0) & (setting.u > 0.15) & (setting.u < 0.9), bool)
    seen, ended = behind_hair(head, setting, hung)
    made = without_any_hair(seen, ended)
    inner = hung & (made.head > 0.95)
    off = [np.abs(made.render.picture[inner] - colour).max(1) for colour in (RENDERED_SKIN, CLOTH)]
    assert inner.sum() > 500
    assert (np.minimum(*off) < 25).mean() > 0.95


def test_no_shoulder_begins_above_the_chin(head: SchematicHead, setting: Setting) -> None:
    """Hair hangs between the jaw and a sleeve; a slab of skin stood out there."""
    chin = chin_height(setting)
    hung = np.asarray((setting.v < -0.4) & (setting.u > 0.3) & (setting.u < 0.7), bool)
    seen, ended = behind_hair(head, setting, hung)
    made = without_any_hair(seen, ended, BareEndSettings(shoulders_below=chin + 0.3, shoulder_notch_px=400.0)).head
    above = hung & (setting.v > chin) & (setting.v < chin + 0.25) & (setting.u > 0.5)
    assert above.sum() > 500
    assert made[above].max() < 0.1


def test_where_no_body_is_seen_beyond_the_hair_none_goes_on(head: SchematicHead, setting: Setting) -> None:
    """Hair hangs down to the picture's edge on both sides: nothing tells how far a shoulder goes."""
    hung = np.asarray((setting.v < -0.75) & (np.abs(setting.u) > 0.4), bool)
    seen, ended = behind_hair(head, setting, hung)
    made = without_any_hair(seen, ended, BareEndSettings(shoulder_notch_px=500.0))
    assert made.head[erode(hung, 8)].max() < 0.1


def test_a_shoulder_behind_hair_is_as_high_as_the_other_one(head: SchematicHead, setting: Setting) -> None:
    """Hair hangs down to the picture's edge on one side alone; the schematic body begins at -1."""
    hung = np.asarray((setting.v < -0.75) & (setting.u > 0.4), bool)
    seen, ended = behind_hair(head, setting, hung)
    made = without_any_hair(seen, ended).head
    out_there = hung & (setting.u < 1.0)
    assert made[erode(out_there & (setting.v < -1.06), 4)].min() > 0.9
    assert made[erode(out_there & (setting.v > -0.94) & (setting.u > 0.55), 4)].max() < 0.1


def test_beside_a_turned_head_no_wing_hangs_from_the_cheek(head: SchematicHead, setting: Setting) -> None:
    """Hair hangs between a sleeve and a jaw that is as near to it as the neck."""
    hung = np.asarray((setting.v < -0.6) & (np.abs(setting.u - 0.6) < 0.15), bool)
    seen, ended = behind_hair(head, setting, hung)
    jaw = (setting.u > 0) & (setting.u < 0.45) & (np.abs(setting.v + 0.67) < 0.16)
    made = without_any_hair(seen, replace(ended, head=np.where(jaw, 1, ended.head).astype(np.float32)))
    below_jaw = hung & (setting.u < 0.54) & (np.abs(setting.v + 0.79) < 0.03)
    assert below_jaw.sum() > 100
    assert made.head[below_jaw].max() < 0.1


def test_a_neck_gets_no_narrower_below_the_chin(head: SchematicHead, setting: Setting) -> None:
    hung = np.asarray((setting.v < -0.85) & (np.abs(setting.u) > 0.1), bool)
    seen, ended = behind_hair(head, setting, hung)
    made = without_any_hair(seen, ended)
    neck = hung & (np.abs(setting.u) < 0.26)
    assert made.head[erode(neck, 8)].min() > 0.9
    assert made.head[hung & (np.abs(setting.u) > 0.45)].max() < 0.1


def test_a_neck_that_gets_wider_goes_on_behind_hair_as_it_began(head: SchematicHead, setting: Setting) -> None:
    """Hair hides all that is further down, in the photo and as it is drawn."""
    down, u = chin_height(setting) - setting.v, np.abs(setting.u)
    hung = np.asarray((down > 0.1) & (u > 0.2), bool)
    # Below the chin all of the photo is hair: no shoulder is seen.
    seen, _ = behind_hair(head, setting, np.asarray(hung | (down > 0.3), bool))
    drawn = crown(head, hung)
    widening = (down > -0.1) & (down <= 0.1) & (u < 0.3 + np.maximum(down, 0))
    made = without_any_hair(seen, replace(drawn, head=np.maximum(drawn.head, widening).astype(np.float32))).head
    beyond = np.asarray((np.abs(down - 0.25) < 0.02) & (np.abs(u - 0.46) < 0.02), bool)
    assert beyond.sum() > 20
    assert made[beyond].min() > 0.9


def test_between_a_crown_and_the_picture_s_edge_nothing_is_filled(head: SchematicHead, setting: Setting) -> None:
    plain = crown(head, None)
    # The picture begins right above the crown.
    first = int(np.argmax((plain.head > 0.5).any(1))) - 4
    lower = np.roll(plain.head, -first, 0)
    lower[-first:] = 0
    moved = replace(setting, axes=replace(setting.axes, origin=setting.axes.origin - np.array([0.0, first])))
    made = without_any_hair(moved, replace(plain, head=lower)).head
    assert made[0].max() < 0.1


def test_a_head_without_hair_stays_as_it_is_inside(head: SchematicHead, setting: Setting) -> None:
    plain = crown(head, None)
    bare = without_any_hair(setting, plain)
    face = erode(plain.head > 0.5, 24) & (setting.v > -0.4)
    np.testing.assert_allclose(bare.render.picture[face], plain.render.picture[face], atol=0.5)
    assert bare.head[face].min() > 0.99


def test_the_ends_of_hair_on_a_bare_shoulder_go_with_it(head: SchematicHead, setting: Setting) -> None:
    """Who keeps hair keeps them: nobody draws what they hide of a shoulder."""
    shoulder = np.asarray((setting.v < -0.95) & (setting.u > 0.45) & (setting.u < 0.9), bool)
    ends = shoulder & (setting.u > 0.6) & (setting.u < 0.66)
    picture, probabilities = head.photo.picture.copy(), head.photo.probabilities.copy()
    picture[shoulder], picture[ends] = np.median(picture[setting.calm_skin], 0), RENDERED_HAIR
    for where, kind in ((shoulder, FaceClass.BACKGROUND), (ends, FaceClass.HAIR)):
        probabilities[:, where[::2, ::2]] = 0
        probabilities[kind, where[::2, ::2]] = 1
    seen = replace(setting, photo=replace(head.photo, picture=picture, probabilities=probabilities))
    haired, hairless = (
        draw_heads(seen, head.renders, np.random.default_rng(0), bald=2, hairless=hairless).change
        for hairless in (False, True)
    )
    inner = erode(ends, 2)
    assert inner.sum() > 50
    assert haired[inner].max() < 0.5
    assert hairless[inner].min() > 0.9


def test_the_last_head_has_no_hair_where_it_is_to_have_none(head: SchematicHead, setting: Setting) -> None:
    sided = (*head.on_the_way, head.on_the_way[1])
    last = [
        draw_heads(setting, sided, np.random.default_rng(0), bald=1, hairless=hairless).heads[-1].hair.max()
        for hairless in (False, True)
    ]
    assert last[0] > 0.5
    assert last[1] == 0
