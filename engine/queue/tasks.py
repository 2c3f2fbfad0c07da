"""Background tasks that nobody forgets: who starts one here is told when it dies, and what has to live is revived.

asyncio keeps the exception of a task that nobody awaits to itself, so a loop that meets an error that it did not
expect is simply gone. No other module of engine and bot calls create_task (tests/engine/queue/test_tasks.py).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from engine.errors import PartFailed
from engine.process.pauses import Pauses

log = logging.getLogger("recede.tasks")

Answer = TypeVar("Answer")

# A part that has said nothing for so long is told as silent: the longest that any of them waits by itself is 5 s.
SILENT_S = 30.0


@dataclass(frozen=True)
class Patience:
    """How a part that fails is started again: after `first_pause_s`, then twice as long each time up to
    `longest_pause_s`; for good after `most` failures without `settled_s` of life in between."""

    first_pause_s: float = 0.1
    longest_pause_s: float = 30.0
    most: int = 12
    settled_s: float = 60.0


@dataclass
class _Part:
    task: asyncio.Task[None]
    failures: int = 0
    lived_s: float = 0.0


class Supervisor:
    """Holds a process's tasks. `failures` counts what it had to revive since it was made."""

    def __init__(self, patience: Patience = Patience()) -> None:
        self._patience = patience
        self._parts: dict[str, _Part] = {}
        self._errands: set[asyncio.Task[Any]] = set()
        self._failed = asyncio.Event()
        self._why = ""
        self.failures = 0

    def keep(self, name: str, work: Callable[[], Awaitable[None]]) -> asyncio.Task[None]:
        """Run `work()` for as long as it takes, again whenever it fails; the task ends when `work` returns.

        It should say `lives(name)` at least every few seconds.
        """
        part = self._parts[name] = _Part(start(self._hold(name, work)), lived_s=time.monotonic())
        part.task.add_done_callback(lambda _: self._parts.pop(name) if self._parts.get(name) is part else None)
        return part.task

    def spawn(self, work: Coroutine[Any, Any, Answer]) -> asyncio.Task[Answer]:
        """Run something that ends by itself; what it dies of is logged."""
        task = start(work)
        self._errands.add(task)
        task.add_done_callback(self._note_end)
        return task

    def lives(self, name: str) -> None:
        """The part `name` says that it does its work."""
        part = self._parts.get(name)
        if part is not None:
            part.lived_s = time.monotonic()

    def silent(self, limit_s: float = SILENT_S) -> tuple[str, ...]:
        """Parts that have said nothing for `limit_s`, though they should run."""
        late_s = time.monotonic() - limit_s
        return tuple(name for name, part in self._parts.items() if not part.task.done() and part.lived_s < late_s)

    async def until_failed(self) -> None:
        """Does not return; raises PartFailed once a part fails as often as it is started."""
        await self._failed.wait()
        raise PartFailed(self._why)

    async def end(self, *but: str) -> None:
        """End everything except the parts named."""
        ending = [part.task for name, part in self._parts.items() if name not in but]
        await end_tasks((*ending, *self._errands))

    def _note_end(self, task: asyncio.Task[Any]) -> None:
        self._errands.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a task failed", exc_info=error, extra={"event": "task_failed"})

    async def _hold(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        pauses = Pauses(self._patience.first_pause_s, self._patience.longest_pause_s)
        row = 0
        while True:
            begun_s = time.monotonic()
            try:
                await work()
                return
            except Exception as error:
                if time.monotonic() - begun_s > self._patience.settled_s:
                    row = 0
                    pauses.start_over()
                row += 1
                self.failures += 1
                extra = {"event": "part_failed", "code": name}
                # The whole story once; the same story again would bury everything else.
                if row == 1:
                    log.exception("the part '%s' failed and is started again", name, extra=extra)
                else:
                    log.warning("the part '%s' failed again: %s", name, type(error).__name__, extra=extra)
                if row >= self._patience.most:
                    self._why = (
                        f"The part '{name}' failed {row} times in a row ({type(error).__name__}), so this process "
                        "ends: see its log, then start it again."
                    )
                    self._failed.set()
                    return
            await asyncio.sleep(pauses.next_s())


def start(work: Coroutine[Any, Any, Answer]) -> asyncio.Task[Answer]:
    """A task whose owner awaits or ends it."""
    return asyncio.create_task(work)


async def first_of(*works: Coroutine[Any, Any, Any], timeout_s: float | None = None) -> int | None:
    """Wait until one of `works` ends; returns its index, None when `timeout_s` was over before. The others are
    cancelled. Raises what the first one raised."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        await asyncio.wait(tasks, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
        for index, task in enumerate(tasks):
            if task.done():
                task.result()
                return index
        return None
    finally:
        await end_tasks(tasks)


async def end_tasks(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel `tasks` and return once all of them have ended, whatever they ended with.

    asyncio.wait_for before Python 3.12 swallows a cancellation that meets its result; such a task has to be told again.
    """
    left = {task for task in tasks if not task.done()}
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=0.2)
