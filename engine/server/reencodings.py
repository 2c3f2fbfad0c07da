"""Wishes for other files of answers, as the engine handles them: none of them is a job."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence

import nats.js.errors

from engine.errors import RecedeError
from engine.protocol import Reencode
from engine.queue.consumer import Consumer
from engine.queue.tasks import Supervisor
from engine.server.child import WorkerDied, WorkerProcess

log = logging.getLogger("recede.engine")


class Reencodings:
    """Those under way. workers: as they are when a wish comes."""

    def __init__(self, tasks: Supervisor, consumer: Consumer, workers: Callable[[], Sequence[WorkerProcess]]) -> None:
        self._tasks = tasks
        self._consumer = consumer
        self._workers = workers
        self.under_way: set[asyncio.Task[None]] = set()
        self.draining = False

    def hear(self, wish: Reencode, take: Callable[[], Awaitable[None]]) -> None:
        """Carry a wish out where a worker has the pictures. take: says so to whoever asked."""
        if not self.draining:
            task = self._tasks.spawn(self._carry_out(wish, take))
            self.under_way.add(task)
            task.add_done_callback(self.under_way.discard)

    async def _carry_out(self, wish: Reencode, take: Callable[[], Awaitable[None]]) -> None:
        for worker in self._workers():
            made = await worker.reencode(wish)
            if made is None:
                continue
            await take()
            with contextlib.suppress(WorkerDied, RecedeError, nats.js.errors.Error):  # then a job does it
                await self._consumer.answer(wish.receiver, await made)
                log.info("another file of an answer", extra={"event": "reencoded", "job": wish.job_id})
            return
