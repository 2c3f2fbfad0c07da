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


def test_one_is_followed_until_it_begins_and_then_another() -> None:
    clock = Clock()
    pace = Pace(clock)
    for position in range(6):
        pace.see("1", 10 - position)
        pace.see("2", 50)  # does not move at all
        clock.now_s += 2.0
    assert pace.place_s == 2.0
    pace.leave("2")
    pace.leave("1")
    clock.now_s += 50.0  # between the two nobody waited
    waited(pace, clock, "2", [10, 9, 8, 7, 6, 5], 4.0)
    assert pace.place_s == 3.0


def test_what_was_long_ago_is_forgotten() -> None:
    clock = Clock()
    pace = Pace(clock)
    waited(pace, clock, "1", [20, 10], 5.0)
    assert pace.place_s == 0.5
    clock.now_s += WINDOW_S
    assert pace.place_s == 0.0
