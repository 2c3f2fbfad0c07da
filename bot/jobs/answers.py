"""Answers: posted, noted, counted; and what is to be made instead where a file is too large."""

from __future__ import annotations

import dataclasses
import logging
import sqlite3

from bot.delivery.delivery import Delivery
from bot.delivery.post import Post, error_post
from bot.errors import Refused, TooLarge, Undelivered, Withdrawn
from bot.jobs.active import Active, Reached, Unwanted
from bot.order import Order, to_json
from bot.policy.policy import Policy
from bot.runtime.metrics import BotMetrics
from bot.storage.storage import Storage
from engine.errors import BrokerUnreachable, ResultTooLarge
from engine.protocol import MIB, AnimationOptions

log = logging.getLogger("recede.bot")

# Discord says that a file is too large without saying what would fit. Everywhere 10 MiB do, which the request's other
# parts share; a proxy in between may want less still.
FITS_BYTES = 9 * MIB
SMALLER = 0.6
MAX_ATTEMPTS = 5
LEAST_BYTES = 64 * 1024


class Answers:
    """The way from what an order has come to, to whoever asked."""

    def __init__(self, storage: Storage, delivery: Delivery, metrics: BotMetrics, policy: Policy | None) -> None:
        self._storage = storage
        self._delivery = delivery
        self._metrics = metrics
        self._policy = policy

    def refuse(self, active: Active) -> Refused | None:
        """Why the order's picture is not to be shown any more, None where it may be."""
        if self._policy is not None and active.refused is None:
            objection = self._policy.objection(active.order.user_id, active.order.pictured_id)
            if objection is not None:
                active.drop(objection)
        return active.refused

    async def give(self, active: Active, post: Post, outcome: str, size_bytes: int = 0) -> AnimationOptions | None:
        """Post the answer and note it; returns what to make instead where Discord takes no file so large.

        outcome: under what to count it; size_bytes: of its file. Raises BrokerUnreachable to be asked again later.
        """
        order = active.order
        await active.message.close()
        if not active.withdrawn and (refused := self.refuse(active)):
            post, outcome = error_post(order, refused), refused.key
        if post.attached is None:  # before it is told, as whoever reads it may try again at once
            self.forget_use(order)
        if not active.withdrawn:
            try:
                way = await self._delivery.deliver(order, post)
                active.reach(Reached.ANSWERED)
                outcome = "nowhere" if way == "nowhere" else outcome
            except TooLarge:
                if order.attempt < MAX_ATTEMPTS:
                    limit = min(FITS_BYTES, round(min(size_bytes, order.animation.max_bytes) * SMALLER))
                    return dataclasses.replace(order.animation, max_bytes=max(LEAST_BYTES, limit))
                log.warning("no file is small enough", extra={"event": "too_large", "job": order.job_id})
                error = ResultTooLarge("Discord takes none of the files, however small.")
                return await self.give(active, error_post(order, error), error.code)
            except Withdrawn:
                active.drop(Unwanted.WITHDRAWN)
            except Undelivered as error:
                log.warning("Discord does not take the answer: %s", error, extra={"event": "undelivered"})
                raise BrokerUnreachable(f"Discord does not take the answer ({error}): it is tried again.") from error
        await self._note(active, post, "withdrawn" if active.withdrawn else outcome)
        return None

    async def _note(self, active: Active, post: Post, outcome: str) -> None:
        order = active.order
        kept = order.order_id if post.order is not None and outcome == "ok" else ""
        try:
            text = to_json(order.without_token()) if kept else ""
            policy = self._policy if kept and not order.is_copy else None
            day = policy.note_picture(order.place.guild_id) if policy is not None else None
            await self._storage.finish_job(order.job_id, outcome, kept, text, day)
        except sqlite3.Error:
            # The answer is there; to post it once more would help nobody.
            log.exception("an answer could not be noted", extra={"event": "note_failed", "job": order.job_id})
        self._metrics.outcomes.labels(outcome).inc()

    def forget_use(self, order: Order) -> None:
        """A request that came to nothing costs no pause."""
        if self._policy is not None:
            self._policy.forget_use(order.place.guild_id, order.user_id, order.order_id)
