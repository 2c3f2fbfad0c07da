"""Which makers edits have, and in which order."""

from __future__ import annotations

from engine.attributes.table import TABLE
from engine.edits.registry import BALD_STAGES, SHAPES, TINTS, in_order, maker_of, stages_of
from engine.protocol import EDIT_ATTRIBUTES, AttributeEdit


def test_every_attribute_of_the_table_can_be_made_in_both_directions() -> None:
    assert set(SHAPES) | set(TINTS) == set(EDIT_ATTRIBUTES) == {name for name, row in TABLE.items() if row.editable}
    for name in EDIT_ATTRIBUTES:
        for strength in (-2.0, 2.0):
            assert callable(maker_of(AttributeEdit(name, strength)).make)


def test_shapes_come_before_colours_so_that_new_hair_is_coloured_too() -> None:
    edits = [AttributeEdit("gray", 1.0), AttributeEdit("bangs", 2.0), AttributeEdit("bald", -1.0)]
    assert [edit.attribute for edit in in_order(edits)] == ["bald", "bangs", "gray"]


def test_an_edit_too_weak_to_be_seen_is_left_out() -> None:
    assert in_order([AttributeEdit("bangs", 0.0), AttributeEdit("gray", -0.01)]) == []


def test_the_stages_of_several_edits_are_waited_for_once() -> None:
    bangs, bald, gray = AttributeEdit("bangs", 2.0), AttributeEdit("bald", -1.0), AttributeEdit("gray", 1.0)
    assert [name for name, _ in stages_of([gray])] == ["parsing the face", "compositing"]
    names = [name for name, _ in stages_of([gray, bangs, bald])]
    assert names == ["parsing the face", "learning the face", "growing hair", "compositing"]
    shorter = [name for name, _ in stages_of([AttributeEdit("bangs", -2.0)])]
    assert shorter.index("looking under the hair") < shorter.index("taking the hair off")


def test_going_bald_shows_a_first_look_before_anything_that_takes_long() -> None:
    names = [name for name, _ in BALD_STAGES]
    assert names == ["parsing the face", "a first look", "learning the face", *names[3:]]
    assert names[3:] == ["looking under the hair", "taking the hair off"]
    # The edit of that name goes through the same, but for the look that nobody asked for.
    assert {name for name, _ in stages_of([AttributeEdit("bald", 2.0)])} == {*names, "compositing"} - {"a first look"}


def test_an_attribute_of_the_users_own_is_made_after_the_shapes_and_before_the_colours() -> None:
    edits = [AttributeEdit("gray", 1.0), AttributeEdit("mine", 1.0), AttributeEdit("bangs", 1.0)]
    assert [edit.attribute for edit in in_order(edits)] == ["bangs", "mine", "gray"]
    assert callable(maker_of(edits[1]).make)


def test_a_move_along_a_boundary_looks_for_its_strength() -> None:
    for name in ("wavy", "straight"):
        assert "finding the strength" in [stage for stage, _ in stages_of([AttributeEdit(name, -1.0)])]
