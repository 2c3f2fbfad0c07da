"""The queue's speed is that of somebody who waits in it."""

from __future__ import annotations

from bot.jobs.pace import WINDOW_S, Pace


class Clock:
    """Goes when it is told to."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def waited(pace: Pace, clock: Clock, job_id: str, positions: list[int], step_s: float) -> None:
    for position in positions:
        pace.see(job_id, position)
        clock.now_s += step_s


def test_each_place_takes_what_it_took_the_one_who_waits() -> None:
    clock = Clock()
    pace = Pace(clock)
    waited(pace, clock, "1", [20, 18, 16, 14], 6.0)
    assert pace.place_s == 3.0


def test_a_few_places_say_nothing() -> None:
    clock = Clock()
    pace = Pace(clock)
    waited(pace, clock, "1", [20, 16], 6.0)
    assert pace.place_s == 0.0


def test_whoever_is_overtaken_waits_for_longer() -> None:
    clock = Clock()
    pace = Pace(clock)
    waited(pace, clock, "1", [20, 10, 12, 10], 10.0)
    assert pace.place_s == 3.0


def test_whoever_is_farthest_behind_tells_the_pace_and_not_who_begins_at_once() -> None:
    clock = Clock()
    pace = Pace(clock)
    for begun in range(6):  # one begins in every look, and one comes
        for position in range(1, 11):
            pace.see(str(begun + position), position)
        pace.leave(str(begun + 1))
        clock.now_s += 2.0
    assert pace.place_s == 2.0


def test_when_the_one_who_was_followed_leaves_the_next_begins_without_what_was_between() -> None:
    clock = Clock()
    pace = Pace(clock)
    waited(pace, clock, "1", [20, 15], 5.0)
    pace.leave("1")
    clock.now_s += 50.0  # nobody waited
    waited(pace, clock, "2", [10, 8], 2.0)
    assert pace.place_s == (5.0 + 2.0) / (5 + 2)


def test_what_was_long_ago_is_forgotten() -> None:
    clock = Clock()
    pace = Pace(clock)
    waited(pace, clock, "1", [20, 10], 5.0)
    assert pace.place_s == 0.5
    clock.now_s += WINDOW_S
    assert pace.place_s == 0.0
