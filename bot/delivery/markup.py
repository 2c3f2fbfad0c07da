"""What only Discord's clients can show: commands that can be clicked, and the application's own emoji for the bar.

Sentences are written without either, and dressed on their way out; what Discord has not told us stays as it is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from bot.messages import BAR_EMPTY, BAR_FULL

SUBCOMMAND = 1
CHAT_INPUT = 1
# The pieces of a bar, by their names in bot/assets/emoji: the first and the last have round ends.
PIECES = ("start_full", "start_empty", "middle_full", "middle_empty", "end_full", "end_empty")
_BAR = re.compile(f"[{BAR_FULL}{BAR_EMPTY}]{{2,}}")


class Markup:
    """What Discord knows of our commands and emoji. `dress` gives a text back unchanged until it has been told."""

    def __init__(self) -> None:
        self._mentions: dict[str, str] = {}
        self._command: re.Pattern[str] | None = None
        self._emoji: dict[str, str] = {}

    def know_commands(self, commands: Iterable[Mapping[str, Any]]) -> None:
        """Take the commands as Discord answers them, with their ids."""
        self._mentions = {}
        for command in commands:
            if command.get("type", CHAT_INPUT) != CHAT_INPUT:
                continue
            inside = [option for option in command.get("options") or [] if option["type"] == SUBCOMMAND]
            for written, name in _paths(command, inside):
                self._mentions[written] = f"</{name}:{command['id']}>"
        longest_first = sorted(map(re.escape, self._mentions), key=len, reverse=True)
        if longest_first:
            self._command = re.compile(rf"(?<![\w/<])(`?)/({'|'.join(longest_first)})(?!\w)\1")

    def know_emoji(self, emoji: Mapping[str, str]) -> None:
        """Take the bar's pieces by their names, as "<:name:id>"; a set that is not complete is not used."""
        self._emoji = dict(emoji) if set(PIECES) <= set(emoji) else {}

    def dress(self, text: str) -> str:
        """`text` with its commands to be clicked and its bar drawn."""
        if self._command is not None:
            text = self._command.sub(lambda found: self._mentions[found[2]], text)
        return _BAR.sub(self._bar, text) if self._emoji else text

    def _bar(self, found: re.Match[str]) -> str:
        blocks = found[0]
        last = len(blocks) - 1
        pieces = []
        for place, block in enumerate(blocks):
            where = "start" if place == 0 else "end" if place == last else "middle"
            pieces.append(self._emoji[f"{where}_{'full' if block == BAR_FULL else 'empty'}"])
        return "".join(pieces)


def _paths(command: Mapping[str, Any], inside: list[Mapping[str, Any]]) -> Iterable[tuple[str, str]]:
    """Every way to write a command, in any language, and its name for Discord; a group alone cannot be called."""
    if not inside:
        yield from ((name, command["name"]) for name in _names(command))
        return
    for option in inside:
        for group in _names(command):
            for name in _names(option):
                yield f"{group} {name}", f"{command['name']} {option['name']}"


def _names(entry: Mapping[str, Any]) -> set[str]:
    return {entry["name"], *(entry.get("name_localizations") or {}).values()}
