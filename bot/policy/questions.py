"""How a question to a member pictured ends in its place, when the answer is no or none."""

from __future__ import annotations

import logging
from collections.abc import Callable

import discord

from bot.delivery.delivery import Delivery, Network
from bot.errors import Undelivered, Withdrawn
from bot.messages import say
from bot.order import Order, from_json
from bot.storage.storage import Storage

log = logging.getLogger("recede.bot")

# A question is open for so long; after that its interaction's token has just enough life left to say that it is over.
QUESTION_LIFE_S = 600.0


async def end_question(delivery: Delivery, order: Order, key: str) -> None:
    """Say in its place what became of a question."""
    try:
        await delivery.edit(order, say(order.language, key, user=f"<@{order.pictured_id}>"))
    except (Withdrawn, Undelivered, discord.HTTPException, *Network) as error:
        log.info("a question stays as it is: %s", error, extra={"event": "edit_failed", "job": order.job_id})


async def end_old_questions(
    storage: Storage, delivery: Delivery, forget_use: Callable[[Order], None], life_s: float = QUESTION_LIFE_S
) -> None:
    """Drop the orders that nobody has allowed within `life_s`, and say so. forget_use: hears of each, as it is not to
    cost its asker a pause."""
    for order in map(from_json, await storage.questions(life_s)):
        if await storage.take_question(order.order_id) is not None:
            forget_use(order)
            await end_question(delivery, order, "no_answer")
