"""Other people on the same canvas."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from engine.compositing import Setting, off_own_head, without_others_hair, without_strangers_hair
from engine.compositing.others import on_others
from engine.parsing import FaceClass
from tests.support.schematic_head import HAIR, SchematicHead


def test_hair_that_lies_closer_to_another_head_is_left_to_it(setting: Setting, head: SchematicHead) -> None:
    axes = setting.axes
    beside = replace(axes, origin=axes.origin + 0.9 * axes.width_px * axes.right)
    seen = without_others_hair(head.photo, axes, [beside])
    hair, left = (view.is_any(FaceClass.HAIR) for view in (head.photo, seen))
    assert not left[hair & (setting.u > 0.55)].any()
    assert left[hair & (setting.u < 0.3)].all()
    np.testing.assert_allclose(seen.probabilities.sum(0), head.photo.probabilities.sum(0), atol=1e-5)
    assert without_others_hair(head.photo, axes, []) is head.photo


def test_what_may_be_a_head_has_the_hair_within_its_outline_alone(setting: Setting, head: SchematicHead) -> None:
    """Half a face at the photo's edge: its hair fell with the person's, down to where theirs ends."""
    axes = setting.axes
    above = replace(axes, origin=axes.origin + axes.width_px * (0.9 * axes.right + 0.8 * axes.up))
    hair = head.photo.is_any(FaceClass.HAIR)
    maybe = without_others_hair(head.photo, axes, (), [above]).is_any(FaceClass.HAIR)
    own, theirs = (
        np.hypot(u / 0.85, v / 0.95) for u, v in (each.coordinates((*hair.shape,)) for each in (axes, above))
    )
    inside = hair & (theirs < 0.9) & (theirs < own - 0.1)
    outside = hair & (theirs > 1.1)
    assert inside.sum() > 100
    assert not maybe[inside].any()
    assert maybe[outside].all()


def test_what_lies_before_another_head_is_on_it_and_what_is_nearer_to_one_s_own_is_not(setting: Setting) -> None:
    axes = setting.axes
    beside = replace(axes, origin=axes.origin + 1.2 * axes.width_px * axes.right)
    theirs = on_others(axes, [beside], setting.v.shape)
    assert theirs[(np.abs(setting.u - 1.2) < 0.2) & (np.abs(setting.v) < 0.4)].all()
    assert not theirs[setting.u < 0.5].any()
    assert not on_others(axes, [], setting.v.shape).any()


def test_another_person_s_dark_hair_before_a_calm_wall_is_nobody_s_stray(setting: Setting, head: SchematicHead) -> None:
    """The parser calls other heads background; their hair would be filled with the wall."""
    axes = setting.axes
    beside = replace(axes, origin=axes.origin + 1.0 * axes.width_px * axes.right)
    picture = head.photo.picture.copy()
    wall = head.photo.is_any(FaceClass.BACKGROUND)
    picture[wall] = 200.0
    # As thin as a strand: what is thicker is nobody's stray anyway.
    their_brow = wall & (np.abs(setting.u - 0.8) < 0.05) & (np.abs(setting.v - 0.1) < 0.006)
    picture[their_brow] = HAIR
    photo = replace(head.photo, picture=picture)
    alone, together = (replace(setting, photo=photo, others=others) for others in ((), (beside,)))
    assert alone.matte.strays[their_brow].any()
    assert not together.matte.strays[their_brow].any()


def test_hair_beside_the_head_that_hangs_together_with_nothing_of_it_is_a_stranger_s(head: SchematicHead) -> None:
    view, axes = head.photo, head.axes
    u, v = axes.coordinates((view.probabilities.shape[1], view.probabilities.shape[2]), 2)
    probabilities = view.probabilities.copy()
    beside = (np.abs(u - 0.95) < 0.08) & (np.abs(v) < 0.2)
    probabilities[:, beside] = 0
    probabilities[FaceClass.HAIR, beside] = 1
    seen = without_strangers_hair(replace(view, probabilities=probabilities), axes)
    assert beside.sum() > 100
    assert (seen.probabilities[FaceClass.HAIR, beside] == 0).all()
    np.testing.assert_allclose(seen.probabilities[:, ~beside], view.probabilities[:, ~beside], atol=1e-5)


def test_hair_that_hangs_together_with_the_head_is_its_own(head: SchematicHead) -> None:
    assert without_strangers_hair(head.photo, head.axes) is head.photo


def test_what_may_be_a_face_counts_beside_the_head_and_not_on_it_or_its_hair(head: SchematicHead) -> None:
    axes = head.axes
    beside = replace(axes, origin=axes.origin + 1.3 * axes.width_px * axes.right)
    beyond = replace(axes, origin=axes.origin + 3.0 * axes.width_px * axes.right)
    on_forehead = replace(axes, origin=axes.origin + 0.2 * axes.width_px * axes.up, width_px=axes.width_px / 5)
    assert off_own_head([beside, beyond, on_forehead], axes, head.photo) == [beside, beyond]
    probabilities = np.zeros_like(head.photo.probabilities)
    probabilities[FaceClass.HAIR] = 1
    locks = replace(head.photo, probabilities=probabilities)
    assert off_own_head([beyond], axes, locks) == [beyond]
    on_locks = replace(axes, origin=axes.origin + 1.1 * axes.width_px * axes.right)
    assert off_own_head([on_locks], axes, locks) == []


def test_below_what_may_be_a_face_the_background_goes_on(setting: Setting) -> None:
    """A small one at the top of the photo has no shoulders down to its foot, as a neighbour has."""
    axes = setting.axes
    above = replace(axes, origin=axes.origin + 1.3 * axes.width_px * axes.right, width_px=axes.width_px / 3)
    below = (np.abs(setting.u - 1.2) < 0.05) & (setting.v < -0.5)
    assert below.sum() > 100
    assert replace(setting, others=(above,)).other_people[below].all()
    assert not replace(setting, glimpsed=(above,)).other_people[below].any()
    assert replace(setting, glimpsed=(above,)).other_people.any()
