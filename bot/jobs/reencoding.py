"""Other files of fresh answers: an engine that still has the pictures makes them at once, beside its jobs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from bot.jobs.active import Active
from bot.jobs.under_way import UnderWay
from bot.order import Order
from bot.policy.policy import Asker, Policy
from engine.queue import Queue

# A file takes a second or two, and a few others may be made before it. Nobody says when the engine has died meanwhile.
LIMIT_S = 20.0


class Reencoding:
    """The way of an order round the queue. check_room: raises Busy or Refused where one more of that user's, from that
    server, would not end in time; policy: None where anybody may have anything."""

    def __init__(
        self,
        under_way: UnderWay,
        check_room: Callable[[int, int], None],
        policy: Policy | None,
        limit_s: float = LIMIT_S,
    ) -> None:
        self._under_way = under_way
        self._check_room = check_room
        self._policy = policy
        self._limit_s = limit_s

    async def serve(self, queue: Queue, active: Active) -> bool:
        """Have the order's file made of pictures that an engine still has; True once it is answered.

        Where none has them, the order becomes one with pictures of its own, for which there has to be room. Raises
        Busy or Refused where there is none.
        """
        order = active.order
        if not order.drawn_by:
            return False
        if await queue.reencode(order.job_id, order.drawn_by, str(order.user_id), order.animation):
            try:
                async with asyncio.timeout(self._limit_s):
                    await active.ended.wait()
                return True
            except TimeoutError:
                pass
        if order.is_copy:
            self._check(order)
        active.order = order.drawn_again()
        self._under_way.put(active)  # from now on it counts
        return False

    def _check(self, order: Order) -> None:
        guild_id, under_way = order.place.guild_id, self._under_way
        if self._policy is not None:
            asker = Asker(order.user_id, guild_id, order.place.channel_id)
            self._policy.check_pace(asker, under_way.count(order.user_id), at_once=True)
            self._policy.check_day(guild_id, under_way.count_in(guild_id))
        self._check_room(order.user_id, guild_id)
