"""What is kept of the last photos: for how long, for whom, and how much of it."""

from __future__ import annotations

import gc
import threading
import time
import weakref

import pytest

from engine.pipeline.recent import Key, Recent

KEEP_S = 120.0


class Clock:
    """Stands still until it is set."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


class Face:
    """Something that can be seen to be gone."""


def key(asker: str = "ann", photo: str = "a", options: object = ("fast", 0)) -> Key:
    return Key(asker, photo, options)


def put(recent: Recent[Face], where: Key, size_bytes: int = 1) -> weakref.ref[Face]:
    with recent.lent(where) as loan:
        loan.value, loan.size_bytes = Face(), size_bytes
        return weakref.ref(loan.value)


def test_the_next_job_of_the_same_photo_and_asker_goes_on_from_what_is_known() -> None:
    recent = Recent[Face](KEEP_S, clock=Clock())
    kept = put(recent, key())
    with recent.lent(key()) as loan:
        assert loan.value is not None
        assert loan.value is kept()


@pytest.mark.parametrize("other", [key(asker="bob"), key(photo="b"), key(options=("fine", 0))])
def test_another_asker_photo_or_preset_gets_nothing(other: Key) -> None:
    recent = Recent[Face](KEEP_S, clock=Clock())
    put(recent, key())
    with recent.lent(other) as loan:
        assert loan.value is None


def test_nothing_outlives_the_time() -> None:
    clock = Clock()
    recent = Recent[Face](KEEP_S, clock=clock)
    kept = put(recent, key())
    clock.now_s += KEEP_S - 1
    assert recent.sweep() == pytest.approx(1.0)
    assert kept() is not None
    clock.now_s += 1
    assert recent.sweep() is None
    gc.collect()
    assert kept() is None


def test_what_is_over_is_not_lent_even_before_it_was_swept() -> None:
    clock = Clock()
    recent = Recent[Face](KEEP_S, clock=clock)
    put(recent, key())
    clock.now_s += KEEP_S
    with recent.lent(key()) as loan:
        assert loan.value is None


def test_the_watch_drops_it_without_any_job_coming() -> None:
    recent = Recent[Face](0.1)
    threading.Thread(target=recent.watch, daemon=True).start()
    kept = put(recent, key())
    assert kept() is not None
    deadline_s = time.monotonic() + 10
    while kept() is not None and time.monotonic() < deadline_s:
        time.sleep(0.01)
    assert kept() is None


def test_each_job_begins_the_time_again() -> None:
    clock = Clock()
    recent = Recent[Face](KEEP_S, clock=clock)
    put(recent, key())
    clock.now_s += KEEP_S - 1
    with recent.lent(key()):
        clock.now_s += 10  # the job itself takes longer than was left
    clock.now_s += KEEP_S - 1
    assert key() in recent


def test_what_is_looked_at_is_there_for_others_too_and_stays_for_as_long_again() -> None:
    clock = Clock()
    recent = Recent[Face](KEEP_S, clock=clock)
    kept = put(recent, key())
    clock.now_s += KEEP_S - 1
    assert recent.find(key()) is kept()
    assert recent.find(key()) is kept()
    clock.now_s += KEEP_S - 1
    assert key() in recent
    clock.now_s += 1
    assert recent.find(key()) is None
    gc.collect()
    assert kept() is None


def test_what_was_looked_at_last_goes_last() -> None:
    recent = Recent[Face](KEEP_S, most=2, clock=Clock())
    put(recent, key(photo="a"))
    put(recent, key(photo="b"))
    recent.find(key(photo="a"))
    put(recent, key(photo="c"))
    assert [key(photo=photo) in recent for photo in "abc"] == [True, False, True]


def test_who_wants_what_a_job_works_with_waits_for_that_job_and_goes_on_from_there() -> None:
    recent = Recent[Face](KEEP_S, clock=Clock())
    got: list[Face | None] = []

    def next_job() -> None:
        with recent.lent(key()) as loan:
            got.append(loan.value)

    with recent.lent(key()) as loan:
        other = threading.Thread(target=next_job)
        other.start()
        other.join(0.05)
        assert not got
        loan.value = face = Face()
    other.join()
    assert got == [face]


def test_what_is_to_be_forgotten_while_a_job_waits_for_it_is_not_kept_after_that_job() -> None:
    recent = Recent[Face](KEEP_S, clock=Clock())

    def next_job() -> None:
        with recent.lent(key()) as loan:
            assert loan.value is None
            loan.value = Face()

    with recent.lent(key()) as loan:
        other = threading.Thread(target=next_job)
        other.start()
        other.join(0.05)
        loan.value = Face()
        recent.forget(["ann"])
    other.join()
    assert key() not in recent


def test_what_a_job_works_with_is_not_looked_at() -> None:
    recent = Recent[Face](KEEP_S, clock=Clock())
    put(recent, key())
    with recent.lent(key()):
        assert recent.find(key()) is None
    assert recent.find(key(asker="bob")) is None


def test_what_an_asker_wants_forgotten_goes_and_others_stay() -> None:
    recent = Recent[Face](KEEP_S, clock=Clock())
    one, two = put(recent, key(photo="a")), put(recent, key(photo="b"))
    others = put(recent, key(asker="bob"))
    recent.forget(["ann", "nobody"])
    gc.collect()
    assert (one(), two()) == (None, None)
    assert others() is not None


def test_what_is_forgotten_during_a_job_is_not_kept_after_it() -> None:
    recent = Recent[Face](KEEP_S, clock=Clock())
    put(recent, key())
    with recent.lent(key()) as loan:
        recent.forget(["ann"])
    assert loan.value is None
    assert key() not in recent


def test_a_job_that_ends_with_an_error_leaves_nothing() -> None:
    recent = Recent[Face](KEEP_S, clock=Clock())
    put(recent, key())
    with pytest.raises(RuntimeError), recent.lent(key()):
        raise RuntimeError("cancelled")
    assert key() not in recent


def test_with_no_time_nothing_is_kept() -> None:
    recent = Recent[Face](0.0, clock=Clock())
    assert put(recent, key())() is None
    assert key() not in recent


def test_the_oldest_make_room_in_number_and_in_bytes() -> None:
    recent = Recent[Face](KEEP_S, most=3, most_bytes=100, clock=Clock())
    for photo in "abcd":
        put(recent, key(photo=photo), 10)
    assert [key(photo=photo) in recent for photo in "abcd"] == [False, True, True, True]
    put(recent, key(photo="b"), 10)  # used again, so that it is the newest
    put(recent, key(photo="e"), 85)
    assert [key(photo=photo) in recent for photo in "bcde"] == [True, False, False, True]


def test_what_is_larger_than_all_the_room_is_not_kept() -> None:
    recent = Recent[Face](KEEP_S, most_bytes=100, clock=Clock())
    put(recent, key(photo="a"), 10)
    put(recent, key(photo="b"), 101)
    assert [key(photo=photo) in recent for photo in "ab"] == [True, False]
