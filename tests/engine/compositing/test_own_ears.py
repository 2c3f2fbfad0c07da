"""Ears that the photo shows beside those that are drawn without hair."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.compositing import Setting
from engine.compositing.bare_end import without_any_hair
from engine.compositing.crown import Crown
from engine.compositing.own_ears import OwnEarSettings, ears_seen, with_drawn_ears, with_own_ears
from engine.imaging.ops import Mask, erode
from engine.parsing import FaceClass
from tests.support.schematic_head import SchematicHead, with_class


@pytest.fixture(scope="module")
def drawn(setting: Setting) -> Mask:
    """An ear of the render's, on the right."""
    return np.asarray((np.abs(setting.u - 0.54) < 0.06) & (np.abs(setting.v + 0.1) < 0.16), bool)


def seen_with(head: SchematicHead, setting: Setting, hair: Mask, own: Mask) -> Setting:
    """The photo with hair somewhere, and an ear before it."""
    photo = with_class(with_class(head.photo, hair, FaceClass.HAIR), own, FaceClass.LEFT_EAR)
    return replace(setting, photo=photo)


def test_of_an_ear_that_hair_hid_no_lobe_stays(head: SchematicHead, setting: Setting, drawn: Mask) -> None:
    lobe = drawn & (setting.v < -0.14)
    seen = seen_with(head, setting, drawn, lobe)
    render = with_class(head.render, drawn, FaceClass.LEFT_EAR)
    kept = np.zeros_like(setting.v)
    inner = erode(lobe, 3)
    assert inner.sum() > 50
    assert with_drawn_ears(seen, render, kept)[inner].min() > 0.9
    assert with_drawn_ears(seen, render, kept)[setting.u < 0].max() == 0
    assert not ears_seen(seen, render).second.any()


def test_an_earring_stays_on_the_ear_that_takes_its_place(head: SchematicHead, setting: Setting, drawn: Mask) -> None:
    lobe = drawn & (setting.v < -0.14)
    jewel = lobe & (np.hypot(setting.u - 0.54, setting.v + 0.2) < 0.04)
    seen = seen_with(head, setting, drawn, lobe)
    seen = replace(seen, photo=with_class(seen.photo, jewel, FaceClass.EARRING))
    render = with_class(head.render, drawn, FaceClass.LEFT_EAR)
    changed = with_drawn_ears(seen, render, np.zeros_like(setting.v))
    assert changed[erode(jewel, 3)].max() < 0.1


def test_a_whole_ear_that_hair_leaves_free_stays_the_photo_s(
    head: SchematicHead, setting: Setting, drawn: Mask
) -> None:
    seen = seen_with(head, setting, drawn & (setting.v > 0.03), drawn & (setting.v < 0.03))
    render = with_class(head.render, drawn, FaceClass.LEFT_EAR)
    assert not with_drawn_ears(seen, render, np.zeros_like(setting.v)).any()


def test_an_own_ear_is_not_replaced_where_a_drawn_head_ends_beside_it(
    head: SchematicHead, setting: Setting, drawn: Mask
) -> None:
    seen = seen_with(head, setting, drawn & (setting.v > 0.03), drawn & (setting.v < 0.03))
    everywhere = np.ones_like(setting.v)
    ear = erode(drawn & (setting.v < 0.03), 2)
    changed = with_own_ears(seen, head.render, everywhere)
    assert ear.sum() > 50
    assert changed[ear].max() < 0.1
    assert changed[setting.u < 0].min() == 1


def test_hair_around_an_own_ear_stays_on_the_head_alone(head: SchematicHead, setting: Setting, drawn: Mask) -> None:
    """A wisp of hair that had stood off stayed in the air above the ear."""
    hair, ear = drawn & (setting.v > 0.0), drawn & (setting.v < 0.0)
    seen = seen_with(head, setting, hair, ear)
    wisp = erode(hair, 3) & (setting.v < 0.04)
    everywhere, settings = np.ones_like(setting.v), OwnEarSettings(own_wider_px=30)
    longer = with_class(head.render, hair, FaceClass.HAIR)
    assert wisp.sum() > 20
    assert with_own_ears(seen, with_class(longer, hair, FaceClass.BACKGROUND), everywhere, settings)[wisp].min() > 0.8
    assert with_own_ears(seen, longer, everywhere, settings)[wisp].max() < 0.2


def test_beside_an_own_ear_that_stands_elsewhere_none_is_drawn(
    head: SchematicHead, setting: Setting, drawn: Mask
) -> None:
    """A turned head has its ear further in than the generator draws it."""
    own = np.asarray((np.abs(setting.u - 0.40) < 0.05) & (np.abs(setting.v + 0.1) < 0.14), bool)
    seen = seen_with(head, setting, drawn & ~own, own)
    render = with_class(head.render, drawn, FaceClass.LEFT_EAR)
    share = np.maximum(drawn, ~head.render.is_any(FaceClass.BACKGROUND)).astype(np.float32)
    made = without_any_hair(seen, Crown(render, share, np.zeros_like(share))).head
    beyond = erode(drawn & (setting.u > 0.52), 4)
    assert beyond.sum() > 100
    assert made[beyond].max() < 0.1
    assert not ears_seen(seen, render).part.any()
