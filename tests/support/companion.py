"""Pieces of work that wait, once, until another is begun on another thread."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Lock, get_ident
from typing import ParamSpec, TypeVar

Given = ParamSpec("Given")
Made = TypeVar("Made")

PATIENCE_S = 10.0


class Companion:
    """met: whether two pieces of work were ever done side by side. Who comes first waits for another for so long."""

    def __init__(self) -> None:
        self._met, self._lock, self._first = Event(), Lock(), 0

    @property
    def met(self) -> bool:
        """Whether two threads were at work at once."""
        return self._met.is_set()

    def of(self, work: Callable[Given, Made]) -> Callable[Given, Made]:
        """The work, which waits for its companion first."""

        def waiting(*args: Given.args, **named: Given.kwargs) -> Made:
            with self._lock:
                is_first = not self._first
                self._first = self._first or get_ident()
            if is_first:
                self._met.wait(PATIENCE_S)
            elif self._first != get_ident():
                self._met.set()
            return work(*args, **named)

        return waiting
