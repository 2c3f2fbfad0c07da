"""A property that is told once for each object, without keeping others waiting."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest

from engine.runtime.cached_property import cached_property

WAIT_S = 10.0


class Asked:
    """Tells what it was given, as often as it is asked to."""

    def __init__(self, tell: Callable[[], int]) -> None:
        self.tell, self.told = tell, 0

    @cached_property
    def answer(self) -> int:
        """What it tells."""
        self.told += 1
        return self.tell()


def test_what_was_told_is_not_told_again() -> None:
    asked = Asked(lambda: 7)
    assert (asked.answer, asked.answer, asked.told) == (7, 7, 1)
    assert vars(asked)["answer"] == 7


def test_two_objects_are_told_at_the_same_time() -> None:
    both = Barrier(2)
    with ThreadPoolExecutor(2) as pool:
        answers = pool.map(lambda asked: asked.answer, [Asked(lambda: both.wait(WAIT_S)) for _ in range(2)])
        assert sorted(answers) == [0, 1]


def test_who_asks_meanwhile_waits_for_the_same_answer() -> None:
    begun, go_on = Event(), Event()

    def tell() -> int:
        begun.set()
        assert go_on.wait(WAIT_S)
        return 7

    asked = Asked(tell)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(lambda: asked.answer)
        assert begun.wait(WAIT_S)
        second = pool.submit(lambda: asked.answer)
        go_on.set()
        assert (first.result(), second.result(), asked.told) == (7, 7, 1)
    assert vars(asked).keys() == {"tell", "told", "answer"}


def test_what_failed_is_tried_again() -> None:
    answers = iter([7])

    def tell() -> int:
        if asked.told == 1:
            raise ValueError("not yet")
        return next(answers)

    asked = Asked(tell)
    with pytest.raises(ValueError, match="not yet"):
        _ = asked.answer
    assert asked.answer == 7


def test_asked_of_the_class_it_is_itself() -> None:
    assert isinstance(Asked.answer, cached_property)
    assert Asked.answer.__doc__ == "What it tells."
