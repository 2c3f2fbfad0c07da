"""What has been lost or outlived, looked for from time to time."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import Awaitable, Callable

from bot.config import BotConfig
from bot.jobs.active import Active
from bot.jobs.under_way import UnderWay
from bot.storage.storage import Storage
from engine.errors import RecedeError

log = logging.getLogger("recede.bot")

# A job that has begun in time may work for this long; after that the queue has lost it.
LOST_AFTER_S = 1200.0


async def sweep(
    under_way: UnderWay,
    answer_lost: Callable[[Active], Awaitable[None]],
    end_questions: Callable[[], Awaitable[None]],
    storage: Storage,
    config: BotConfig,
    keep_s: float,
) -> None:
    """Every `sweep_period_s`, answer the jobs that the queue has lost, and forget what is old. Does not return.

    keep_s: how long the queue keeps a result; answer_lost: may raise RecedeError, and is asked again next time;
    end_questions: ends those that nobody has answered.
    """
    while True:
        await asyncio.sleep(config.sweep_period_s)  # first, for what waits in the queue after a long absence
        for active in under_way.all():
            if active.in_queue and time.time() > active.order.expires_at_s + LOST_AFTER_S:
                try:
                    await answer_lost(active)
                except RecedeError as trouble:
                    log.info("%s", trouble.sentence, extra={"event": "sweep_failed"})
        try:
            await end_questions()
            await storage.forget_old(config.buttons_s, keep_s + LOST_AFTER_S)
        except sqlite3.Error:
            log.exception("what is old could not be forgotten", extra={"event": "sweep_failed"})
