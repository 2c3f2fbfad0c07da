"""The supervisor's hold on one worker process."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import logging
import os
import socket
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from engine.config import EngineConfig
from engine.errors import RecedeError
from engine.process.pauses import Pauses
from engine.protocol import Failure, Forget, Reencode, Rendered, Result, StageProgress
from engine.protocol.codec import pack, unpack
from engine.queue.tasks import end_tasks, first_of, start
from engine.server import messages

log = logging.getLogger("recede.engine")

BUFFER_BYTES = 2**22
# Whether it has an answer's pictures is said by a thread that has nothing else to do.
KEPT_WAIT_S = 1.0
FIRST_REVIVE_PAUSE_S, LONGEST_REVIVE_PAUSE_S = 0.1, 30.0

OnProgress = Callable[[StageProgress], Awaitable[None]]
# What answers REENCODE, at any time; everything else comes in the order of what was asked.
OF_REENCODING = (messages.KEPT, messages.NOT_KEPT, messages.REENCODED)
# What comes of a job, behind its id.
OF_JOBS = (messages.PROGRESS, messages.RENDERED, messages.FAILURE, messages.BROKEN)

Inbox = asyncio.Queue[tuple[bytes, bytes] | None]


class WorkerDied(Exception):
    """The worker process ended in the middle of something."""


class Broken(Exception):
    """A job raised what no user should see; the text says where."""


class WorkerProcess:
    """One worker: start, load, run jobs, cancel, kill."""

    def __init__(self, module: str, settings: EngineConfig) -> None:
        self._arguments = (module, json.dumps(dataclasses.asdict(settings)))
        self._process: asyncio.subprocess.Process | None = None
        self._inbox: Inbox | None = None
        self._of_jobs: dict[str, Inbox] = {}
        self._reading: asyncio.Task[None] | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._wishes: dict[str, _Wish] = {}

    @property
    def pid(self) -> int | None:
        """Its process id while it lives."""
        return self._process.pid if self.alive and self._process is not None else None

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.returncode is None

    async def start(self) -> str:
        """Start the process; returns the device that it will use. Raises RecedeError, WorkerDied."""
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "engine.server.worker",
                str(theirs.fileno()),
                str(os.getpid()),
                *self._arguments,
                stdin=asyncio.subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
            )
        reader, self._writer = await asyncio.open_connection(sock=ours, limit=BUFFER_BYTES)
        self._inbox = asyncio.Queue()
        self._reading = start(self._read(reader, self._inbox))
        kind, body = await _next(self._inbox)
        if kind == messages.NOT_LOADED:
            raise unpack(Failure, body).error()
        return body.decode()

    async def load(self, on_progress: OnProgress) -> None:
        """Have it load its models; returns once they are warm. Raises RecedeError, WorkerDied."""
        await self._send(messages.LOAD)
        while True:
            kind, body = await _next(self._inbox)
            if kind == messages.READY:
                return
            if kind == messages.NOT_LOADED:
                raise unpack(Failure, body).error()
            await on_progress(unpack(StageProgress, body))

    async def revive(self, stop: asyncio.Event, on_progress: OnProgress) -> None:
        """Start it again and have it load, as often as it takes, or until `stop`."""

        async def start_again() -> None:
            await self.kill()
            await self.start()
            await self.load(on_progress)

        pauses = Pauses(FIRST_REVIVE_PAUSE_S, LONGEST_REVIVE_PAUSE_S)
        while not stop.is_set():
            try:
                if await first_of(stop.wait(), start_again()) == 1:
                    log.info("a worker was started again", extra={"event": "revived"})
                return
            except (RecedeError, WorkerDied, OSError) as error:
                log.error("a worker cannot be started: %s", error, extra={"event": "revive_failed"})
                await asyncio.sleep(pauses.next_s())

    async def run(self, job_id: str, packed_job: bytes, on_progress: OnProgress) -> Rendered:
        """Run one job, beside another at most. Raises the job's RecedeError, Broken, or WorkerDied."""
        if self._reading is None or self._reading.done():
            raise WorkerDied
        inbox = self._of_jobs[job_id] = Inbox()
        try:
            await self._send(messages.JOB, packed_job)
            while True:
                kind, body = await _next(inbox)
                if kind == messages.RENDERED:
                    return unpack(Rendered, body)
                if kind == messages.FAILURE:
                    raise unpack(Failure, body).error()
                if kind == messages.BROKEN:
                    raise Broken(unpack(Failure, body).sentence)
                await on_progress(unpack(StageProgress, body))
        finally:
            del self._of_jobs[job_id]

    async def cancel(self, job_id: str) -> None:
        """Have it end that job as soon as it next tells how far it is."""
        with contextlib.suppress(WorkerDied):
            await self._send(messages.CANCEL, job_id.encode())

    async def forget(self, whom: Forget) -> None:
        """Have it drop what it keeps for these users; one that has died keeps nothing."""
        with contextlib.suppress(WorkerDied):
            await self._send(messages.FORGET, pack(whom))

    async def reencode(self, wish: Reencode) -> asyncio.Future[Result] | None:
        """Have it make another file of an answer; None where it does not have that answer's pictures, else what will be
        the result. That future raises WorkerDied where the worker or the pictures go before."""
        loop = asyncio.get_running_loop()
        mine = self._wishes[wish.job_id] = _Wish(loop.create_future(), loop.create_future())
        mine.made.add_done_callback(lambda _: self._wishes.pop(wish.job_id, None))
        try:
            await self._send(messages.REENCODE, pack(wish))
            async with asyncio.timeout(KEPT_WAIT_S):
                kept = await mine.kept
        except (WorkerDied, TimeoutError):
            kept = False
        if kept:
            return mine.made
        mine.made.cancel()
        return None

    async def kill(self) -> None:
        """End the process now; returns once it is gone."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
        if self._writer is not None:
            self._writer.close()
        if self._reading is not None:
            await end_tasks((self._reading,))
        self._inbox = self._reading = self._writer = None

    async def _send(self, kind: bytes, body: bytes = b"") -> None:
        if self._writer is None:
            raise WorkerDied
        try:
            self._writer.write(messages.packed(kind, body))
            await self._writer.drain()
        except (ConnectionError, OSError) as error:
            raise WorkerDied from error

    async def _read(self, reader: asyncio.StreamReader, inbox: Inbox) -> None:
        """Take what the worker says until it dies."""
        try:
            while True:
                kind, size = messages.HEAD.unpack(await reader.readexactly(messages.HEAD.size))
                body = await reader.readexactly(size)
                if kind in OF_REENCODING:
                    self._hear(kind, body)
                elif kind in OF_JOBS:
                    job_id, said = messages.job_of(body)
                    if job_id in self._of_jobs:
                        self._of_jobs[job_id].put_nowait((kind, said))
                else:
                    inbox.put_nowait((kind, body))
        except (asyncio.IncompleteReadError, ConnectionError, OSError):
            pass
        finally:
            for waiting in (inbox, *self._of_jobs.values()):
                waiting.put_nowait(None)
            for wish in list(self._wishes.values()):
                wish.end()

    def _hear(self, kind: bytes, body: bytes) -> None:
        result = unpack(Result, body) if kind == messages.REENCODED else None
        wish = self._wishes.get(body.decode() if result is None else result.job_id)
        if wish is None or wish.made.done():
            return
        if result is not None:
            wish.made.set_result(result)
        elif kind == messages.KEPT:
            wish.kept.set_result(True)
        else:
            wish.end()


async def _next(inbox: Inbox | None) -> tuple[bytes, bytes]:
    """The next message. Raises WorkerDied where none will come any more."""
    received = None if inbox is None else await inbox.get()
    if received is None:
        if inbox is not None:
            inbox.put_nowait(None)
        raise WorkerDied
    return received


@dataclass(frozen=True)
class _Wish:
    """A REENCODE that was sent. kept: whether the worker has the pictures; made: the result."""

    kept: asyncio.Future[bool]
    made: asyncio.Future[Result]

    def end(self) -> None:
        """The pictures are not there, or no more."""
        if not self.kept.done():
            self.kept.set_result(False)
        elif not self.made.done():
            self.made.set_exception(WorkerDied())
