"""Pauses between tries."""

from __future__ import annotations

from engine.process.pauses import Pauses


def test_pauses_double_up_to_the_longest() -> None:
    pauses = Pauses(0.5, 3.0)
    assert [pauses.next_s() for _ in range(5)] == [0.5, 1.0, 2.0, 3.0, 3.0]


def test_after_a_success_the_first_pause_comes_again() -> None:
    pauses = Pauses(0.5, 3.0)
    pauses.next_s(), pauses.next_s()
    pauses.start_over()
    assert pauses.next_s() == 0.5
