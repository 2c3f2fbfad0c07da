"""Looking after those who wait: what progress alone does not tell them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from bot.jobs.active import Active, Reached
from bot.jobs.progress import FAREWELL, NOT_READY
from engine.errors import RecedeError
from engine.protocol import EngineStatus
from engine.queue import Queue

# Hears what the engines say about themselves, and how many jobs of others the queue holds.
Learn = Callable[[list[EngineStatus], int], None]
# Before a token dies.
FAREWELL_S = 20.0


async def watch_waiting(active: Callable[[], list[Active]], queue: Queue, learn: Learn, period_s: float) -> None:
    """Every `period_s`, say when no engine is ready, as at a first start, which takes minutes; and, while it can still
    be said, that an answer will come elsewhere. Does not return.

    active: the orders without an answer; learn: hears what the engines say about themselves and how many jobs of others
    the queue holds, also while nobody waits, so that the first ones of a rush are not taken blindly."""
    while True:
        waiting = [entry for entry in active() if entry.reached is Reached.SUBMITTED]
        await _tell_readiness(waiting, queue, learn)
        await asyncio.sleep(period_s)
        await asyncio.gather(*(_say_farewell(entry) for entry in active() if _is_dying(entry)))


def _is_dying(active: Active) -> bool:
    return active.message.state.note != FAREWELL and 0 < active.order.place.token_left_s < FAREWELL_S


async def _say_farewell(active: Active) -> None:
    active.message.update(note=FAREWELL)
    await active.message.flush()


async def _tell_readiness(waiting: list[Active], queue: Queue, learn: Learn) -> None:
    try:
        statuses, tickets = await queue.engines(), await queue.tickets()
    except RecedeError:
        return
    learn(statuses, sum(ticket.receiver != queue.receiver for ticket in tickets))
    states = {status.state for status in statuses}
    wanted = "" if "ready" in states else "warming" if "warming" in states else "no_engine"
    for active in waiting:
        if active.message.state.note in ("", *NOT_READY) and active.message.state.note != wanted:
            active.message.update(note=wanted)
