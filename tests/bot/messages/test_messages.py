"""What the bot says: everything in both languages, nothing missing, nothing that fails to be filled in."""

from __future__ import annotations

import ast
import re
import string
from pathlib import Path
from typing import get_args

import pytest

from bot import messages
from bot.components.modals import AMOUNTS
from bot.components.panel import LISTS, SWITCHES
from bot.errors import Refused
from bot.messages import bar, chinese, english, say, say_error
from bot.order import Language
from bot.policy.policy import Consent
from engine.edits.registry import BALD_STAGES, stages_of
from engine.errors import Busy, NoFace, PhotoTooManyBytes, PhotoTooManyPixels, RecedeError, all_errors
from engine.pipeline.run import DRAWING_EDIT, DRAWING_YEARS
from engine.protocol import EDIT_ATTRIBUTES, AttributeEdit

ENGINE_ERRORS = [kind for kind in all_errors() if kind.__module__.startswith("engine.errors.")]
CHINESE_LETTERS = re.compile("[\u4e00-\u9fff]")


def fields(text: str) -> set[str]:
    """The names that a sentence wants filled in."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("kind", ENGINE_ERRORS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("language", messages.LANGUAGES)
def test_every_error_of_the_engine_has_its_sentence(kind: type[RecedeError], language: Language) -> None:
    assert kind.code in messages.ERRORS[language]
    told = say_error(language, kind("The engine's own words."))
    assert told.endswith((".", "。")) or "try `" in told
    assert "The engine's own words." not in told
    assert "{" not in told
    assert bool(CHINESE_LETTERS.search(told)) == (language != "en")


@pytest.mark.parametrize(("language", "word"), [("en", "anime"), ("zh", "动漫"), ("en", "Pets"), ("zh", "宠物")])
def test_who_sends_a_drawn_avatar_or_a_cat_is_told_that_drawn_hair_and_fur_stay(language: Language, word: str) -> None:
    assert word in say_error(language, NoFace("No face."))


def test_no_two_errors_share_a_sentence() -> None:
    for language in messages.LANGUAGES:
        told = list(messages.ERRORS[language].values())
        assert len(set(told)) == len(told)


def test_no_sentence_stands_for_an_error_that_does_not_exist() -> None:
    codes = {kind.code for kind in ENGINE_ERRORS}
    for language in messages.LANGUAGES:
        assert set(messages.ERRORS[language]) == codes


@pytest.mark.parametrize("table", [messages.SENTENCES, messages.ERRORS, messages.STAGES, messages.ATTRIBUTES])
def test_all_languages_say_the_same_things_with_the_same_blanks(table: dict[Language, dict[str, str]]) -> None:
    for language in messages.LANGUAGES:
        assert set(table["en"]) == set(table[language])
        for key, text in table["en"].items():
            assert fields(text) == fields(table[language][key]), key
            assert table[language][key].strip()


def test_taiwan_reads_its_own_letters_and_words() -> None:
    keys = ("no_photo_given", "not_this_channel", "managers_only")
    told = "".join(say("zh-TW", key) for key in keys)
    assert not set("图传头吗这个员权“”") & set(told)
    assert "權限" in told
    assert "「圖片」" in told
    assert say("zh-TW", "seconds", count=5) == "5 秒"


@pytest.mark.parametrize("stiff", [r"\banew\b", r"\b[Nn]o \w+ is\b", r"\b[Cc]annot\b", "：请", "所有者"])
def test_sentences_are_said_as_people_say_them(stiff: str) -> None:
    said = [
        *english.SENTENCES.values(),
        *english.ERRORS.values(),
        *chinese.SENTENCES.values(),
        *chinese.ERRORS.values(),
    ]
    assert [sentence for sentence in said if re.search(stiff, sentence)] == []


def test_every_attribute_has_a_name() -> None:
    for language in messages.LANGUAGES:
        assert set(EDIT_ATTRIBUTES) == set(messages.ATTRIBUTES[language])


def test_every_stage_that_the_engine_reports_has_a_name(repository: Path) -> None:
    """The names stand in the calls that report them, and in the lists of what an edit goes through."""
    reported = {"waiting"}  # the queue's
    for path in repository.glob("engine/**/*.py"):
        # Nobody waits for these in Discord.
        inside = path.relative_to(repository / "engine").as_posix()
        if inside.startswith(("bench/", "cli/", "training/")) or inside == "queue/remote.py":
            continue
        reported |= set(re.findall(r'(?:StageProgress|\.tell)\(\s*"([^"]+)"', path.read_text("utf-8")))
        reported |= set(re.findall(r'Progress\([\w.]+, "([^"]+)"', path.read_text("utf-8")))
    reported |= {DRAWING_YEARS, DRAWING_EDIT, *(name for name, _ in BALD_STAGES)}
    for attribute in EDIT_ATTRIBUTES:
        for strength in (-1.0, 1.0):
            reported |= {name for name, _ in stages_of([AttributeEdit(attribute, strength)])}
    assert {"learning the face", "growing hair", "finding the strength", "drawing the edit"} <= reported
    assert reported == set(messages.STAGES["en"])


def test_every_sentence_that_the_code_asks_for_exists_and_every_one_is_asked_for(repository: Path) -> None:
    asked: set[str] = set()
    for path in repository.glob("bot/**/*.py"):
        if "messages" in path.parts and path.name != "sentences.py":
            continue
        asked |= {
            node.value
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        for call in re.findall(
            r'(?:Refused\(|say\(\w+(?:\.\w+)*, |say_here\(interaction, )"(\w+)"', path.read_text("utf-8")
        ):
            assert call in messages.SENTENCES["en"], f"{path.name} asks for {call}"
    composed = {f"{what}block{where}_done" for what in ("", "un") for where in ("", "_everywhere")}
    composed |= {f"drain{where}_{how}" for where in ("", "_everywhere") for how in ("on", "off")}
    composed |= {"state_ready", "state_warming", "state_draining", "preset_fast", "preset_fine"}
    composed |= {f"{kind}{how}" for kind in ("consent_", "button_consent_") for how in get_args(Consent)}
    composed |= {f"consent_{how}_now" for how in get_args(Consent)}
    composed |= {f"amount_{name}" for name in AMOUNTS}
    composed |= {f"menu_{name}" for name in LISTS.values()} | {f"switch_{name}" for name in SWITCHES.values()}
    assert set(messages.SENTENCES["en"]) - composed <= asked
    assert composed <= set(messages.SENTENCES["en"])


@pytest.mark.parametrize(
    ("locale", "language"),
    [("zh-CN", "zh"), ("zh-TW", "zh-TW"), ("zh-HK", "zh-TW"), ("en-US", "en"), ("de", "en"), ("", "en")],
)
def test_the_language_follows_the_readers_locale(locale: str, language: Language) -> None:
    assert messages.language_of(locale) == language


def test_numbers_of_an_error_are_told_again() -> None:
    assert "12 MiB" in say_error("en", PhotoTooManyBytes("x", max_bytes=12 * 2**20))
    assert "40 megapixels" in say_error("en", PhotoTooManyPixels("x"))
    assert "260 megapixels" in say_error("en", PhotoTooManyPixels("x", max_pixels=260_000_000))
    assert "26000 万像素" in say_error("zh", PhotoTooManyPixels("x", max_pixels=260_000_000))
    assert "77" in say_error("zh", Busy("x", retry_after_s=77))


def test_a_code_of_a_newer_engine_gets_the_general_sentence() -> None:
    class OfTomorrow(RecedeError):
        code = "of_tomorrow"

    assert say_error("en", OfTomorrow("x")) == messages.ERRORS["en"]["error"]


def test_a_refusal_names_what_it_is_about() -> None:
    assert "7 s" in say_error("en", Refused("cooldown", seconds=7))
    assert say_error("en", NoFace("x")) != say_error("zh", NoFace("x"))


@pytest.mark.parametrize(
    ("seconds", "told"), [(0.0, "5 s"), (42.0, "40 s"), (89.0, "90 s"), (90.0, "2 min"), (600.0, "10 min")]
)
def test_times_are_told_coarsely(seconds: float, told: str) -> None:
    assert messages.say_duration("en", seconds) == told


@pytest.mark.parametrize(
    ("seconds", "told"), [(0.0, "5 s"), (41.0, "45 s"), (90.0, "90 s"), (91.0, "2 min"), (130.0, "3 min")]
)
def test_a_wait_is_told_upwards(seconds: float, told: str) -> None:
    assert messages.say_wait("en", seconds) == told


def test_unknown_steps_and_attributes_are_told_anyhow() -> None:
    assert messages.say_stage("zh", "polishing the scalp") == say("zh", "some_stage")
    assert messages.say_attribute("en", "my_own") == "my own"
    edits = (AttributeEdit("beard", 2.0), AttributeEdit("gray", -0.5))
    assert messages.say_edits("en", edits) == "beard +2, gray hair -0.5"


def test_the_bar_fills_up() -> None:
    lengths = [bar(step / 20).count("▰") for step in range(21)]
    assert lengths == sorted(lengths)
    assert (bar(-1.0).count("▰"), bar(2.0).count("▱")) == (0, 0)
    assert len({len(bar(step / 20)) for step in range(21)}) == 1
