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

from engine.config import EngineConfig
from engine.errors import RecedeError
from engine.process.pauses import Pauses
from engine.protocol import Failure, Forget, Rendered, StageProgress
from engine.queue.codec import pack, unpack
from engine.queue.tasks import first_of
from engine.server import messages

log = logging.getLogger("recede.engine")

BUFFER_BYTES = 2**22
FIRST_REVIVE_PAUSE_S, LONGEST_REVIVE_PAUSE_S = 0.1, 30.0

OnStep = Callable[[StageProgress], Awaitable[None]]


class WorkerDied(Exception):
    """The worker process ended in the middle of something."""


class Broken(Exception):
    """A job raised what no user should see; the text says where."""


class WorkerProcess:
    """One worker: start, load, run jobs one after the other, cancel, kill."""

    def __init__(self, module: str, settings: EngineConfig) -> None:
        self._arguments = (module, json.dumps(dataclasses.asdict(settings)))
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

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
        self._reader, self._writer = await asyncio.open_connection(sock=ours, limit=BUFFER_BYTES)
        kind, body = await self._next()
        if kind == messages.FAILURE:
            raise unpack(Failure, body).error()
        return body.decode()

    async def load(self, on_step: OnStep) -> None:
        """Have it load its models; returns once they are warm. Raises RecedeError, WorkerDied."""
        await self._send(messages.LOAD)
        while True:
            kind, body = await self._next()
            if kind == messages.READY:
                return
            if kind == messages.FAILURE:
                raise unpack(Failure, body).error()
            await on_step(unpack(StageProgress, body))

    async def revive(self, stop: asyncio.Event, on_step: OnStep) -> None:
        """Start it again and have it load, as often as it takes, or until `stop`."""

        async def start_again() -> None:
            await self.kill()
            await self.start()
            await self.load(on_step)

        pauses = Pauses(FIRST_REVIVE_PAUSE_S, LONGEST_REVIVE_PAUSE_S)
        while not stop.is_set():
            try:
                if await first_of(stop.wait(), start_again()) == 1:
                    log.info("a worker was started again", extra={"event": "revived"})
                return
            except (RecedeError, WorkerDied, OSError) as error:
                log.error("a worker cannot be started: %s", error, extra={"event": "revive_failed"})
                await asyncio.sleep(pauses.next_s())

    async def run(self, packed_job: bytes, on_step: OnStep) -> Rendered:
        """Run one job. Raises the job's RecedeError, Broken, or WorkerDied."""
        await self._send(messages.JOB, packed_job)
        while True:
            kind, body = await self._next()
            if kind == messages.RENDERED:
                return unpack(Rendered, body)
            if kind == messages.FAILURE:
                raise unpack(Failure, body).error()
            if kind == messages.BROKEN:
                raise Broken(unpack(Failure, body).sentence)
            await on_step(unpack(StageProgress, body))

    async def cancel(self, job_id: str) -> None:
        """Have it end that job as soon as it next tells how far it is."""
        with contextlib.suppress(WorkerDied):
            await self._send(messages.CANCEL, job_id.encode())

    async def forget(self, whom: Forget) -> None:
        """Have it drop what it keeps for these users; one that has died keeps nothing."""
        with contextlib.suppress(WorkerDied):
            await self._send(messages.FORGET, pack(whom))

    async def kill(self) -> None:
        """End the process now; returns once it is gone."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None

    async def _send(self, kind: bytes, body: bytes = b"") -> None:
        if self._writer is None:
            raise WorkerDied
        try:
            self._writer.write(messages.packed(kind, body))
            await self._writer.drain()
        except (ConnectionError, OSError) as error:
            raise WorkerDied from error

    async def _next(self) -> tuple[bytes, bytes]:
        if self._reader is None:
            raise WorkerDied
        try:
            kind, size = messages.HEAD.unpack(await self._reader.readexactly(messages.HEAD.size))
            return kind, await self._reader.readexactly(size)
        except (asyncio.IncompleteReadError, ConnectionError, OSError) as error:
            raise WorkerDied from error
