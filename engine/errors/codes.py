"""Errors by their code, as they cross the queue."""

from __future__ import annotations

from collections.abc import Iterator

from engine.errors.base import RecedeError


def all_errors(base: type[RecedeError] = RecedeError) -> Iterator[type[RecedeError]]:
    """Every class of the tree, base first."""
    yield base
    for child in base.__subclasses__():
        yield from all_errors(child)


def error_from_code(code: str, sentence: str, **details: str | int | float) -> RecedeError:
    """Rebuild an error that crossed the queue; a code of a newer version becomes a plain RecedeError."""
    by_code = {error.code: error for error in all_errors()}
    return by_code.get(code, RecedeError)(sentence, **details)
