"""A worker's jobs: one after the other, each begun while the one before is nearly done.

What a job does once the networks have drawn its heads keeps one core busy and half of another, and so does what the
next begins with.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from engine.queue.tasks import end_tasks, start

# Works until the job has ended; calls what it is given as soon as another may begin beside it.
Work = Callable[[Callable[[], None]], Coroutine[Any, Any, None]]


@dataclass(frozen=True)
class _Begun:
    """job: ends with it; room: whether another may begin beside it."""

    job: asyncio.Task[None]
    room: asyncio.Event


class Overlap:
    """Two jobs at most: one that is nearly done, and one more."""

    def __init__(self) -> None:
        self._begun: list[_Begun] = []

    async def room(self) -> None:
        """Wait until another job may begin. Raises what one has raised that has ended since."""
        if self._begun:
            *older, newest = self._begun
            await newest.room.wait()
            await _all_ended(older)
        self._clear()

    def begin(self, work: Work, *, alone: bool) -> None:
        """Begin a job where there is room; alone: beside no other, neither one before nor one that comes."""
        before, room = list(self._begun), asyncio.Event()

        async def whole() -> None:
            if alone:
                await _all_ended(before)
            await work((lambda: None) if alone else room.set)

        job = start(whole())
        job.add_done_callback(lambda _: room.set())
        self._begun.append(_Begun(job, room))

    async def ended(self) -> None:
        """Wait until no job is left. Raises what one has raised."""
        await _all_ended(self._begun)
        self._clear()

    async def end(self) -> None:
        """Break off what is left."""
        await end_tasks([begun.job for begun in self._begun])

    def _clear(self) -> None:
        ended = [begun.job for begun in self._begun if begun.job.done()]
        self._begun = [begun for begun in self._begun if not begun.job.done()]
        for job in ended:
            job.result()


async def _all_ended(begun: list[_Begun]) -> None:
    if begun:
        await asyncio.wait([one.job for one in begun])
