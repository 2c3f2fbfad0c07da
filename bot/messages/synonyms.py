"""What people type when they mean an attribute of /edit, in English and Chinese."""

from __future__ import annotations

import re
from difflib import get_close_matches

from bot.messages import ATTRIBUTES

# Below this likeness of two words, a guess is wrong more often than right.
LEAST_LIKENESS = 0.8

SYNONYMS: dict[str, tuple[str, ...]] = {
    "bald": ("baldness", "no hair", "shaved head", "光头", "秃顶", "秃"),
    "receding_hairline": ("receding", "hairline", "widow's peak", "high forehead", "发际线", "脱发", "掉发", "m字额"),
    "bangs": ("fringe", "pony", "齐刘海", "斜刘海"),
    "wavy": ("curly", "curls", "curly hair", "waves", "perm", "波浪", "自来卷", "烫发", "卷毛"),
    "straight": ("smooth hair", "sleek", "拉直", "直"),
    "black": ("dark hair", "raven", "乌发", "黑色"),
    "brown": ("brunette", "chestnut", "brunet", "褐发", "棕色", "栗色"),
    "blond": ("blonde", "blonde hair", "golden hair", "fair hair", "金色", "黄毛", "黄发"),
    "gray": ("grey", "grey hair", "white hair", "silver hair", "白头发", "白发", "灰发", "灰白", "银发"),
    "beard": ("goatee", "full beard", "facial hair", "胡子", "胡须", "大胡子", "络腮胡子"),
    "mustache": ("moustache", "tache", "小胡子", "八字须", "髭"),
    "sideburns": ("sideboards", "mutton chops", "鬓发", "鬓毛"),
    "long_hair": ("longer hair", "length", "hair length", "长头发", "长度"),
}


def attribute_meant(typed: str) -> str | None:
    """The attribute that `typed` names, or means, or nearly spells; None where nothing is near."""
    wanted = typed.strip().casefold()
    words = _words()
    if wanted in words:
        return words[wanted]
    inside = [word for word in words if _is_inside(word, wanted)]
    if inside:
        return words[max(inside, key=len)]
    near = get_close_matches(wanted, words, 1, LEAST_LIKENESS)
    return words[near[0]] if near else None


def _words() -> dict[str, str]:
    """Every word for an attribute, and which."""
    words: dict[str, str] = {}
    for name, synonyms in SYNONYMS.items():
        told = [names[name] for names in ATTRIBUTES.values()]
        words |= {word.casefold(): name for word in (name, *told, *synonyms)}
    return words


def _is_inside(word: str, wanted: str) -> bool:
    """Whether the word stands in `wanted`; Chinese is written without blanks."""
    if word.isascii():
        return re.search(rf"\b{re.escape(word)}\b", wanted) is not None
    return word in wanted
