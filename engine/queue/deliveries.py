"""Results on their way to their receiver, each once, and the word about those that will never come."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import nats.js.errors
from nats.aio.msg import Msg
from nats.js.api import AckPolicy, ConsumerConfig

from engine.errors import BadMessage, Expired, Lost, RecedeError
from engine.protocol import Failure, Result
from engine.protocol.codec import unpack
from engine.queue.chunks import erase_chunks, erase_strays, parts_of, read_chunks
from engine.queue.connection import Connection
from engine.queue.ledger import Ledger
from engine.queue.subjects import Subjects
from engine.queue.tasks import start

log = logging.getLogger("recede.queue")

OnResult = Callable[[Result], Awaitable[None]]

PART = "results"
PULL_WAIT_S = 5.0
MAX_DELIVERIES = 8  # at the same time; one slow upload must not hold up the others
LOOKS_UNTIL_LOST = 2


@dataclass
class _Expected:
    """A job that was accepted and not answered. missed: how often it was looked for in vain."""

    expires_at_s: float
    missed: int = 0


class Deliveries:
    """The results of one receiver. callback: what they are shown to, set before `receive`. ended: told every job whose
    result has been delivered."""

    def __init__(
        self,
        connection: Connection,
        subjects: Subjects,
        receiver: str,
        ledger: Ledger,
        ended: Callable[[str], None],
    ) -> None:
        self._connection = connection
        self._subjects = subjects
        self._receiver = receiver
        self._ledger = ledger
        self._ended = ended
        self._delivering: set[str] = set()
        self._expected: dict[str, _Expected] = {}
        self.callback: OnResult | None = None

    def expect(self, job_id: str, expires_at_s: float) -> None:
        """A job that was accepted: `tell_lost` answers it should the broker have nothing of it."""
        self._expected.setdefault(job_id, _Expected(expires_at_s))

    def expected(self) -> set[str]:
        """The jobs that have been accepted and not answered so far."""
        return set(self._expected)

    async def tell_lost(self, stored: set[str], before: set[str]) -> None:
        """Answer the accepted jobs of which the broker has nothing any more. stored: its jobs, seen just now; before:
        what was `expected` when that look began, since it may have missed a job that was accepted during it.

        A result is stored before its job is deleted, and deleted only after it has been delivered, so whoever looks
        for the job first and for the result then finds one of them.
        """
        for job_id in [job_id for job_id in self._expected if job_id in self._ledger]:
            del self._expected[job_id]
        missing = [job_id for job_id in self._expected if job_id not in stored and job_id in before]
        for job_id in self._expected.keys() & stored:
            self._expected[job_id].missed = 0
        if not missing or self.callback is None:
            return
        mine = self._subjects.subject("result", self._receiver, "*")
        info = await self._connection.call(lambda js: js.stream_info(self._subjects.results, subjects_filter=mine))
        answered = {self._subjects.tokens(subject)[-1] for subject in info.state.subjects or {}}
        for job_id in missing:
            if job_id in answered or job_id in self._delivering or job_id not in self._expected:
                continue
            expected = self._expected[job_id]
            expected.missed += 1
            if expected.missed >= LOOKS_UNTIL_LOST:
                error: RecedeError = Expired()
                if time.time() < expected.expires_at_s:
                    log.error("the broker has lost a job", extra={"event": "lost", "job": job_id})
                    error = Lost("The queue's store has lost this job: send the photo again.")
                await self._hand_over(Result(job_id, failure=Failure.of(error)))

    async def receive(self) -> None:
        """Hand over every result that arrives, until cancelled."""
        stream, consumer = self._subjects.results, f"to-{self._receiver}"
        config = ConsumerConfig(
            durable_name=consumer,
            filter_subject=self._subjects.subject("result", self._receiver, "*"),
            ack_policy=AckPolicy.EXPLICIT,
            # A receiver that dies gives its undelivered results to the next one of its name after so long.
            ack_wait=self._connection.config.lease_s,
            # What it remembers may be lost: it hands out what is still stored, and the ledger knows the rest.
            mem_storage=True,
            inactive_threshold=600.0,
        )
        room = asyncio.Semaphore(MAX_DELIVERIES)
        known = 0
        while True:
            self._connection.tasks.lives(PART)
            try:
                async with asyncio.timeout(PULL_WAIT_S):  # all hands may be full, which is life as well
                    await room.acquire()
            except TimeoutError:
                continue
            message = None
            try:
                if known != self._connection.connections:
                    await self._connection.call(lambda js: js.add_consumer(stream, config))
                    known = self._connection.connections
                message = await self._connection.pull(stream, consumer, PULL_WAIT_S)
                if message is None and not self._connection.connected:
                    await asyncio.sleep(0.05)
            except (RecedeError, nats.js.errors.Error) as error:
                known = 0
                log.info("results cannot be fetched: %s", error, extra={"event": "results_failed"})
                await asyncio.sleep(0.2)
            finally:
                if message is None:
                    room.release()
            if message is not None:
                task = self._connection.tasks.spawn(self._deliver(message))
                task.add_done_callback(lambda _: room.release())

    async def _deliver(self, message: Msg) -> None:
        seq = message.metadata.sequence.stream
        job_id = self._subjects.tokens(message.subject)[-1]
        if job_id in self._delivering:  # its lease ran out while it was being delivered here
            return
        beat = start(self._beat(message))
        try:
            try:
                result = unpack(Result, await read_chunks(self._connection, self._subjects, message))
                if result.job_id != job_id:
                    raise BadMessage("A result under another job's name was dropped.")
            except (BadMessage, Lost) as error:
                log.warning("%s", error.sentence, extra={"event": "bad_message", "subject": message.subject})
                if job_id in self._expected:
                    lost = Lost("The queue's store has damaged this job's result: send the photo again.")
                    await self._hand_over(Result(job_id, failure=Failure.of(lost)))
            else:
                await self._hand_over(result)
            self._ended(job_id)
            await erase_chunks(self._connection, self._subjects, self._subjects.results, seq, parts_of(message))
            await erase_strays(self._connection, self._subjects, job_id)
        except (RecedeError, nats.js.errors.APIError) as error:
            log.info("a result will be delivered again: %s", error, extra={"event": "deliver_failed", "job": job_id})
        except Exception:
            log.exception("a result could not be delivered", extra={"event": "deliver_failed", "job": job_id})
        finally:
            beat.cancel()

    async def _hand_over(self, result: Result) -> None:
        """Show the result to the receiver unless it has seen one of that job. Raises what the callback raises, OSError
        where the ledger has no room for another entry."""
        if result.job_id in self._delivering:
            return
        assert self.callback is not None
        self._delivering.add(result.job_id)
        try:
            if result.job_id not in self._ledger:
                self._ledger.reserve(result.job_id)
                await self.callback(result)
                self._ledger.add(result.job_id)
            self._expected.pop(result.job_id, None)
        finally:
            self._delivering.discard(result.job_id)

    async def _beat(self, message: Msg) -> None:
        while True:
            await asyncio.sleep(self._connection.config.beat_s)
            await self._connection.send(message.reply, b"+WPI")
