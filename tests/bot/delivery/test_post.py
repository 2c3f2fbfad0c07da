"""What an answer says, shows and is called."""

from __future__ import annotations

import asyncio

import pytest

from bot.delivery.post import MAX_ALT_CHARS, error_post, picture_post
from bot.errors import Refused
from bot.messages import say
from bot.order import Language
from engine.errors import NoFace
from engine.protocol import AttributeEdit, BaldOptions, EditOptions
from tests.support.bot.orders import order, rendered


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    "options", [BaldOptions(stage=5), BaldOptions(clean=True), EditOptions((AttributeEdit("gray", 2.0),))]
)
def test_every_picture_is_marked_as_edited_in_text_and_alt_text(
    language: Language, options: BaldOptions | EditOptions
) -> None:
    post = picture_post(order(options=options, language=language), rendered())
    assert say(language, "edited_mark") in post.text
    assert post.attached is not None
    assert post.attached.alt_text.startswith("Edited picture" if language == "en" else "经过编辑的图片")
    assert post.order is not None


def test_the_stage_of_today_is_told_where_it_was_seen() -> None:
    assert "2.5" in picture_post(order(), rendered()).text
    assert "Today" not in picture_post(order(), rendered(measured={})).text
    beard = EditOptions((AttributeEdit("beard", 2.0),))
    assert "Today" not in picture_post(order(options=beard), rendered()).text


def test_what_the_limit_cost_is_told() -> None:
    told = say("en", "gave_up")
    assert told in picture_post(order(), rendered(gave_up=("16 frames instead of 24",))).text
    assert told not in picture_post(order(), rendered()).text


def test_the_file_is_named_by_its_format_and_hidden_where_the_server_wants_it() -> None:
    post = picture_post(order(place={"spoiler": True}), rendered(format="webp"))
    assert post.attached is not None
    file = post.attached.file()
    assert (file.filename, file.fp.read()) == ("SPOILER_recede-bald.webp", b"GIF89a-bytes")


def test_alt_text_stays_below_discords_limit() -> None:
    post = picture_post(order(), rendered(alt_text="Edited picture: " + "x" * 5000))
    assert post.attached is not None
    assert len(post.attached.file().description or "") == MAX_ALT_CHARS


def test_several_people_are_counted_in_chinese_too() -> None:
    post = picture_post(order(language="zh"), rendered(measured={"faces": 3.0}))
    assert post.attached is not None
    assert "3 个人" in post.attached.alt_text


def test_an_error_is_one_sentence_without_file_that_can_be_removed_where_others_read_it() -> None:
    async def buttons(private: bool) -> int:  # a view wants an event loop
        view = error_post(order(place={"private": private}), NoFace("x")).view()
        return 0 if view is None else len(view.children)

    post = error_post(order(language="zh"), NoFace("x"))
    assert (post.attached, post.order) == (None, None)
    assert [asyncio.run(buttons(private)) for private in (True, False)] == [0, 1]
    assert "人脸" in post.text
    assert error_post(order(), Refused("photo_gone")).text == say("en", "photo_gone")


@pytest.mark.parametrize(("language", "told"), [("en", "I took frame 8"), ("zh", "第 8 帧")])
def test_which_frame_of_an_animation_was_used_is_told(language: Language, told: str) -> None:
    assert told in picture_post(order(language=language), rendered(measured={"frame_used": 8.0})).text
    assert told not in picture_post(order(language=language), rendered(measured={})).text


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "7 faces found, 4 done, 3 passed over: 2 × too small, 1 × not to be edited."),
        ("zh", "找到 7 张脸，完成 4 张，跳过 3 张：2 张太小、1 张改不了。"),
    ],
)
def test_faces_that_were_passed_over_are_told_with_the_reason(language: Language, told: str) -> None:
    measured = {"faces": 4.0, "faces_found": 7.0, "faces_passed_over": 3.0}
    measured |= {"passed_over_face_too_small": 2.0, "passed_over_of_a_newer_engine": 1.0}
    assert told in picture_post(order(language=language), rendered(measured=measured)).text
    measured = {"faces": 7.0, "faces_found": 7.0, "faces_passed_over": 0.0}
    complete = picture_post(order(language=language), rendered(measured=measured)).text
    assert "faces found" not in complete
    assert "张脸" not in complete
