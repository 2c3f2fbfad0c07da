"""What is clothed behind hair, on the drawn head's body."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from engine.compositing import Setting
from engine.compositing.hidden_cloth import hidden_cloth
from engine.imaging.ops import Mask, erode
from engine.parsing import FaceClass
from tests.support.schematic_head import SchematicHead


def seen(setting: Setting, *parts: tuple[Mask, FaceClass]) -> Setting:
    """The photo with other classes somewhere, the later ones over the earlier."""
    probabilities = setting.photo.probabilities.copy()
    for where, kind in parts:
        probabilities[:, where[::2, ::2]] = 0
        probabilities[kind, where[::2, ::2]] = 1
    return replace(setting, photo=replace(setting.photo, probabilities=probabilities))


def region(setting: Setting, left: float, right: float, below: float) -> Mask:
    """What lies between two distances from the midline, below a height."""
    return np.asarray((setting.u > left) & (setting.u < right) & (setting.v < below), bool)


def test_cloth_goes_on_behind_hair_and_a_neck_stays_bare(head: SchematicHead, setting: Setting) -> None:
    hair = region(setting, 0.1, 0.7, -0.8)
    cloth = hidden_cloth(seen(setting, (hair, FaceClass.HAIR)), head.render, np.ones_like(hair))
    assert cloth[erode(hair & (setting.v < -1.05) & (setting.u > 0.35), 4)].all()
    neck = (setting.u < 0.28) & (setting.v > -0.9)
    assert not cloth[neck].any()


def test_where_one_side_is_hidden_it_is_clothed_as_the_other_one(head: SchematicHead, setting: Setting) -> None:
    """A neckline shows the chest, to which all that hair hides on its other side is nearest."""
    chest, hair = region(setting, -0.4, 0.4, -0.9), region(setting, -2.0, -0.4, -0.8)
    photo = seen(setting, (chest, FaceClass.NECK), (hair, FaceClass.HAIR))
    cloth = hidden_cloth(photo, head.render, np.ones_like(hair))
    beside = hair & (setting.v < -1.05) & (setting.u > -0.9) & (setting.u < -0.5)
    assert beside.sum() > 500
    assert cloth[beside].mean() > 0.95


def test_beside_a_bare_shoulder_nothing_is_clothed(head: SchematicHead, setting: Setting) -> None:
    """A strap at the neck is all that is seen of cloth."""
    bare, hair = region(setting, 0.3, 2.0, -1.0), region(setting, 0.45, 0.65, -0.9)
    mirrored = region(setting, -2.0, -0.3, -1.0)
    photo = seen(setting, (bare | mirrored, FaceClass.SKIN), (hair, FaceClass.HAIR))
    cloth = hidden_cloth(photo, head.render, np.ones_like(hair))
    assert not cloth[hair & (setting.u > 0.5) & (setting.v < -1.02)].any()


def test_where_no_cloth_is_seen_nothing_is_told(head: SchematicHead, setting: Setting) -> None:
    hair = region(setting, -2.0, 2.0, -0.95)
    assert not hidden_cloth(seen(setting, (hair, FaceClass.HAIR)), head.render, np.ones_like(hair)).any()


def test_who_has_bare_shoulders_is_not_clothed_beside_the_neck(head: SchematicHead, setting: Setting) -> None:
    """A parser takes them for background; further out a little of a dress is seen, and no skin beside the neck."""
    hair, dress = region(setting, 0.3, 0.6, -0.9), region(setting, 0.9, 1.1, -1.0)
    shoulders = region(setting, -1.1, 0.9, -1.0)
    picture = setting.photo.picture.copy()
    picture[shoulders] = np.median(picture[setting.calm_skin], 0)
    photo = seen(setting, (shoulders, FaceClass.BACKGROUND), (dress, FaceClass.CLOTH), (hair, FaceClass.HAIR))
    bare = replace(photo, photo=replace(photo.photo, picture=picture))
    assert bare.bare_body.sum() > 2000
    assert not hidden_cloth(bare, head.render, np.ones_like(hair)).any()
    assert hidden_cloth(photo, head.render, np.ones_like(hair)).any()
