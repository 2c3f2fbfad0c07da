"""Weaker, stronger, something else."""

from __future__ import annotations

import pytest

from bot.delivery.variations import Options, something_else, stronger, weaker
from engine.protocol import EDIT_ATTRIBUTES, AttributeEdit, BaldOptions, EditOptions


def edit(*strengths: float) -> EditOptions:
    return EditOptions(tuple(AttributeEdit(name, s) for name, s in zip(EDIT_ATTRIBUTES, strengths, strict=False)))


@pytest.mark.parametrize(
    "options", [BaldOptions(stage=1), BaldOptions(stage=4), edit(0.0), edit(-0.5, 0.25), edit(3.0)]
)
def test_stronger_and_weaker_end_somewhere_and_only_ever_go_their_way(options: Options) -> None:
    for step in (stronger, weaker):
        seen: list[Options] = [options]
        while (further := step(seen[-1])) is not None:
            assert further not in seen
            seen.append(further)
        assert 1 <= len(seen) < 12


def test_baldness_goes_from_the_temples_to_nothing_at_all() -> None:
    shown = [BaldOptions(stage=2, faces="all", preset="fine", seed=3)]
    while (further := stronger(shown[-1])) is not None:
        assert isinstance(further, BaldOptions)
        shown.append(further)
    assert [(entry.stage, entry.clean) for entry in shown] == [
        (2, False),
        (3, False),
        (5, False),
        (7, False),
        (7, True),
    ]
    assert {(entry.faces, entry.preset, entry.seed) for entry in shown} == {("all", "fine", 3)}
    assert weaker(shown[-1]) == shown[-2]
    assert weaker(shown[0]) is None


def test_an_edit_keeps_its_direction() -> None:
    more, less = stronger(edit(-1.5, 2.5)), weaker(edit(-1.5, 2.5))
    assert more == edit(-2.5, 3.0)
    assert less == edit(-0.5, 1.5)
    assert weaker(edit(-0.5)) is None
    assert stronger(edit(3.0, -3.0)) is None


@pytest.mark.parametrize(
    ("before", "attribute", "after"),
    [
        (BaldOptions(faces="all", preset="fine", seed=3), "beard", {"bald": 2.0, "beard": 2.0}),
        (BaldOptions(faces="all", preset="fine", seed=3, clean=True), "gray", {"bald": 3.0, "gray": 2.0}),
        (BaldOptions(faces="all", preset="fine", seed=3, stage=4), "bangs", {"bangs": 2.0}),
        ({"beard": -1.0, "gray": 1.0}, "mustache", {"beard": -1.0, "gray": 1.0, "mustache": 2.0}),
        ({"beard": -1.0, "gray": 1.0}, "blond", {"beard": -1.0, "blond": 2.0}),
        ({"wavy": 1.0}, "straight", {"straight": 2.0}),
        ({"beard": 1.0}, "bald", {"beard": 1.0, "bald": 2.0}),
    ],
)
def test_something_else_is_added_on_the_same_faces_as_far_as_a_head_shows_both(
    before: BaldOptions | dict[str, float], attribute: str, after: dict[str, float]
) -> None:
    start = before if isinstance(before, BaldOptions) else _edits(before)
    assert something_else(start, attribute) == _edits(after)


def test_from_hair_alone_bald_is_the_twenty_years() -> None:
    assert something_else(_edits({"wavy": 1.0}), "bald") == BaldOptions(faces="all", preset="fine", seed=3)


def _edits(strengths: dict[str, float]) -> EditOptions:
    edits = tuple(AttributeEdit(name, strength) for name, strength in strengths.items())
    return EditOptions(edits, faces="all", preset="fine", seed=3)
