"""The message that shows how an order gets on: edited now and then, and always to the latest state."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import discord

from bot.delivery.buttons import cancel_view
from bot.delivery.delivery import TOKEN_DEAD, Delivery, Network
from bot.delivery.post import Attached
from bot.errors import Undelivered, Withdrawn
from bot.messages import bar, say, say_duration, say_stage, say_wait
from bot.order import Order
from engine.protocol import Progress
from engine.queue.tasks import start

log = logging.getLogger("recede.bot")

# All progress messages together; a hundred waiting jobs are then told their place every five seconds.
EDITS_PER_S = 20.0
# So many periods before the expected end, or with so much of the work done, a message saves its next edit for the first
# preview: how much is done is known better than how long the rest takes on a busy machine.
HELD_PERIODS = 2
HELD_FROM = 0.8
# Notes for when no engine can begin.
NOT_READY = ("warming", "no_engine")
# The note with which a message ends whose token dies before its answer is there.
FAREWELL = "longer"


class Pacer:
    """Spaces the edits of all messages. sooner: of an edit that need not wait for its place among the others."""

    def __init__(self, per_s: float = EDITS_PER_S) -> None:
        self._gap_s = 1.0 / per_s
        self._next_s = 0.0

    async def turn(self, sooner: asyncio.Event) -> None:
        """Returns when the next edit may go out, or `sooner` is set; either way the edit counts."""
        now_s = time.monotonic()
        at_s = max(now_s, self._next_s)
        self._next_s = at_s + self._gap_s
        if at_s > now_s:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(at_s - now_s):
                    await sooner.wait()


@dataclass
class State:
    """Where an order stands. note: a sentence's key that goes above the progress, "" for none."""

    progress: Progress | None = None
    submitted: bool = False
    note: str = ""
    preview: bytes | None = None


def describe(order: Order, state: State) -> str:
    """The message's text."""
    language, progress = order.language, state.progress
    if state.note == FAREWELL:
        return say(language, state.note)
    lines = [say(language, state.note)] if state.note else []
    if progress is None:
        lines.append(say(language, "queued" if state.submitted else "accepted"))
    elif progress.queue_position is not None:
        if state.note in NOT_READY or progress.seconds_left is None:  # nobody knows how long that takes
            lines.append(say(language, "waiting_only", position=progress.queue_position))
        else:
            left = say_wait(language, progress.seconds_left)
            lines.append(say(language, "waiting", position=progress.queue_position, left=left))
    else:
        percent = round(100 * min(1.0, max(0.0, progress.fraction)))
        shown = {"stage": say_stage(language, progress.stage), "bar": bar(progress.fraction), "percent": percent}
        if progress.seconds_left is None or percent == 100:
            lines.append(say(language, "working", **shown))
        else:
            lines.append(say(language, "working_left", **shown, left=say_duration(language, progress.seconds_left)))
    return "\n".join(lines)


class ProgressMessage:
    """One order's message. rest_s: until its first edit; on_withdrawn: called when the message turns out to have been
    deleted.

    The first preview is what people wait for, so nothing that could be said later stands in its way: it goes before
    other messages' edits, and when the end is near, this message's own edits wait for it.
    """

    def __init__(
        self,
        order: Order,
        delivery: Delivery,
        pacer: Pacer,
        period_s: float,
        on_edit: Callable[[], None],
        on_withdrawn: Callable[[], Awaitable[None]],
        rest_s: float = 0.0,
    ) -> None:
        self.order = order
        self.state = State()
        self._delivery = delivery
        self._pacer = pacer
        self._period_s = period_s
        self._on_edit = on_edit
        self._on_withdrawn = on_withdrawn
        self._changed = asyncio.Event()
        self._editing = asyncio.Lock()
        self._shown = ""
        self._shown_preview: bytes | None = None
        self._first_preview = asyncio.Event()
        self._held = False
        self._edited_s = -math.inf
        self._closed = False
        self._task = start(self._run(rest_s))
        self._task.add_done_callback(self._ended)

    @property
    def rest_s(self) -> float:
        """Until another edit of this message may follow."""
        return max(0.0, self._edited_s + self._period_s - time.monotonic())

    def update(self, **changes: object) -> None:
        """The order now stands elsewhere."""
        for name, value in changes.items():
            setattr(self.state, name, value)
        if self.state.preview is not None and self._shown_preview is None:
            self._first_preview.set()
        self._changed.set()

    async def close(self) -> None:
        """Edit no more; returns when no edit is on its way, so that none can overtake the answer."""
        self._closed = True
        async with self._editing:
            self._task.cancel()
        await asyncio.wait([self._task])  # whatever became of it, the answer comes next

    async def flush(self) -> None:
        """Show the present state at once, for the last time, unless the answer has taken the message over."""
        if self._closed:
            return
        self._closed = True
        async with self._editing:
            await self._show(last=True)

    async def _run(self, rest_s: float) -> None:
        await asyncio.sleep(rest_s)
        while not self._closed:
            await self._changed.wait()
            self._changed.clear()
            if not self._worth_showing():
                continue
            await self._hold()
            await self._pacer.turn(self._first_preview)
            async with self._editing:
                if self._closed or not await self._show():
                    return
            await asyncio.sleep(self._period_s)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            extra = {"event": "progress_failed", "job": self.order.job_id}
            log.error("a progress message failed", exc_info=error, extra=extra)

    async def _hold(self) -> None:
        """Near the end, wait for the first preview: after another edit it might come too late to be shown at all."""
        if self._held or not self._preview_is_near():
            return
        self._held = True  # once, for as long as the time left may be wrong about itself
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(HELD_PERIODS * self._period_s):
                while self._preview_is_near():
                    await self._changed.wait()
                    self._changed.clear()

    def _preview_is_near(self) -> bool:
        """Whether the work may end within the next edits, the preview is still to come, and nothing else is to say."""
        state, progress = self.state, self.state.progress
        if state.preview is not None or state.note or progress is None or progress.queue_position is not None:
            return False
        left_s = math.inf if progress.seconds_left is None else progress.seconds_left
        return progress.fraction >= HELD_FROM or left_s < HELD_PERIODS * self._period_s

    def _worth_showing(self) -> bool:
        return describe(self.order, self.state) != self._shown or self.state.preview is not self._shown_preview

    async def _show(self, last: bool = False) -> bool:
        """Edit the message; False when there is no point in going on. last: nobody will be there for the button."""
        order, text, preview = self.order, describe(self.order, self.state), self.state.preview
        if not order.place.token_alive:
            return False
        attached = None
        if preview is not None and preview is not self._shown_preview:
            alt_text = say(order.language, "preview_alt")
            attached = Attached("preview.jpg", preview, alt_text, order.place.spoiler)
        try:
            view = None if last else cancel_view(order.language, order.order_id, order.user_id, order.pictured_id)
            await self._delivery.edit(order, text, attached, view)
        except Withdrawn:
            await self._on_withdrawn()
            return False
        except discord.HTTPException as error:
            # The next state is another chance; only a dead token is for good.
            log.info("progress could not be shown: %s", error, extra={"event": "edit_failed", "job": order.job_id})
            return error.code not in TOKEN_DEAD and error.status != 401
        except (Undelivered, *Network) as error:
            why = type(error).__name__
            log.info("progress could not be shown: %s", why, extra={"event": "edit_failed", "job": order.job_id})
            return True
        self._shown, self._shown_preview, self._edited_s = text, preview, time.monotonic()
        if preview is not None:
            self._first_preview.clear()
        self._on_edit()
        return True
