"""One photo through the queue, for programs that are not asyncio: starts broker and engine when none runs.

Nothing here waits for ever: a broker or an engine that stays away, and an answer that does not come, end the wait with
a sentence.
"""

from __future__ import annotations

import asyncio
import contextlib
import getpass
import hashlib
import os
import re
import signal
import socket
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from engine.config import Config, load_config
from engine.errors import BrokerUnreachable, Busy, QueueError, RecedeError
from engine.protocol import AnimationOptions, BaldOptions, EditOptions, Job, Progress, Rendered, Result, StageProgress
from engine.queue import MemoryLedger, Queue, open_queue
from engine.queue.engine_start import EngineStart
from engine.queue.tasks import start
from engine.runtime.progress import Hear
from engine.runtime.state import state_dir


@dataclass(frozen=True)
class RemoteSettings:
    """How long is waited for what, in seconds. Who waits at a terminal goes before the crowd, and for as long as it
    takes."""

    # For the job's turn; after that for as many tries as an engine makes, and the way to it and back.
    deadline_s: float = 3000.0
    tries: int = 3
    spare_s: float = 60.0
    # Between two looks whether somebody can answer, and for an engine's answer to each.
    watch_period_s: float = 1.0
    answer_wait_s: float = 0.3
    # For a broker that is away, and for an engine of the operator's, which may be being started again.
    broker_s: float = 60.0
    engine_s: float = 120.0
    # For taking the job back when the command is ended.
    leave_s: float = 5.0
    # Between two tries to hand a job in to a full queue.
    busy_pause_s: float = 2.0


def through_queue(
    photo: bytes,
    options: BaldOptions | EditOptions,
    animation: AnimationOptions,
    hear: Hear,
    config: Config | None = None,
    engine_module: str = "engine.server",
    settings: RemoteSettings = RemoteSettings(),
) -> Rendered:
    """`engine.pipeline.run.bald` or `engine.pipeline.run.edit`, done by the engine behind the queue.

    hear: hears of all progress; what it raises cancels the job and comes out here. engine_module: what to start
    when no engine answers. A full queue is waited for. Raises the job's RecedeError, BrokerMissing, BrokerUnreachable,
    Busy when there was no room for the job until its deadline, QueueError when no engine or no answer comes, or what
    kept the engine from starting. SIGTERM and SIGHUP take the job back and leave by SystemExit.
    """
    asking = _Asking(photo, options, animation, hear, config or load_config(), engine_module, settings)
    return asyncio.run(asking.run())


def account() -> str:
    """Under which name this account of this machine has its share of the queue."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError, ImportError):  # an account that no list names
        name = str(os.getuid()) if hasattr(os, "getuid") else "nobody"
    mark = hashlib.blake2b(f"{name}@{socket.gethostname()}".encode(), digest_size=4).hexdigest()
    return f"cli-{re.sub('[^A-Za-z0-9_-]', '_', name)[:40]}-{mark}"


class _Asking:
    """One job from a terminal."""

    def __init__(
        self,
        photo: bytes,
        options: BaldOptions | EditOptions,
        animation: AnimationOptions,
        hear: Hear,
        config: Config,
        module: str,
        settings: RemoteSettings,
    ) -> None:
        self._settings = settings
        self._job_id = uuid.uuid4().hex
        self._receiver = f"cli-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._config = config
        self._hear = hear
        self._state = state_dir()
        limit_s = min(settings.deadline_s, config.queue.keep_s)
        self._job = Job(
            self._job_id, account(), self._receiver, photo, options, animation, time.time() + limit_s, "high"
        )
        self._end_s = time.monotonic() + limit_s
        self._engine = EngineStart(self._state, module)
        self._answered = False
        self._stopped_by = 0

    async def run(self) -> Rendered:
        """The finished animation."""
        self._ended: asyncio.Future[Rendered] = asyncio.get_running_loop().create_future()
        try:
            with self._told_to_stop():
                queue = await open_queue(self._config.queue, self._receiver, self._state, MemoryLedger())
                try:
                    return await self._ask(queue)
                finally:
                    await queue.close()
        except asyncio.CancelledError:
            if self._stopped_by:
                self._engine.stop()
                sys.exit(128 + self._stopped_by)
            raise

    @contextlib.contextmanager
    def _told_to_stop(self) -> Iterator[None]:
        """Have SIGTERM and SIGHUP end the wait as Ctrl-C does, so that no job and no broker stay behind."""
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None

        def stop(number: int) -> None:
            self._stopped_by = number
            task.cancel()

        numbers = [number for name in ("SIGTERM", "SIGHUP") if (number := getattr(signal, name, None)) is not None]
        heard = []
        for number in numbers:
            with contextlib.suppress(NotImplementedError, ValueError, RuntimeError):  # Windows, or another thread
                loop.add_signal_handler(number, stop, number)
                heard.append(number)
        try:
            yield
        finally:
            for number in heard:
                loop.remove_signal_handler(number)

    async def _ask(self, queue: Queue) -> Rendered:
        watch = None
        try:
            await queue.progress(self._on_progress)
            await queue.results(self._on_result)
            watch = start(self._watch(queue))
            watch.add_done_callback(self._end_with)
            await self._submit(queue)
            return await self._ended
        except BaseException:
            if not self._answered:
                with contextlib.suppress(RecedeError, TimeoutError):
                    async with asyncio.timeout(self._settings.leave_s):
                        await queue.cancel(self._job_id)
            raise
        finally:
            if watch is not None:
                watch.cancel()
            await queue.settle(self._settings.leave_s)

    async def _submit(self, queue: Queue) -> None:
        """Hand the job in, once there is room for it."""
        while not self._ended.done():
            try:
                await queue.submit(self._job)
                return
            except Busy:
                if time.monotonic() > self._end_s - self._settings.busy_pause_s:
                    raise
                self._tell(StageProgress("waiting for room in the queue", 0.0))
                await asyncio.sleep(self._settings.busy_pause_s)

    async def _on_result(self, result: Result) -> None:
        self._answered = True
        if not self._ended.done():
            try:
                self._ended.set_result(result.unwrap())
            except RecedeError as error:
                self._ended.set_exception(error)

    async def _on_progress(self, progress: Progress) -> None:
        if progress.job_id == self._job_id:
            self._tell(StageProgress(progress.stage, progress.fraction, progress.preview_jpeg))

    def _tell(self, progress: StageProgress) -> None:
        if not self._ended.done():
            try:
                self._hear(progress)
            except BaseException as error:  # an interrupt as well: it must end the wait, not this callback alone
                self._ended.set_exception(error)

    def _end_with(self, watch: asyncio.Task[None]) -> None:
        if not watch.cancelled() and (error := watch.exception()) is not None and not self._ended.done():
            self._ended.set_exception(error)

    async def _watch(self, queue: Queue) -> None:
        """See to it that somebody can answer. Raises what ends the wait."""
        settings = self._settings
        away_s = silent_s = time.monotonic()
        end_s = self._end_s + settings.tries * self._config.engine.job_limit_s + settings.spare_s
        while True:
            now_s = time.monotonic()
            if now_s > end_s:
                raise QueueError("No answer came in all that time: look at 'recede status', then try again.")
            if not queue.connected:
                silent_s = now_s
                if now_s - away_s > settings.broker_s:
                    raise BrokerUnreachable("The queue has gone and stays away: check its broker, then try again.")
            else:
                away_s = now_s
                statuses = await queue.engines(settings.answer_wait_s, most=1)
                if statuses:
                    silent_s = now_s
                    self._engine.heard()
                    if statuses[0].state == "warming":
                        self._tell(StageProgress(statuses[0].stage, 0.0))
                elif not self._config.queue.url:
                    self._engine.see_to_it()
                elif now_s - silent_s > settings.engine_s:
                    raise QueueError("No engine answers at the broker: start one there with 'recede serve'.")
            # The question returns as soon as one engine has answered: asked without a rest it would keep all busy.
            await asyncio.sleep(settings.watch_period_s)
