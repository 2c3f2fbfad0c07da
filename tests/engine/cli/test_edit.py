"""``recede edit``, as users run it."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

import pytest

from engine import cli
from engine.cli.edit import choose_outputs, edit_options
from engine.errors import BadOption
from engine.protocol import AttributeEdit


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def arguments(*words: str) -> Namespace:
    return cli.parser().parse_args(["edit", *words])


@pytest.mark.parametrize(
    ("words", "edits"),
    [
        (["--attribute", "bangs", "--strength", "2"], [("bangs", 2.0)]),
        (["--attribute", "bangs"], [("bangs", 2.0)]),
        (["-a", "bald", "-s", "-2"], [("bald", -2.0)]),
        (["-a", "beard", "-s", "1", "-a", "gray", "-s", "1.5"], [("beard", 1.0), ("gray", 1.5)]),
        (["-a", "beard", "-a", "gray", "-s", "1.5"], [("beard", 2.0), ("gray", 1.5)]),
    ],
)
def test_attributes_and_strengths_come_in_pairs(words: list[str], edits: list[tuple[str, float]]) -> None:
    assert edit_options(arguments("me.jpg", *words)).edits == tuple(AttributeEdit(*edit) for edit in edits)


def test_what_is_held_is_a_list_with_commas() -> None:
    words = ("me.jpg", "-a", "bangs")
    assert edit_options(arguments(*words)).hold is None
    assert edit_options(arguments(*words, "--hold", "age, smile")).hold == ("age", "smile")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "Say what to change"),
        (["-a", "bangz"], "Did you mean bangs"),
        (["-a", "nose"], "bald, receding_hairline, bangs"),
        (["-a", "smile"], "can only be held"),
        (["-a", "bangs", "--hold", "smle"], "Did you mean smile"),
        (["-a", "bangs", "-s", "4"], "must be -3 to 3"),
        (["-a", "bangs", "-a", "bangs"], "named twice"),
    ],
)
def test_edits_that_cannot_be_are_refused(words: list[str], sentence: str) -> None:
    with pytest.raises(BadOption, match=sentence):
        edit_options(arguments("me.jpg", *words))


@pytest.mark.parametrize("words", [["-s", "2"], ["-a", "bangs", "-s", "1", "-s", "2"], ["-a", "bangs", "-s", "much"]])
def test_strengths_without_an_attribute_are_refused(words: list[str]) -> None:
    with pytest.raises(BadOption):
        arguments("me.jpg", *words)


@pytest.mark.parametrize(
    ("words", "output", "kind"),
    [
        (["photos/me.jpg"], "me-edit.gif", "gif"),
        (["me.jpg", "--format", "png"], "me-edit.png", "png"),
        (["me.jpg", "-o", "out.PNG"], "out.PNG", "png"),
        (["me.jpg", "-o", "out", "--format", "webp"], "out", "webp"),
    ],
)
def test_name_and_ending_decide_where_it_goes_and_in_which_format(words: list[str], output: str, kind: str) -> None:
    outputs = choose_outputs(arguments(*words))
    assert (str(outputs.animation), outputs.format) == (output, kind)
