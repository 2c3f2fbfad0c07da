"""When a private broker that does not serve is replaced."""

from __future__ import annotations

import itertools

import pytest

from engine.queue import troubles
from engine.queue.troubles import CALM_S, FIRST_GAP_S, LONGEST_GAP_S, Troubles


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now_s = 10 * CALM_S

    def monotonic(self) -> float:
        return self.now_s


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(troubles, "time", made)
    return made


def called(clock: Clock, found: Troubles, seconds: int) -> list[float]:
    """When another broker is called for, while it fails at something every tenth of a second."""
    begun_s = clock.now_s
    times = []
    for _ in range(10 * seconds):
        clock.now_s += 0.1
        if found.call_for_another("store", 1.0):
            times.append(clock.now_s - begun_s)
    return times


def test_a_broker_that_serves_in_between_is_left_alone(clock: Clock) -> None:
    found = Troubles()
    for _ in range(50):
        assert not called(clock, found, 1)
        found.over("store")


def test_another_is_called_for_ever_more_rarely_where_none_helps(clock: Clock) -> None:
    times = called(clock, Troubles(), 400)
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert times[0] < 1.5
    assert gaps[0] < FIRST_GAP_S + 0.5
    assert gaps == sorted(gaps)
    assert LONGEST_GAP_S <= gaps[-1] < LONGEST_GAP_S + 0.5


def test_after_a_long_calm_the_next_one_comes_as_fast_as_the_first(clock: Clock) -> None:
    found = Troubles()
    called(clock, found, 200)
    found.over("store")
    clock.now_s += CALM_S
    times = called(clock, found, 5)
    assert times[0] < 1.5
    assert times[1] - times[0] < FIRST_GAP_S + 0.5


def test_a_broker_that_answers_and_stores_nothing_is_replaced_all_the_same(clock: Clock) -> None:
    found = Troubles()
    replaced = []
    for _ in range(20):
        clock.now_s += 0.1
        replaced.append(found.call_for_another("store", 1.0))
        found.over("ask")
    assert replaced.count(True) == 1
