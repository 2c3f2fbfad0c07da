"""What a result means for the order that it answers."""

from __future__ import annotations

from dataclasses import replace

from bot.config import BotConfig
from bot.delivery.delivery import Delivery
from bot.jobs.active import Active, Unwanted
from bot.jobs.answers import MAX_ATTEMPTS
from bot.jobs.progress import Pacer, ProgressMessage
from bot.jobs.verdict import verdict
from bot.order import Order
from engine.errors import Expired, RecedeError, ResultTooLarge
from engine.protocol import AnimationOptions, Failure, Rendered, Result
from tests.support.bot.loops import in_loop
from tests.support.bot.orders import order


async def nothing() -> None:
    return


def active(made: Order) -> Active:
    period_s = BotConfig().progress_period_s
    return Active(made, ProgressMessage(made, Delivery(), Pacer(), period_s, lambda: None, nothing))


def failed(made: Order, error: RecedeError) -> Result:
    return Result(made.job_id, failure=Failure.of(error))


def drawn(made: Order) -> Result:
    return Result(made.job_id, Rendered(b"GIF89a", "gif", 320, 320, 24, "a person"))


@in_loop
async def test_a_picture_is_posted_with_its_size() -> None:
    made = order()
    told = verdict(active(made), drawn(made))
    assert (told.outcome, told.size_bytes) == ("ok", 6)
    assert not isinstance(told.answer, AnimationOptions)


@in_loop
async def test_too_large_a_picture_is_made_again_as_mp4_as_often_as_may_be() -> None:
    made = order()
    told = verdict(active(made), failed(made, ResultTooLarge("Even the smallest is too large.")))
    assert isinstance(told.answer, AnimationOptions)
    assert told.answer == replace(made.animation, format="mp4")
    tried = replace(made, attempt=MAX_ATTEMPTS)
    assert (
        verdict(active(tried), failed(tried, ResultTooLarge("Even the smallest is too large."))).outcome
        == "result_too_large"
    )


@in_loop
async def test_what_no_engine_came_for_says_so() -> None:
    made = order()
    waited = active(made)
    assert verdict(waited, failed(made, Expired())).outcome == "expired"
    waited.message.update(note="no_engine")
    assert verdict(waited, failed(made, Expired())).outcome == "no_engine_came"


@in_loop
async def test_an_order_for_a_copy_that_was_cancelled_stays_cancelled() -> None:
    made = order(drawn_by="engine-1")
    copy = active(made)
    copy.drop(Unwanted.CANCELLED)
    assert verdict(copy, drawn(made)).outcome == "cancelled"
