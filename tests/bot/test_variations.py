"""Weaker, stronger, something else."""

from __future__ import annotations

import pytest

from bot.variations import Options, something_else, stronger, weaker
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


def test_something_else_is_done_to_the_same_faces() -> None:
    start = BaldOptions(faces="all", preset="fine", seed=3)
    changed = something_else(start, "beard")
    assert changed == EditOptions((AttributeEdit("beard", 2.0),), faces="all", preset="fine", seed=3)
    assert something_else(changed, "bald") == start
