"""What cannot end in time is refused at once, with a time to come back; nobody takes it all."""

from __future__ import annotations

import pytest

from bot.errors import Refused
from bot.policy.capacity import Load, check_room, load_of
from engine.errors import Busy
from engine.protocol import EngineStatus

LEFT_S = 840.0


def engine(workers: int = 1, mean_job_s: float = 10.0, state: str = "ready") -> EngineStatus:
    return EngineStatus("e", "h", 1, "cpu", state, "", workers, (), 5, 0, mean_job_s, 1, 60.0)  # type: ignore[arg-type]


def together(*engines: EngineStatus) -> Load:
    load = load_of(engines)
    assert load is not None
    return load


def taken(load: Load, members: int, per_server: int = 1) -> int:
    """How many of `members` who ask in turn are taken."""
    count = 0
    for _ in range(members):
        try:
            check_room(load, LEFT_S, count, min(count, per_server), 0)
        except Busy:
            break
        count += 1
    return count


@pytest.mark.parametrize("engines", [[engine()], [engine(2, 5.0)], [engine(1, 8.0), engine(3, 12.0)]])
def test_of_a_storm_exactly_so_many_are_taken_as_end_in_time(engines: list[EngineStatus]) -> None:
    load = together(*engines)
    count = taken(load, 500)
    assert 0 < count < 500
    assert load.wait_s(count - 1) <= LEFT_S * 0.6
    with pytest.raises(Busy) as told:
        check_room(load, LEFT_S, 200 + count, 0, 0)
    # Who comes back when they were told finds a place, should nobody else have come.
    done = float(told.value.details["retry_after_s"]) / load.place_s
    check_room(load, LEFT_S, round(200 + count - done), 0, 0)


def test_one_server_leaves_room_for_others() -> None:
    load = Load(1, 10.0, 10.0)
    with pytest.raises(Refused) as told:
        check_room(load, LEFT_S, 25, 25, 0)
    assert told.value.key == "server_share"
    check_room(load, LEFT_S, 25, 3, 0)
    check_room(load, LEFT_S, 25, 0, 0)  # in direct messages


def test_in_a_crowd_everybody_has_one_at_a_time() -> None:
    load = Load(1, 10.0, 10.0)
    check_room(load, LEFT_S, 5, 0, 1)
    with pytest.raises(Refused) as told:
        check_room(load, LEFT_S, 40, 0, 1)
    assert told.value.key == "crowded"
    check_room(load, LEFT_S, 40, 0, 0)


def test_an_engine_that_has_finished_nothing_is_taken_for_a_usual_one() -> None:
    assert together(engine(mean_job_s=0.0)) == Load()
    assert together(engine(mean_job_s=0.0), engine(mean_job_s=10.0)) == Load(2, 10.0, 5.0)
    assert 0 < taken(Load(), 300) < 50
    check_room(Load(), 1.0, 0, 0, 0)  # somebody has to be the first


def test_without_an_engine_nothing_is_known() -> None:
    assert load_of([]) is None
    assert load_of([engine(state="draining")]) is None


def test_engines_of_different_speed_finish_as_many_as_each_of_them_does() -> None:
    load = together(engine(1, 8.0), engine(3, 12.0))
    assert load.place_s == pytest.approx(1 / (1 / 8 + 3 / 12))
    assert (load.workers, load.job_s) == (4, 12.0)


@pytest.mark.parametrize(("position", "workers", "most_s"), [(1, 1, 20), (3, 1, 40), (1, 4, 20), (9, 4, 40)])
def test_what_is_told_is_enough_where_all_engines_have_just_begun(position: int, workers: int, most_s: int) -> None:
    assert most_s < Load(workers, 10.0, 10.0 / workers).told_s(position) < 1.5 * most_s


def test_a_queue_that_is_seen_to_be_slower_than_its_engines_say_is_believed() -> None:
    load = Load(2, 10.0, 5.0)
    assert load.seen(7.0).wait_s(10) == 80.0
    assert load.seen(1.0) == load
