"""/queue: what is under way, and a way out of it."""

from __future__ import annotations

from discord import app_commands

from bot.client import Interaction, reader, tell
from bot.delivery.buttons import Handle, button, inert
from bot.jobs.active import Active
from bot.jobs.progress import NOT_READY
from bot.messages import say, say_duration, say_stage, say_wait
from bot.order import Language

SHOWN = 20  # as many as a server may allow, and fewer than the 25 buttons of a message


@app_commands.command(name="queue", description="Your place in the queue, and a way out of it")
async def queue(interaction: Interaction) -> None:
    """Tell from memory, so that the answer is immediate."""
    desk, language = interaction.client.resources.desk, reader(interaction)
    mine, total = desk.under_way.active(interaction.user.id), len(desk.under_way.active())
    if not mine:
        await tell(interaction, say(language, "queue_empty", total=total))
        return
    lines = [say(language, "queue_head", total=total)]
    buttons = []
    for number, active in enumerate(mine[:SHOWN], start=1):
        lines.append(queue_line(language, number, active))
        handle = Handle("cancel", active.order.order_id, interaction.user.id, 0)
        buttons.append(button(say(language, "cancel_number", number=number), handle.custom_id, "✖️"))
    await tell(interaction, "\n".join(lines), inert(*buttons))


def queue_line(language: Language, number: int, active: Active) -> str:
    """One order's line."""
    progress = active.message.state.progress
    if progress is None:
        return say(language, "queue_starting", number=number)
    if progress.queue_position is not None:
        position = progress.queue_position
        if active.message.state.note in NOT_READY or progress.seconds_left is None:  # nobody knows how long that takes
            return say(language, "queue_waiting_only", number=number, position=position)
        left = say_wait(language, progress.seconds_left)
        return say(language, "queue_waiting", number=number, position=position, left=left)
    shown = {"number": number, "stage": say_stage(language, progress.stage), "percent": round(100 * progress.fraction)}
    if progress.seconds_left is None or shown["percent"] == 100:
        return say(language, "queue_working", **shown)
    return say(language, "queue_working_left", **shown, left=say_duration(language, progress.seconds_left))
