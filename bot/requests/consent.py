"""Members who want to be asked first: the question to them, and what becomes of the order that waits for a yes."""

from __future__ import annotations

import dataclasses
import logging
import time
from typing import Any

import discord

from bot.client import Interaction, acknowledge, tell
from bot.delivery.buttons import question_view
from bot.delivery.delivery import Network
from bot.errors import Refused
from bot.messages import say
from bot.order import Order, from_json, to_json
from bot.policy.questions import QUESTION_LIFE_S, end_question

log = logging.getLogger("recede.bot")


async def put_question(interaction: Interaction, order: Order) -> bool:
    """Ask the member pictured, in the channel or, where others are not to see it, by a direct message; the order waits.
    False where Discord did not take the question.

    Raises Refused where the same asker's question to them is open, or they cannot be reached.
    """
    resources = interaction.client.resources
    for waiting in map(from_json, await resources.storage.questions()):
        same = (waiting.user_id, waiting.pictured_id) == (order.user_id, order.pictured_id)
        if same and time.time() - waiting.place.born_s < QUESTION_LIFE_S:
            raise Refused("already_asked", user=f"<@{order.pictured_id}>")
    await resources.storage.add_question(order.order_id, to_json(order))
    if order.place.guild_id and not order.place.private:
        try:
            await interaction.response.send_message(**_question(interaction, order))
        except (discord.HTTPException, *Network) as error:
            log.warning("a question could not be put: %s", error, extra={"event": "tell_failed"})
            await resources.storage.take_question(order.order_id)
            return False
        return True
    if not await acknowledge(interaction, order.place.private):
        await resources.storage.take_question(order.order_id)
        return False
    try:
        direct = await interaction.client.create_dm(discord.Object(order.pictured_id))
        await direct.send(**_question(interaction, order))
    except (discord.HTTPException, *Network):
        await resources.storage.take_question(order.order_id)
        raise Refused("cannot_ask", user=f"<@{order.pictured_id}>") from None
    await tell(interaction, say(order.language, "asked", user=f"<@{order.pictured_id}>"))
    return True


async def answer_question(interaction: Interaction, order_id: str, yes: bool) -> None:
    """What the member pictured says. Raises Refused where the question is over."""
    resources = interaction.client.resources
    if yes and resources.policy.draining:
        raise Refused("draining")
    text = await resources.storage.take_question(order_id)
    if text is None:
        raise Refused("question_over")
    order = from_json(text)
    if order.place.private or not order.place.guild_id:  # the question is a message of its own
        told = say(order.language, "yes_said" if yes else "no_said")
        try:
            await interaction.edit_original_response(content=told, view=None)
        except (discord.HTTPException, *Network) as error:
            log.info("a question stays as it is: %s", error, extra={"event": "edit_failed"})
    if yes:
        expires_at_s = time.time() + resources.settings.shared.queue.deadline_s
        resources.desk.begin(dataclasses.replace(order, expires_at_s=expires_at_s))
        return
    resources.policy.note_no(order.user_id, order.pictured_id)
    resources.policy.forget_use(order.place.guild_id, order.user_id, order.order_id)
    await end_question(resources.delivery, order, "said_no")


def _question(interaction: Interaction, order: Order) -> dict[str, Any]:
    """The message, which notifies the one who is asked and nobody else."""
    text = say(order.language, "question", user=f"<@{order.pictured_id}>", asker=f"<@{order.user_id}>")
    return {
        "content": interaction.client.resources.markup.dress(text),
        "view": question_view(order),
        "allowed_mentions": discord.AllowedMentions(
            everyone=False, roles=False, users=[discord.Object(order.pictured_id)]
        ),
    }
