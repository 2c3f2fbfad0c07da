"""Sentences are dressed for Discord's clients: commands to be clicked, a bar of the application's own emoji."""

from __future__ import annotations

from typing import Any

import pytest

from bot.delivery.markup import PIECES, Markup
from bot.messages import bar

COMMANDS: list[dict[str, Any]] = [
    {"id": "11", "name": "bald", "type": 1, "name_localizations": {"zh-CN": "秃头"}, "options": []},
    {"id": "12", "name": "bald this", "type": 3},
    {
        "id": "13",
        "name": "recede",
        "name_localizations": None,
        "options": [
            {"type": 1, "name": "privacy", "name_localizations": {"zh-CN": "隐私"}},
            {"type": 1, "name": "help"},
        ],
    },
]


@pytest.fixture
def markup() -> Markup:
    made = Markup()
    made.know_commands(COMMANDS)
    return made


@pytest.mark.parametrize(
    ("written", "dressed"),
    [
        ("send it with /bald.", "send it with </bald:11>."),
        ("• `/bald` with a photo", "• </bald:11> with a photo"),
        ("请用 /秃头 上传", "请用 </bald:11> 上传"),
        ("/recede privacy and `/recede 隐私`", "</recede privacy:13> and </recede privacy:13>"),
        ("/recede alone", "/recede alone"),
        ("/balder and a/bald and https://x/bald", "/balder and a/bald and https://x/bald"),
        ("</bald:11>", "</bald:11>"),
        ("/unknown", "/unknown"),
    ],
)
def test_commands_that_discord_knows_can_be_clicked(markup: Markup, written: str, dressed: str) -> None:
    assert markup.dress(written) == dressed


def test_nothing_changes_before_discord_has_told_anything() -> None:
    text = f"/bald\n{bar(0.5)}"
    assert Markup().dress(text) == text


def test_the_bar_is_drawn_with_round_ends_and_as_long_as_before(markup: Markup) -> None:
    markup.know_emoji({piece: f"<:{piece}:1>" for piece in PIECES})
    assert markup.dress("▰▰▱") == "<:start_full:1><:middle_full:1><:end_empty:1>"
    drawn = markup.dress(f"**Work**\n{bar(0.0)} 0 %")
    assert drawn.count("<:") == len(bar(0.0))
    assert drawn.startswith("**Work**\n<:start_empty:1>")


def test_a_set_of_emoji_that_lacks_a_piece_is_not_used(markup: Markup) -> None:
    markup.know_emoji(dict.fromkeys(PIECES[1:], "x"))
    assert markup.dress("▰▰▱") == "▰▰▱"
