"""What a job's result means for its order: a post, or the same once more in a smaller file."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from bot.delivery.post import Post, error_post, picture_post
from bot.errors import Refused
from bot.jobs.active import Active, Unwanted
from bot.jobs.answers import MAX_ATTEMPTS
from engine.errors import Cancelled, Expired
from engine.protocol import AnimationOptions, Result


@dataclass(frozen=True)
class Verdict:
    """answer: what is posted, or how the file is made again; outcome: its name in metrics and logs; size_bytes: of the
    file that is posted."""

    answer: Post | AnimationOptions
    outcome: str
    size_bytes: int = 0


def verdict(active: Active, result: Result) -> Verdict:
    """What is to be done about the result of an order under way."""
    order = active.order
    if order.drawn_by and active.unwanted is Unwanted.CANCELLED:  # no job could be told
        return Verdict(error_post(order, Cancelled()), Cancelled.code)
    if result.rendered is not None:
        return Verdict(picture_post(order, result.rendered), "ok", len(result.rendered.animation))
    assert result.failure is not None
    error = result.failure.error()
    if isinstance(error, Expired) and active.message.state.note == "no_engine":
        return Verdict(error_post(order, Refused("no_engine_came")), "no_engine_came")
    if error.code == "result_too_large" and order.animation.format != "mp4" and order.attempt < MAX_ATTEMPTS:
        return Verdict(dataclasses.replace(order.animation, format="mp4"), "reencoded")
    return Verdict(error_post(order, error), error.code)
