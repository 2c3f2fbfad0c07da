"""The table of failures: each row says what happens, what the member sees, and proves it.

`python -m tests.support.bot.failures` prints the table.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.bot.stage import Stage

Shared = Callable[[Stage], Coroutine[Any, Any, None]]
Alone = Callable[[Path], Coroutine[Any, Any, None]]


@dataclass(frozen=True)
class Failure:
    """One row. shared: runs on the bot that all share; alone: on one of its own, in an empty folder. slow: its test."""

    name: str
    happens: str
    sees: str
    shared: Shared | None = None
    alone: Alone | None = None
    slow: bool = False


TABLE: dict[str, Failure] = {}


def shared(happens: str, sees: str) -> Callable[[Shared], Shared]:
    """A row for a failure that leaves the bot whole."""

    def add(scenario: Shared) -> Shared:
        _add(Failure(_name(scenario), happens, sees, shared=scenario))
        return scenario

    return add


def alone(happens: str, sees: str, slow: bool = False) -> Callable[[Alone], Alone]:
    """A row for one that needs a bot of its own. slow: it starts several, or waits for what takes its time."""

    def add(scenario: Alone) -> Alone:
        _add(Failure(_name(scenario), happens, sees, alone=scenario, slow=slow))
        return scenario

    return add


def _name(scenario: Callable[..., Any]) -> str:
    return scenario.__name__.replace("_", " ")


def _add(failure: Failure) -> None:
    assert failure.name not in TABLE
    TABLE[failure.name] = failure


def as_markdown() -> str:
    """The table for people."""
    rows = [f"| {row.name} | {row.happens} | {row.sees} |" for row in TABLE.values()]
    return "\n".join(["| failure | what happens | what the member sees |", "|---|---|---|", *rows])


if __name__ == "__main__":
    import importlib

    # This file runs as __main__; the rows are in the table of the module that they import.
    for rows in ("discord", "people", "alone", "moving"):
        importlib.import_module(f"tests.support.bot.failures_{rows}")
    print(importlib.import_module("tests.support.bot.failures").as_markdown())
