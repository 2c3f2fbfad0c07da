"""What cannot end in time is refused at once, with a time to come back; nobody takes it all."""

from __future__ import annotations

import pytest

from bot.errors import Refused
from bot.policy.capacity import Load, check_room, load_of
from engine.errors import Busy
from engine.protocol import EngineStatus

LEFT_S = 840.0


def engine(workers: int = 1, mean_job_s: float = 10.0) -> EngineStatus:
    return EngineStatus("e", "h", 1, "cpu", "ready", "", workers, (), 5, 0, mean_job_s, 1, 60.0)


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
    load = load_of(engines)
    count = taken(load, 500)
    assert 0 < count < 500
    assert load.wait_s(count - 1) <= LEFT_S * 0.6
    with pytest.raises(Busy) as told:
        check_room(load, LEFT_S, 200 + count, 0, 0)
    # Who comes back when they were told finds a place, should nobody else have come.
    done = float(told.value.details["retry_after_s"]) * load.slots / load.job_s
    check_room(load, LEFT_S, round(200 + count - done), 0, 0)


def test_one_server_leaves_room_for_others() -> None:
    load = Load(1, 10.0)
    with pytest.raises(Refused) as told:
        check_room(load, LEFT_S, 25, 25, 0)
    assert told.value.key == "server_share"
    check_room(load, LEFT_S, 25, 3, 0)
    check_room(load, LEFT_S, 25, 0, 0)  # in direct messages


def test_in_a_crowd_everybody_has_one_at_a_time() -> None:
    load = Load(1, 10.0)
    check_room(load, LEFT_S, 5, 0, 1)
    with pytest.raises(Refused) as told:
        check_room(load, LEFT_S, 40, 0, 1)
    assert told.value.key == "crowded"
    check_room(load, LEFT_S, 40, 0, 0)


def test_before_an_engine_has_finished_anything_nothing_is_refused() -> None:
    check_room(load_of([]), LEFT_S, 300, 300, 1)
    check_room(load_of([engine(mean_job_s=0.0)]), LEFT_S, 300, 300, 1)
