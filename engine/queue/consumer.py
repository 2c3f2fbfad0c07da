"""The working side of the queue: take the next job in fair turn, keep it while it is worked on, answer it.

Every (lane, user) pair has its own consumer at the broker, which all engines share, so that a job is handed to one
engine only and comes back when that engine stops saying that it is alive. Which pair is asked first is in turns.py.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import nats.js.errors
from nats.aio.msg import Msg

from engine.errors import BadMessage, Lost, RecedeError, ResultTooLarge
from engine.protocol import Cancel, EngineQuery, EngineStatus, Failure, Forget, Job, Progress, Reencode, Result
from engine.protocol.codec import pack, unpack
from engine.queue.chunks import erase_chunks, parts_of, read_chunks, store_chunks
from engine.queue.connection import Connection
from engine.queue.dial import is_full
from engine.queue.engines import ask_engines
from engine.queue.streams import quotas_at_best
from engine.queue.subjects import ID_HEADER, Subjects, Ticket, read_stored, read_ticket
from engine.queue.tries import forget_tries, note_tries, tries_of
from engine.queue.turns import Turns

log = logging.getLogger("recede.engine")

# An engine holds on to a result for so long while the broker is away.
FINISH_PATIENCE_S = 900.0
ENGINES_WAIT_S = 0.2
FULL_PAUSE_S = 1.0


@dataclass(frozen=True)
class Claim:
    """A job in this engine's hands. payload: the packed Job. tries: how often it was begun, by the broker's disk.
    again: whether it has been in somebody's hands before."""

    ticket: Ticket
    job: Job
    payload: bytes
    tries: int
    again: bool
    message: Msg


class Consumer:
    """What an engine sees of the queue. `status` is asked for whenever somebody wants to know how the engine is."""

    def __init__(self, connection: Connection, subjects: Subjects, status: Callable[[], EngineStatus]) -> None:
        self._connection = connection
        self._subjects = subjects
        self._status = status
        self._wake = asyncio.Event()
        self._turns = Turns(connection, subjects)
        self._seen_connections = 0
        self._connected_at_s = 0.0
        self._held: dict[str, Claim] = {}
        self._beats: dict[str, asyncio.Task[None]] = {}
        self.on_cancel: Callable[[str], None] = lambda job_id: None
        self.on_forget: Callable[[Forget], None] = lambda whom: None
        self.on_reencode: Callable[[Reencode, Callable[[], Awaitable[None]]], None] = lambda wish, take: None
        self.waiting = 0

    async def open(self) -> None:
        """Begin to listen."""
        await self._connection.subscribe(self._subjects.subject("stored", "job", "*", "*"), self._hear_stored)
        await self._connection.subscribe(self._subjects.subject("cancel"), self._hear_cancel)
        await self._connection.subscribe(self._subjects.subject("forget"), self._hear_forget)
        await self._connection.subscribe(self._subjects.subject("reencode"), self._hear_reencode)
        await self._connection.subscribe(self._subjects.subject("engines"), self._hear_query)

    def wake(self) -> None:
        """Look for work at once."""
        self._wake.set()

    async def next(self, wait_s: float) -> Claim | None:
        """The next job, None when there is none within about `wait_s`. Raises BrokerUnreachable, nats' APIError."""
        self._wake.clear()
        claim = await self._pick()
        if claim is None:
            with contextlib.suppress(asyncio.TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._wake.wait()
        return claim

    async def progress(self, claim: Claim, progress: Progress) -> None:
        """Tell the asking side where the job stands; lost without a word while there is no connection."""
        subject = self._subjects.subject("progress", claim.ticket.receiver, claim.ticket.job_id)
        await self._connection.send(subject, pack(progress))

    async def answered(self, claim: Claim) -> bool:
        """Whether the job has a result waiting for its receiver. Raises BrokerUnreachable, nats' APIError."""
        subject = self._subjects.subject("result", claim.ticket.receiver, claim.ticket.job_id)
        info = await self._connection.call(lambda js: js.stream_info(self._subjects.results, subjects_filter=subject))
        return bool(info.state.subjects)

    async def finish(self, claim: Claim, result: Result) -> None:
        """Store the job's result, then take the job and its photo off the queue. A second result is ignored.

        Raises BrokerUnreachable, nats' APIError; the job then comes again, to whichever engine.
        """
        try:
            await self._answer_somehow(claim.ticket.receiver, result)
            await self._drop(claim.ticket)
            await forget_tries(self._connection, self._subjects, claim.ticket.job_id)
        finally:
            self._let_go(claim)

    async def answer(self, receiver: str, result: Result) -> None:
        """Store a result that no job stands behind. Raises BrokerUnreachable, nats' APIError."""
        await self._answer_somehow(receiver, result)

    async def drop(self, claim: Claim) -> None:
        """Take a job off the queue that needs no further answer. Raises BrokerUnreachable, nats' APIError."""
        try:
            await self._drop(claim.ticket)
            await forget_tries(self._connection, self._subjects, claim.ticket.job_id)
        finally:
            self._let_go(claim)

    async def begin(self, claim: Claim) -> Claim:
        """Count one more try, on disk before it begins. Raises BrokerUnreachable."""
        begun = replace(claim, tries=claim.tries + 1)
        await note_tries(self._connection, self._subjects, claim.ticket.job_id, begun.tries)
        return begun

    async def uncount(self, claim: Claim) -> None:
        """The try that `begin` counted was broken off by us, which is not the photo's fault."""
        with contextlib.suppress(RecedeError, nats.js.errors.APIError):
            await note_tries(self._connection, self._subjects, claim.ticket.job_id, claim.tries - 1)

    async def give_back(self, claim: Claim) -> None:
        """Let the job be taken again, by this engine or another."""
        held = self._held.get(claim.ticket.job_id, claim)
        self._let_go(claim)
        await self._connection.send(held.message.reply, b"-NAK")
        self._turns.came(claim.ticket.lane, claim.ticket.user, claim.ticket.seq)
        self.wake()

    async def give_all_back(self) -> None:
        """Let go of whatever is still in this engine's hands."""
        for claim in list(self._held.values()):
            await self.give_back(claim)

    def _let_go(self, claim: Claim) -> None:
        self._held.pop(claim.ticket.job_id, None)
        beat = self._beats.pop(claim.ticket.job_id, None)
        if beat is not None:
            beat.cancel()

    async def _answer_somehow(self, receiver: str, result: Result) -> None:
        """Store the result, or, where the broker will never take it, that it would not."""
        deadline_s = time.monotonic() + FINISH_PATIENCE_S
        while True:
            try:
                await self._answer(receiver, result, max(1.0, deadline_s - time.monotonic()))
                return
            except nats.js.errors.APIError as error:
                fits = len(pack(result)) < (await quotas_at_best(self._connection)).results
                if is_full(error) and fits:
                    if time.monotonic() > deadline_s:
                        raise  # the job stays, and is done again
                    # Others' results make room when they are fetched, or expire; others' files when they are deleted.
                    log.warning("no room for a result yet", extra={"event": "results_full", "job": result.job_id})
                    await asyncio.sleep(FULL_PAUSE_S)
                    continue
                if result.failure is not None:
                    raise
                log.error("the broker refuses a result: %s", error, extra={"event": "refused", "job": result.job_id})
                failure = ResultTooLarge("The broker's store does not take this result: ask for a smaller file.")
                result = Result(result.job_id, failure=Failure.of(failure), tries=result.tries)

    async def _answer(self, receiver: str, result: Result, patience_s: float) -> None:
        subject = self._subjects.subject("result", receiver, result.job_id)
        headers = {ID_HEADER: result.job_id}
        await store_chunks(self._connection, self._subjects, subject, result.job_id, pack(result), headers, patience_s)

    async def _drop(self, ticket: Ticket) -> None:
        await erase_chunks(self._connection, self._subjects, self._subjects.jobs, ticket.seq, ticket.parts)

    async def _pick(self) -> Claim | None:
        elsewhere = await self._running_elsewhere()
        order = await self._turns.order(self._held)
        self.waiting = max(0, self._turns.stored - len(self._held))
        for lane, user in order:
            while (message := await self._turns.pull(lane, user)) is not None:
                claim = await self._accept(message, elsewhere)
                if claim is not None:
                    self._turns.had(user)
                    return claim
        return None

    async def _running_elsewhere(self) -> set[str]:
        """Jobs that other engines are at work on.

        A broker that was started again has forgotten who holds which job and hands all of them out again. Until
        the others' signs of life have told it, ask them.
        """
        if self._seen_connections != self._connection.connections:
            self._seen_connections = self._connection.connections
            self._connected_at_s = time.monotonic()
            self._turns.start_over()
        if self._seen_connections <= 1 or time.monotonic() - self._connected_at_s > 2 * self._connection.config.lease_s:
            return set()
        engines = await ask_engines(self._connection, self._subjects, ENGINES_WAIT_S)
        running = {job_id for engine in engines for job_id in engine.running}
        return running - set(self._held)

    async def _accept(self, message: Msg, elsewhere: set[str]) -> Claim | None:
        """The job in `message`, or None when it is not to be begun."""
        seq, tries = message.metadata.sequence.stream, 0
        ticket: Ticket | None = None
        try:
            ticket = read_ticket(self._subjects, seq, message.subject, message.headers)
            held = self._held.get(ticket.job_id)
            if held is not None:
                # Its lease ran out under us (this machine slept): we go on, under the new one.
                self._hold(replace(held, message=message))
                return None
            if ticket.job_id in elsewhere:
                return None
            tries = await tries_of(self._connection, self._subjects, ticket.job_id)
            payload = await read_chunks(self._connection, self._subjects, message)
            job = unpack(Job, payload)
            if (job.job_id, job.user, job.receiver) != (ticket.job_id, ticket.user, ticket.receiver):
                raise BadMessage("A job under another's name was dropped: submit it through Recede.")
        except (BadMessage, Lost) as error:
            log.warning("%s", error.sentence, extra={"event": "bad_message", "subject": message.subject})
            if ticket is not None:
                result = Result(ticket.job_id, failure=Failure.of(error), tries=tries)
                with contextlib.suppress(RecedeError, nats.js.errors.APIError):
                    await self._answer(ticket.receiver, result, 10.0)
            await erase_chunks(self._connection, self._subjects, self._subjects.jobs, seq, parts_of(message))
            return None
        again = tries > 0 or message.metadata.num_delivered > 1
        claim = Claim(ticket, job, payload, tries, again, message)
        self._hold(claim)
        return claim

    def _hold(self, claim: Claim) -> None:
        job_id = claim.ticket.job_id
        self._held[job_id] = claim
        if job_id not in self._beats:
            self._beats[job_id] = self._connection.tasks.keep(f"beat-{job_id}", lambda: self._beat(job_id))

    async def _beat(self, job_id: str) -> None:
        while True:
            await asyncio.sleep(self._connection.config.beat_s)
            self._connection.tasks.lives(f"beat-{job_id}")
            await self._connection.send(self._held[job_id].message.reply, b"+WPI")

    async def _hear_stored(self, message: Msg) -> None:
        with contextlib.suppress(BadMessage):  # what cannot be read is found when the broker is asked
            ticket = read_stored(self._subjects, message.headers)
            self._turns.came(ticket.lane, ticket.user, ticket.seq)
        self.wake()

    async def _hear_cancel(self, message: Msg) -> None:
        try:
            self.on_cancel(unpack(Cancel, message.data).job_id)
        except BadMessage as error:
            log.warning("%s", error.sentence, extra={"event": "bad_message", "subject": message.subject})

    async def _hear_forget(self, message: Msg) -> None:
        try:
            self.on_forget(unpack(Forget, message.data))
        except BadMessage as error:
            log.warning("%s", error.sentence, extra={"event": "bad_message", "subject": message.subject})

    async def _hear_reencode(self, message: Msg) -> None:
        try:
            wish = unpack(Reencode, message.data)
        except BadMessage as error:
            log.warning("%s", error.sentence, extra={"event": "bad_message", "subject": message.subject})
            return

        async def take() -> None:
            if message.reply:
                await self._connection.send(message.reply)

        self.on_reencode(wish, take)

    async def _hear_query(self, message: Msg) -> None:
        try:
            unpack(EngineQuery, message.data)
        except BadMessage as error:
            log.warning("%s", error.sentence, extra={"event": "bad_message", "subject": message.subject})
            return
        if message.reply:
            await self._connection.send(message.reply, pack(self._status()))
