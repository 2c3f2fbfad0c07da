"""Orders survive in the bot's memory exactly, and without what should not be there."""

from __future__ import annotations

import pytest

from bot.order import TOKEN_LIFE_S, from_json, to_json
from engine.protocol import AnimationOptions, AttributeEdit, BaldOptions, EditOptions
from tests.support.bot.orders import order

EDIT = EditOptions((AttributeEdit("beard", 2.0), AttributeEdit("gray", -1.5)), hold=("age",), faces="all")


@pytest.mark.parametrize("options", [BaldOptions("all", 4, True, "fine", 9), EDIT, EditOptions(EDIT.edits)])
def test_an_order_comes_back_as_it_was(options: BaldOptions | EditOptions) -> None:
    made = order(options=options, animation=AnimationOptions("webp", max_bytes=123_456), attempt=3, pictured_id=5)
    assert from_json(to_json(made)) == made


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"options": {}}', "null", '{"options": {"stage": 3}, "more": 1}'])
def test_what_is_no_order_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match="another version|Expecting value"):
        from_json(text)


def test_an_order_that_is_kept_for_its_buttons_holds_no_token() -> None:
    made = order()
    assert made.place.token in to_json(made)
    assert made.place.token not in to_json(made.without_token())


def test_another_attempt_is_another_job_of_the_same_order() -> None:
    assert order("5").job_id == "5"
    assert order("5", attempt=2).job_id == "5-2"


def test_another_file_of_an_earlier_answer_is_no_picture_more_and_another_attempt_at_the_same_is_one() -> None:
    first = order("5")
    again = first.again(AnimationOptions("mp4"), 1.0)
    assert (again.drawn_by, again.is_copy, first.is_copy) == ("5", False, False)
    assert again.again(AnimationOptions("mp4"), 1.0).drawn_by == "5"
    copy = order("6", drawn_by=again.job_id)
    assert copy.is_copy
    assert copy.again(AnimationOptions("mp4"), 1.0).is_copy
    assert from_json(to_json(copy)) == copy
    assert not copy.drawn_again().is_copy


def test_an_order_of_a_version_that_knew_no_other_files_is_read() -> None:
    old = to_json(order()).replace(',"drawn_by":""', "")
    assert "drawn_by" not in old
    assert from_json(old).drawn_by == ""


def test_a_token_is_dead_in_time_for_the_upload() -> None:
    assert order().place.token_alive
    old = order().place.born_s - TOKEN_LIFE_S - 1
    assert not order(place={}).without_token().place.token_alive
    assert not type(order().place)(1, "t", old, 1, 1, True, False, False).token_alive
