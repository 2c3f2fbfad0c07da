"""/queue: what is under way, and a way out of it."""

from __future__ import annotations

from discord import app_commands

from bot.active import Active
from bot.buttons import Handle, button, inert
from bot.client import Interaction, reader, tell
from bot.messages import say, say_duration, say_stage
from bot.order import Language

SHOWN = 5


@app_commands.command(name="queue", description="Your place in the queue, and a way out of it")
async def queue(interaction: Interaction) -> None:
    """Tell from memory, so that the answer is immediate."""
    desk, language = interaction.client.parts.desk, reader(interaction)
    mine, total = desk.active(interaction.user.id), len(desk.active())
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
        left = say_duration(language, progress.seconds_left or 0.0)
        return say(language, "queue_waiting", number=number, position=progress.queue_position, left=left)
    stage, percent = say_stage(language, progress.stage), round(100 * progress.fraction)
    return say(language, "queue_working", number=number, stage=stage, percent=percent)
