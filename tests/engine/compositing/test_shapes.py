"""How much of each pixel is head and hair, on heads whose classes are known."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np

from engine.compositing import Setting
from engine.compositing.crown import Crown
from engine.compositing.person import HeadSettings
from engine.compositing.shapes import Shape, shapes_of
from engine.parsing import FaceClass
from tests.support.schematic_head import SchematicHead, with_class


def shapes(
    setting: Setting, head: SchematicHead, softer_px: float = 0.0, lighter: tuple[float, ...] = (0, 0, 0)
) -> list[Shape]:
    """As haired as the photo, with hair at the sides, and bald; each drawn so much lighter."""
    crowns = []
    for view, levels in zip(head.renders, lighter, strict=True):
        render = view.with_picture(view.picture + np.float32(levels))
        person = (~render.is_any(FaceClass.BACKGROUND)).astype(np.float32)
        crowns.append(Crown(render, person, np.zeros_like(person)))
    return shapes_of(setting, crowns, map, 1, softer_px, HeadSettings())


def test_hair_gets_less_from_head_to_head(setting: Setting, head: SchematicHead) -> None:
    for more, less in pairwise(shapes(setting, head)):
        assert (less.hair <= more.hair).all()
        assert less.hair.sum() < 0.6 * more.hair.sum()


def test_hair_is_shown_where_the_person_has_some_or_near(setting: Setting, head: SchematicHead) -> None:
    for shape in shapes(setting, head):
        assert (shape.hair <= shape.made).all()
        assert not shape.hair[~setting.matte.near_hard(40 * setting.unit_px)].any()


def test_before_a_blurred_photo_heads_end_as_softly(setting: Setting, head: SchematicHead) -> None:
    sharp, soft = (shapes(setting, head, px)[0].head for px in (0.0, 4.0))
    assert np.abs(np.diff(soft, axis=1)).max() < 0.5 * np.abs(np.diff(sharp, axis=1)).max()


def test_hair_of_all_heads_has_the_tone_that_the_first_one_tells(setting: Setting, head: SchematicHead) -> None:
    """Short sides that are drawn lighter stay lighter: carried to the tone of long hair they were slabs."""
    (first, *later), (plain, *_) = shapes(setting, head, lighter=(0, 30, 30)), shapes(setting, head)
    assert first.tone is not None
    assert plain.tone is not None
    assert all(shape.tone is first.tone for shape in later)
    np.testing.assert_array_equal(first.tone.off, plain.tone.off)


def test_where_the_first_head_has_no_hair_the_next_one_tells_the_tone(setting: Setting, head: SchematicHead) -> None:
    bald, sides = head.render, head.on_the_way[1]
    told = shapes(setting, replace(head, on_the_way=(bald, sides), render=bald))
    assert told[0].tone is not None
    assert shapes(setting, replace(head, on_the_way=(bald, bald), render=bald))[0].tone is None


def test_no_head_is_wider_than_the_person_below_a_lock_that_stands_off(setting: Setting, head: SchematicHead) -> None:
    """There the photo's hair ends, though the lock above is near: a tick of drawn hair hung in the air."""
    side = (setting.u > 0) & (setting.v > 0.0) & (setting.v < 0.2)
    ends = float(setting.u[side & ~setting.photo.is_any(FaceClass.BACKGROUND)].max())
    lock = (setting.u > 0.3) & (setting.u < ends + 0.2) & (setting.v > 0.2) & (setting.v < 0.3)
    below = (setting.u > ends) & (setting.u < ends + 0.2) & (setting.v > 0.1) & (setting.v < 0.2)
    photo = with_class(setting.photo, lock, FaceClass.HAIR)
    wide = [with_class(render, below, FaceClass.HAIR) for render in head.renders]
    drawn = replace(head, on_the_way=(wide[0], wide[1]), render=wide[2])
    shown = shapes(replace(setting, photo=photo), drawn)[1].head
    off = below & (setting.u > ends + 0.03) & (setting.v < 0.17)
    assert off.any()
    assert shown[off].max() < 0.05


def test_the_last_head_overhangs_the_person_less_than_the_first(setting: Setting, head: SchematicHead) -> None:
    """A flap of side hair, which the photo has too, ended beside a far temple with a corner in the air."""
    background = setting.photo.is_any(FaceClass.BACKGROUND)
    ends = float(setting.u[(np.abs(setting.v + 0.22) < 0.02) & ~background].max())
    flap = (setting.u > 0.3) & (setting.u < ends + 0.2) & (setting.v > -0.18) & (setting.v < 0.3)
    photo = with_class(setting.photo, flap, FaceClass.HAIR)
    wide = [with_class(render, flap, FaceClass.HAIR) for render in head.renders]
    first, *_, last = shapes(
        replace(setting, photo=photo), replace(head, on_the_way=(wide[0], wide[1]), render=wide[2])
    )
    corner = (setting.u > ends + 0.12) & (setting.u < ends + 0.18) & (setting.v > -0.14) & (setting.v < -0.04)
    assert corner.any()
    assert first.head[corner].min() > 0.9
    assert last.head[corner].max() < 0.1
