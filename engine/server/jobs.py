"""The jobs that an engine's workers are at: each is seen to its end, whatever that is."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from engine.errors import Cancelled, Crashed, Expired, RecedeError, TimedOut
from engine.protocol import NEARLY_DONE, Failure, Progress, Result, StageProgress
from engine.queue.consumer import Claim, Consumer
from engine.queue.tasks import Supervisor, start
from engine.server.cancellations import Cancellations
from engine.server.child import Broken, WorkerDied, WorkerProcess
from engine.server.metrics import Metrics
from engine.server.tally import Tally

log = logging.getLogger("recede.engine")

MAX_TRIES = 3
CANCEL_GRACE_S = 10.0  # a stage that does not end by then is ended with its worker


class Jobs:
    """limit_s: how long a job may take; stopping: whether the engine is about to end."""

    def __init__(
        self,
        consumer: Consumer,
        tasks: Supervisor,
        metrics: Metrics,
        tally: Tally,
        limit_s: float,
        stopping: Callable[[], bool],
    ) -> None:
        self._consumer = consumer
        self._tasks = tasks
        self._metrics = metrics
        self._tally = tally
        self._limit_s = limit_s
        self._stopping = stopping
        self._working: dict[str, WorkerProcess] = {}
        self._cancelled = Cancellations()
        self.ended_s = float("-inf")  # when the last one did, by time.monotonic

    @property
    def under_way(self) -> tuple[str, ...]:
        """The ids of those that are worked on."""
        return tuple(self._working)

    async def handle(self, worker: WorkerProcess, claim: Claim, nearly_done: Callable[[], None]) -> None:
        """See one job to its end. nearly_done: called as soon as another may begin beside it. Raises RecedeError and
        nats' errors where the broker cannot be told of it."""
        job_id = claim.ticket.job_id
        if claim.again and await self._consumer.answered(claim):
            await self._consumer.drop(claim)
        elif claim.tries >= MAX_TRIES:
            await self._finish(claim, _crashed(claim.tries), claim.tries)
        elif claim.job.expires_at_s < time.time():
            await self._finish(claim, Expired(), claim.tries)
        else:
            claim = await self._consumer.begin(claim)
            if job_id in self._cancelled:
                self._cancelled.forget(job_id)
                await self._finish(claim, Cancelled(), claim.tries)
                return
            self._working[job_id] = worker
            self._metrics.running.set(len(self._working))
            try:
                await self._try(worker, claim, nearly_done)
            finally:
                del self._working[job_id]
                self._cancelled.forget(job_id)
                self._metrics.running.set(len(self._working))
                self.ended_s = time.monotonic()

    async def _try(self, worker: WorkerProcess, claim: Claim, nearly_done: Callable[[], None]) -> None:
        job_id = claim.ticket.job_id
        started_s = time.monotonic()
        waited_s = max(0.0, time.time() - claim.message.metadata.timestamp.timestamp())
        self._metrics.waiting_s.observe(waited_s)
        log.info("job begun", extra={"event": "begun", "job": job_id, "tries": claim.tries, "seconds": waited_s})

        async def tell(heard: StageProgress) -> None:
            if heard.fraction >= NEARLY_DONE:
                nearly_done()
            left_s = self._tally.seconds_left(time.monotonic() - started_s, heard.fraction)
            told = Progress(job_id, heard.stage, heard.fraction, None, left_s, heard.preview_jpeg)
            await self._consumer.progress(claim, told)

        run = start(worker.run(job_id, claim.payload, tell))
        await tell(StageProgress("starting", 0.0))
        failure: RecedeError
        try:
            rendered = await asyncio.wait_for(run, self._limit_s)
        except TimeoutError:
            await worker.kill()
            failure = TimedOut(f"The job took longer than {self._limit_s:g} s and was ended: try a smaller photo.")
        except (WorkerDied, Broken) as error:
            if isinstance(error, WorkerDied):
                await worker.kill()
            where = str(error) or "the worker died"
            log.warning("a try failed: %s", where, extra={"event": "try_failed", "job": job_id, "tries": claim.tries})
            if job_id in self._cancelled:
                failure = Cancelled()
            elif claim.tries < MAX_TRIES or (self._stopping() and isinstance(error, WorkerDied)):
                self._metrics.retries.inc()
                if self._stopping():
                    await self._consumer.uncount(claim)
                await self._consumer.give_back(claim)
                return
            else:
                failure = _crashed(claim.tries)
        except RecedeError as error:
            failure = error
        else:
            worked_s = time.monotonic() - started_s
            self._tally.worked(worked_s)
            await self._consumer.finish(claim, Result(job_id, rendered, tries=claim.tries))
            self._tally.ended(job_id, "ok", time.monotonic() - started_s)
            return
        await self._finish(claim, failure, claim.tries)

    async def _finish(self, claim: Claim, error: RecedeError, tries: int) -> None:
        await self._consumer.finish(claim, Result(claim.ticket.job_id, failure=Failure.of(error), tries=tries))
        self._tally.ended(claim.ticket.job_id, error.code, 0.0)

    def hear_cancel(self, job_id: str) -> None:
        """Somebody no longer wants that job, which may be here, come later, or be nobody's."""
        worker = self._working.get(job_id)
        if self._cancelled.hear(job_id) and worker is not None:
            self._tasks.spawn(self._cancel(worker, job_id))

    async def _cancel(self, worker: WorkerProcess, job_id: str) -> None:
        await worker.cancel(job_id)
        await asyncio.sleep(CANCEL_GRACE_S)
        if self._working.get(job_id) is worker and job_id in self._cancelled:
            await worker.kill()


def _crashed(tries: int) -> Crashed:
    return Crashed(
        f"The engine failed on this photo {tries} times and gave up: try another photo, or report this one's format.",
        tries=tries,
    )
