"""What the bot says, in the reader's language."""

from __future__ import annotations

import math
from collections.abc import Mapping

from bot.errors import Refused
from bot.messages import chinese, english
from bot.messages.traditional import Traditional
from bot.order import Language
from engine.errors import RecedeError
from engine.protocol import MAX_PHOTO_BYTES, MIB, AttributeEdit

LANGUAGES: tuple[Language, ...] = ("en", "zh", "zh-TW")
Table = Mapping[Language, Mapping[str, str]]


def _in_all(english_texts: Mapping[str, str], chinese_texts: Mapping[str, str]) -> Table:
    return {"en": english_texts, "zh": chinese_texts, "zh-TW": Traditional(chinese_texts)}


SENTENCES = _in_all(english.SENTENCES, chinese.SENTENCES)
ERRORS = _in_all(english.ERRORS, chinese.ERRORS)
STAGES = _in_all(english.STAGES, chinese.STAGES)
ATTRIBUTES = _in_all(english.ATTRIBUTES, chinese.ATTRIBUTES)
# Readers of Discord's other Chinese locales read this script.
TRADITIONAL_LOCALES = ("zh-TW", "zh-HK")

BAR_BLOCKS = 12
BAR_FULL, BAR_EMPTY = "▰", "▱"
# What an error's sentence names, for errors that were raised without it.
_USUAL_DETAILS: dict[str, int] = {"max_bytes": MAX_PHOTO_BYTES, "max_pixels": 40_000_000, "retry_after_s": 60}


def language_of(locale: str) -> Language:
    """The language for a reader with Discord's `locale`, such as "zh-CN"."""
    if locale in TRADITIONAL_LOCALES:
        return "zh-TW"
    return "zh" if locale.startswith("zh") else "en"


def comma(language: Language) -> str:
    """What stands between the entries of a list."""
    return ", " if language == "en" else "、"


def say(language: Language, key: str, **details: object) -> str:
    """The sentence `key`."""
    return SENTENCES[language][key].format(**details)


def say_error(language: Language, error: RecedeError | Refused) -> str:
    """The sentence for what went wrong; a code of a newer engine gets the general one."""
    if isinstance(error, Refused) and error.key == "unknown_attribute":
        known = comma(language).join(ATTRIBUTES[language].values())
        return say(language, error.key, known=known, **error.details)
    if isinstance(error, Refused):
        return say(language, error.key, **error.details)
    if error.code == "bad_option" and "name" in error.details:
        return say_error(language, Refused("unknown_attribute", name=error.details["name"]))
    details = {**_USUAL_DETAILS, **error.details}
    if isinstance(details["max_bytes"], int | float):
        details["max_mib"] = f"{details['max_bytes'] / MIB:.3g}"
    if isinstance(details["max_pixels"], int):
        details["max_megapixels"] = f"{details['max_pixels'] / 1e6:.3g}"
    sentences = ERRORS[language]
    return sentences.get(error.code, sentences["error"]).format(**details)


def say_stage(language: Language, stage: str) -> str:
    """The engine's stage."""
    return STAGES[language].get(stage, say(language, "some_stage"))


def say_duration(language: Language, seconds: float) -> str:
    """A time span, coarse enough not to jump about."""
    if seconds < 90:
        count = max(5, 5 * round(seconds / 5))
        return say(language, "seconds", count=count)
    return say(language, "minutes", count=round(seconds / 60))


def say_wait(language: Language, seconds: float) -> str:
    """A time to wait, upwards: whoever is told it should not wait longer."""
    if seconds <= 90:
        return say(language, "seconds", count=max(5, 5 * math.ceil(seconds / 5)))
    return say(language, "minutes", count=math.ceil(seconds / 60))


def say_attribute(language: Language, name: str) -> str:
    """An attribute of /edit; one that the engine's owner added keeps its own name."""
    return ATTRIBUTES[language].get(name, name.replace("_", " "))


def say_edits(language: Language, edits: tuple[AttributeEdit, ...]) -> str:
    """The changes, such as "beard +2, gray hair -1"."""
    return comma(language).join(f"{say_attribute(language, edit.attribute)} {edit.strength:+g}" for edit in edits)


def bar(fraction: float) -> str:
    """A progress bar."""
    full = round(min(1.0, max(0.0, fraction)) * BAR_BLOCKS)
    return BAR_FULL * full + BAR_EMPTY * (BAR_BLOCKS - full)
