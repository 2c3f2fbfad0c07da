"""How far an order has come, and whether anybody waits for it."""

from __future__ import annotations

import pytest

from bot.config import BotConfig
from bot.delivery.delivery import Delivery
from bot.errors import Refused
from bot.jobs.active import Active, Reached, Unwanted
from bot.jobs.progress import Pacer, ProgressMessage
from tests.support.bot.loops import in_loop
from tests.support.bot.orders import order


async def nothing() -> None:
    return


def active() -> Active:
    made = order("1")
    period_s = BotConfig().progress_period_s
    return Active(made, ProgressMessage(made, Delivery(), Pacer(), period_s, lambda: None, nothing))


@in_loop
async def test_an_engine_may_begin_before_the_queue_has_said_that_it_has_the_job() -> None:
    entry = active()
    assert not entry.in_queue
    entry.begin()
    entry.reach(Reached.SUBMITTED)
    assert (entry.reached, entry.in_queue, entry.begun) == (Reached.BEGUN, True, True)
    entry.begin()
    entry.begin()
    assert entry.reached is Reached.BEGUN_AGAIN


@in_loop
async def test_an_answer_takes_the_order_out_of_the_queue() -> None:
    entry = active()
    entry.reach(Reached.SUBMITTED)
    entry.reach(Reached.ANSWERED)
    assert not entry.in_queue


@pytest.mark.parametrize("first", [0, 1, 2])
@pytest.mark.parametrize("second", [0, 1, 2])
@in_loop
async def test_the_gravest_reason_against_a_picture_counts(first: int, second: int) -> None:
    reasons = (Unwanted.CANCELLED, Refused("forgotten"), Unwanted.WITHDRAWN)
    entry = active()
    entry.drop(reasons[first])
    entry.drop(reasons[second])
    assert entry.unwanted is reasons[max(first, second)]
    assert entry.withdrawn is (max(first, second) == 2)
    assert (entry.refused is None) is (max(first, second) != 1)
