"""The engine: keeps its workers warm, takes jobs off the queue for them, and answers for whatever becomes of a job."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import nats.js.errors

from engine.config import Config
from engine.errors import Crashed, EngineAlreadyRunning, RecedeError
from engine.process.locks import FileLock
from engine.protocol import EngineState, EngineStatus, Forget, StageProgress
from engine.queue.chunks import ERASE_PERIOD_S, erase_expired
from engine.queue.connection import Connection
from engine.queue.consumer import Claim, Consumer
from engine.queue.link import PART as CONNECTION
from engine.queue.streams import linger_s, prepare_streams
from engine.queue.subjects import Subjects
from engine.queue.tasks import Supervisor, first_of
from engine.server.child import WorkerDied, WorkerProcess
from engine.server.jobs import Jobs
from engine.server.metrics import Metrics, resident_bytes
from engine.server.overlap import Overlap
from engine.server.reencodings import Reencodings
from engine.server.tally import Tally

log = logging.getLogger("recede.engine")

LOOK_PERIOD_S = 1.0  # what a lost wake-up, or a job that came back, costs at most


class Engine:
    """One engine process. `pipelines` names the module that the workers run."""

    def __init__(self, config: Config, state: Path, pipelines: str, allow_second: bool = False) -> None:
        self._config = config
        self._state_dir = state
        self._pipelines = pipelines
        self._allow_second = allow_second
        self._subjects = Subjects(config.queue.name)
        self._tasks = Supervisor()
        self._connection = Connection(config.queue, state, "engine", self._tasks)
        self._connection.prepare.append(lambda js: prepare_streams(js, self._subjects, self._connection))
        self._consumer = Consumer(self._connection, self._subjects, self.status)
        self._consumer.on_forget = self._hear_forget
        self._metrics = Metrics()
        self._tally = Tally(self._metrics)
        self._device = ""
        self._device_lock: FileLock | None = None
        self._workers: list[WorkerProcess] = []
        self._reencodings = Reencodings(self._tasks, self._consumer, lambda: self._workers)
        self._consumer.on_reencode = self._reencodings.hear
        self._picking = asyncio.Lock()
        self._stop = asyncio.Event()
        limit_s = config.engine.job_limit_s
        self._jobs = Jobs(self._consumer, self._tasks, self._metrics, self._tally, limit_s, self._stop.is_set)
        self._consumer.on_cancel = self._jobs.hear_cancel
        self._state: EngineState = "warming"
        self._stage = "starting"
        self._id = f"{socket.gethostname()}-{os.getpid()}"
        self._started_s = self._idle_since_s = time.monotonic()
        self._erased_s = float("-inf")
        self._loops: list[asyncio.Task[None]] = []

    async def run(self) -> None:
        """Serve until `stop`, or until idle for as long as configured. Raises RecedeError when it cannot start."""
        self._metrics.serve_as_configured(self._config.engine)
        loops = self._loops
        try:
            await first_of(self._warm_up(), self._stop.wait())
            if self._stop.is_set():
                return
            self._state = "ready"
            self._idle_since_s = time.monotonic()
            log.info("ready on %s", self._device, extra={"event": "ready", "device": self._device, "engine": self._id})
            for number, worker in enumerate(self._workers):
                loops.append(self._keep_working(f"worker-{number}", worker))
            self._tasks.keep("minder", self._mind)
            await first_of(self._stop.wait(), self._tasks.until_failed())
            self._state, self._reencodings.draining = "draining", True
            self._consumer.wake()
            log.info("draining %d jobs", len(self._jobs.under_way), extra={"event": "draining", "engine": self._id})
            await first_of(asyncio.wait([*loops, *self._reencodings.under_way]), self._tasks.until_failed())
            await self._consumer.give_all_back()
        finally:
            await self._tasks.end(CONNECTION)
            for worker in self._workers:
                await worker.kill()
            await self._connection.close(await linger_s(self._connection, self._subjects))
            if self._device_lock is not None:
                self._device_lock.release()
            self._metrics.close()
            log.info("stopped", extra={"event": "stopped", "engine": self._id})

    def stop(self) -> None:
        """Finish what is begun and take nothing new; the second call gives up what is begun, for others to take."""
        if self._stop.is_set():
            for loop in self._loops:
                loop.cancel()
        self._stop.set()

    def status(self) -> EngineStatus:
        """What this engine says about itself."""
        pids = [os.getpid(), *(worker.pid for worker in self._workers if worker.pid is not None)]
        return EngineStatus(
            self._id,
            socket.gethostname(),
            os.getpid(),
            self._device,
            self._state,
            self._stage,
            len(self._workers),
            self._jobs.under_way,
            self._tally.succeeded,
            self._tally.failed,
            self._tally.mean_job_s,
            resident_bytes(pids),
            time.monotonic() - self._started_s,
            self._tasks.silent(),
            self._tasks.failures,
        )

    async def _warm_up(self) -> None:
        settings = self._config.engine
        self._workers = [WorkerProcess(self._pipelines, settings) for _ in range(settings.workers)]
        try:
            self._device = await self._workers[0].start()
            if not self._allow_second:
                self._device_lock = FileLock(self._state_dir / f"engine-{self._device.replace(':', '-')}.lock")
                if not self._device_lock.try_acquire():
                    raise EngineAlreadyRunning(
                        f"Another engine already serves on {self._device}: stop it, or start this one "
                        "with --allow-second."
                    )
            await self._connection.open()
            await self._consumer.open()
            for worker in self._workers:
                if not worker.alive:
                    await worker.start()
                await worker.load(self._hear_warming)
        except WorkerDied as error:
            raise Crashed("The engine's worker ended while it loaded: see the lines above.") from error

    async def _hear_warming(self, heard: StageProgress) -> None:
        if heard.stage != self._stage:
            log.info("warming up: %s", heard.stage, extra={"event": "warming", "stage": heard.stage})
        self._stage = heard.stage

    def _keep_working(self, name: str, worker: WorkerProcess) -> asyncio.Task[None]:
        return self._tasks.keep(name, lambda: self._work(name, worker))

    async def _work(self, name: str, worker: WorkerProcess) -> None:
        """One worker's life: a job, and the next as soon as there is room for it, until told to stop."""
        overlap = Overlap()
        try:
            while True:
                self._tasks.lives(name)
                try:
                    await overlap.room()
                    if self._stop.is_set() or not worker.alive:
                        await overlap.ended()
                    if self._stop.is_set():
                        return
                    if not worker.alive:
                        await worker.revive(self._stop, self._hear_warming)
                    claim = await self._take()
                    if claim is not None:
                        # What has failed before may take the worker with it, and all that it is at.
                        overlap.begin(partial(self._handle_or_give_back, worker, claim), alone=claim.again)
                except (RecedeError, nats.js.errors.Error) as error:
                    log.warning("the queue does not serve: %s", error, extra={"event": "queue_failed"})
                    await asyncio.sleep(LOOK_PERIOD_S)
        finally:
            await overlap.end()

    async def _take(self) -> Claim | None:
        """The next job; None after a while, or when it is time to stop."""
        async with self._picking:
            taken: list[Claim | None] = []

            async def take() -> None:
                taken.append(await self._consumer.next(LOOK_PERIOD_S))

            try:
                await first_of(take(), self._stop.wait())
                return taken[0] if taken else None
            finally:
                self._metrics.queue_length.set(self._consumer.waiting)

    async def _handle_or_give_back(self, worker: WorkerProcess, claim: Claim, nearly_done: Callable[[], None]) -> None:
        try:
            await self._jobs.handle(worker, claim, nearly_done)
        except (RecedeError, nats.js.errors.Error):
            # The broker could not be told something: the job must not stay in hands that no longer work on it.
            await self._consumer.give_back(claim)
            raise
        except asyncio.CancelledError:
            raise
        except Exception:  # a mistake of ours
            await worker.kill()
            await self._consumer.give_back(claim)
            raise

    def _hear_forget(self, whom: Forget) -> None:
        for worker in self._workers:
            self._tasks.spawn(worker.forget(whom))

    async def _mind(self) -> None:
        """Keep the slow figures fresh, and end an engine that nobody needs."""
        while True:
            await asyncio.sleep(LOOK_PERIOD_S)
            self._tasks.lives("minder")
            for number in range(len(self._workers)):  # a job has a limit of its own
                if self._jobs.under_way:
                    self._tasks.lives(f"worker-{number}")
            self._metrics.memory_bytes.set(self.status().memory_bytes)
            self._idle_since_s = max(self._idle_since_s, self._jobs.ended_s)
            if self._jobs.under_way or self._reencodings.under_way or self._consumer.waiting:
                self._idle_since_s = time.monotonic()
            if time.monotonic() - self._erased_s > ERASE_PERIOD_S:
                self._erased_s = time.monotonic()
                with contextlib.suppress(RecedeError, nats.js.errors.Error):
                    await erase_expired(self._connection, self._subjects)
            limit_s = self._config.engine.idle_exit_s
            if limit_s and time.monotonic() - self._idle_since_s > limit_s:
                self.stop()
