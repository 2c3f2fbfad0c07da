"""Who has how much under way, and what is promised to them."""

from __future__ import annotations

import pytest

from bot.config import BotConfig
from bot.delivery.delivery import Delivery
from bot.jobs.active import Active, Reached
from bot.jobs.outlook import Outlook
from bot.jobs.progress import Pacer, ProgressMessage
from bot.jobs.under_way import UnderWay
from bot.order import Order
from engine.errors import Busy
from engine.protocol import EngineStatus, Progress
from tests.support.bot.loops import in_loop
from tests.support.bot.orders import order


async def nothing() -> None:
    return


def active(made: Order) -> Active:
    period_s = BotConfig().progress_period_s
    return Active(made, ProgressMessage(made, Delivery(), Pacer(), period_s, lambda: None, nothing))


def engine(mean_job_s: float) -> EngineStatus:
    return EngineStatus("e", "h", 1, "cpu", "ready", "", 1, (), 5, 0, mean_job_s, 1, 60.0)


def waiting(job_id: str, position: int) -> Progress:
    return Progress(job_id, "waiting", 0.0, position, 1.0)


@in_loop
async def test_a_place_that_is_held_and_the_order_that_takes_it_are_one() -> None:
    under_way = UnderWay()
    under_way.reserve("1", 7, 2000)
    under_way.reserve("2", 7)
    assert (under_way.count(7), under_way.count_in(2000), under_way.count_in(0)) == (2, 1, 0)
    made = active(order("1", user_id=7))
    under_way.put(made)
    assert (under_way.count(7), len(under_way.askers())) == (2, 2)
    under_way.release("1")
    under_way.release("2")
    assert under_way.askers() == [(7, 2000)]
    assert under_way.find_order("1") is made
    made.reach(Reached.ANSWERED)  # and still to be noted
    assert (under_way.active(), under_way.all(), under_way.count(7)) == ([], [made], 0)
    under_way.remove(made)
    assert (under_way.find("1"), len(under_way)) == (None, 0)


@in_loop
async def test_somebodys_orders_are_theirs_and_those_with_their_picture() -> None:
    under_way = UnderWay()
    mine, of_me, theirs = (active(made) for made in (order("1", user_id=7), order("2", pictured_id=7), order("3")))
    for entry in (mine, of_me, theirs):
        under_way.put(entry)
    assert under_way.of_or_with(7) == [mine, of_me]


@in_loop
async def test_a_wait_is_promised_with_what_is_being_made_and_only_to_whom_nobody_overtakes() -> None:
    under_way = UnderWay()
    outlook = Outlook(under_way, 840.0)
    first, second = active(order("1", user_id=7)), active(order("2", user_id=7))
    under_way.put(first)
    under_way.put(second)
    outlook.learn([engine(10.0)], 0)
    # One is being made, two wait before it, and it takes its own time: the queue itself would tell 30 s.
    assert (outlook.told(first, waiting("1", 3)).seconds_left or 0) >= 40.0
    assert outlook.told(second, waiting("2", 4)).seconds_left is None
    begun = Progress("1", "compositing", 0.5, None, 4.0)
    assert outlook.told(first, begun) == begun


@in_loop
async def test_a_queue_that_moves_more_slowly_than_its_engines_say_is_told_as_it_moves() -> None:
    now_s = 1000.0
    under_way = UnderWay()
    outlook = Outlook(under_way, 840.0, lambda: now_s)
    made = active(order("1"))
    under_way.put(made)
    outlook.learn([engine(10.0)], 0)
    for position in (30, 28, 26, 24):
        told = outlook.told(made, waiting("1", position))
        now_s += 30.0
    assert (told.seconds_left or 0) >= 24 * 15.0 + 10.0


@in_loop
async def test_jobs_of_others_at_the_same_queue_take_room_too() -> None:
    outlook = Outlook(UnderWay(), 840.0)
    outlook.learn([engine(10.0)], 0)
    outlook.check_room(7, 0)
    outlook.learn([engine(10.0)], 60)
    with pytest.raises(Busy):
        outlook.check_room(7, 0)
    outlook.learn([], 60)  # an engine that is away for a moment is not forgotten
    assert outlook.load.job_s == 10.0
