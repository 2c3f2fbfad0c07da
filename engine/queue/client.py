"""The asking side of the queue: hand jobs in, hear how they get on, receive how they ended."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

import nats.js.errors
from nats.aio.msg import Msg

from engine.config import QueueConfig
from engine.errors import (
    BadMessage,
    BadOption,
    BrokerUnreachable,
    Cancelled,
    Expired,
    RecedeError,
)
from engine.protocol import (
    AnimationOptions,
    Cancel,
    EngineStatus,
    Failure,
    Forget,
    Job,
    Progress,
    Reencode,
    Result,
    check_name,
)
from engine.protocol.codec import pack, unpack
from engine.queue.chunks import ERASE_PERIOD_S, erase_chunks, erase_expired, store_chunks
from engine.queue.connection import Connection
from engine.queue.deliveries import PART as RESULTS_PART
from engine.queue.deliveries import Deliveries, OnResult
from engine.queue.dial import is_full
from engine.queue.engines import MAX_ENGINES, WAIT_S, ask_engines
from engine.queue.fairness import expected_order, seconds_until_done
from engine.queue.ledger import FileLedger, Ledger
from engine.queue.link import PART as CONNECTION
from engine.queue.link import PATIENCE_S
from engine.queue.listing import Listing
from engine.queue.room import Room
from engine.queue.streams import linger_s, prepare_streams, stored
from engine.queue.subjects import ID_HEADER, Subjects, Ticket, job_headers
from engine.queue.tasks import SILENT_S
from engine.queue.tries import forget_tries
from engine.runtime.state import state_dir

log = logging.getLogger("recede.queue")

OnProgress = Callable[[Progress], Awaitable[None]]

# The engine that picks a job up late says itself that it expired; this is for when there is none.
EXPIRED_GRACE_S = 5.0
FORGET_BATCH = 1000  # users in one message, whose names have 64 letters at most
# An engine gives each of its workers a second to say whether it has the pictures; most say so within milliseconds.
REENCODE_WAIT_S = 1.5


class Queue:
    """One receiver's door to the queue; made by `open_queue`."""

    def __init__(self, connection: Connection, subjects: Subjects, receiver: str, ledger: Ledger) -> None:
        self.receiver = receiver
        self._connection = connection
        self._subjects = subjects
        self._ledger = ledger
        self._listing = Listing(connection, subjects, receiver)
        self._room = Room(connection, subjects)
        self._begun: set[str] = set()
        self._deliveries = Deliveries(connection, subjects, receiver, ledger, self._begun.discard)
        self._erased_s = float("-inf")
        self._withdrawals: dict[str, asyncio.Task[None]] = {}
        self._on_progress: OnProgress | None = None
        self.tasks = connection.tasks

    async def submit(self, job: Job, patience_s: float = PATIENCE_S) -> None:
        """Hand `job` in; it is on the broker's disk when this returns. The same job_id again changes nothing.

        Raises Busy (details: retry_after_s) when the queue, this user's share of it or the broker's store is full,
        PhotoTooManyBytes when the photo is larger than the store's whole room for photos, Expired when the deadline has
        passed, BadOption when it is further ahead than the queue keeps anything, BrokerUnreachable when the broker does
        not answer within `patience_s`.
        """
        left_s = job.expires_at_s - time.time()
        if left_s <= 0:
            raise Expired()
        if left_s > self._connection.config.keep_s:
            raise BadOption(f"A deadline {left_s:.0f} s ahead is beyond [queue] keep_s: choose an earlier one.")
        if job.job_id in self._ledger:
            return
        withdrawal = self._withdrawals.pop(job.job_id, None)
        if withdrawal is not None:
            withdrawal.cancel()
        subject = self._subjects.subject("job", job.lane, job.user)
        packed = pack(job)
        try:
            await self._room.check(len(packed), patience_s)
            await store_chunks(
                self._connection, self._subjects, subject, job.job_id, packed, job_headers(job), patience_s
            )
            self.expect(job.job_id, job.expires_at_s)
        except nats.js.errors.APIError as error:
            if not is_full(error):
                sentence = f"The broker refuses the job: {error.description}. Ask its operator."
                raise BrokerUnreachable(sentence) from error
            raise await self._room.busy(error.description or "") from error
        except BrokerUnreachable:
            # Whether it was stored is not known. The caller will be told that it was not, so make that true.
            self._withdrawals[job.job_id] = self.tasks.spawn(self._withdraw(job.job_id))
            raise

    def expect(self, job_id: str, expires_at_s: float) -> None:
        """A job that was accepted, in an earlier life of this receiver perhaps: should the broker have neither it nor a
        result of it, its result is Lost, or Expired after its deadline. Jobs that this object has submitted are
        expected already."""
        self._deliveries.expect(job_id, expires_at_s)

    async def cancel(self, job_id: str) -> bool:
        """End a waiting or running job: its result will be Cancelled. False when it has ended, or never was.

        Raises BadOption for what can be no job's name, BrokerUnreachable, nats' APIError.
        """
        check_name("job", job_id)
        ticket = next((t for t in await self.tickets() if t.job_id == job_id), None)
        if ticket is None:
            return False
        return await self._end(ticket, Cancelled())

    async def forget(self, users: Iterable[str]) -> None:
        """Have every engine drop what it has prepared of these users' photos. One that does not hear it, because it has
        lost the broker for a moment, does so when its [engine] recent_s is over."""
        listed = sorted(set(users))
        for start_at in range(0, len(listed), FORGET_BATCH):
            some = tuple(listed[start_at : start_at + FORGET_BATCH])
            await self._connection.send(self._subjects.subject("forget"), pack(Forget(some)))

    async def reencode(self, job_id: str, answered_id: str, user: str, animation: AnimationOptions) -> bool:
        """Have the engine that still has the pictures of an answer make another file of them, which takes no place in
        the queue; False where none says within REENCODE_WAIT_S that it has.

        job_id: as whose result it comes, once it is made: nobody answers for it where the engine dies before that, so
        whoever waits in vain submits a job of that name. answered_id: the job whose answer it was; user: that job's.
        Raises BadOption for what can be no name.
        """
        wish = Reencode(job_id, answered_id, user, self.receiver, animation)
        answers = await self._connection.ask(self._subjects.subject("reencode"), pack(wish), REENCODE_WAIT_S)
        return bool(answers) and not (answers[0].headers or {}).get("Status")

    async def progress(self, callback: OnProgress) -> None:
        """Call `callback` with every Progress of this receiver's jobs from now on. Later ones replace earlier ones;
        some may be lost."""
        self._on_progress = callback
        await self._connection.subscribe(self._subjects.subject("progress", self.receiver, "*"), self._hear_progress)

    async def results(self, callback: OnResult) -> None:
        """Call `callback` with every Result of this receiver's jobs, each once, until `close`.

        A result is deleted once `callback` has returned; when it raises, or its process dies, the result comes again.
        """
        self._deliveries.callback = callback
        self.tasks.keep(RESULTS_PART, self._deliveries.receive)
        self.tasks.keep("watch", self._watch)

    async def tickets(self) -> list[Ticket]:
        """All waiting and running jobs at the broker, oldest first. Raises BrokerUnreachable, nats' APIError."""
        return await self._listing.look()

    async def engines(self, wait_s: float = WAIT_S, most: int = MAX_ENGINES) -> list[EngineStatus]:
        """What the engines that answer within `wait_s` say about themselves, the first `most` of them; none where the
        broker cannot be asked."""
        return await ask_engines(self._connection, self._subjects, wait_s, most)

    @property
    def connected(self) -> bool:
        """Whether the broker can be asked at this moment."""
        return self._connection.connected

    def silent(self) -> tuple[str, ...]:
        """Parts of this door that have not done their work for long, though they should."""
        return self.tasks.silent(SILENT_S + self._connection.config.sweep_s)

    async def settle(self, within_s: float) -> bool:
        """Wait until no result of this receiver is stored any more; False where there is still one after `within_s`."""
        mine = self._subjects.subject("result", self.receiver, "*")
        deadline_s = time.monotonic() + within_s
        while time.monotonic() < deadline_s:
            with contextlib.suppress(RecedeError, nats.js.errors.APIError):
                info = await self._connection.call(
                    lambda js: js.stream_info(self._subjects.results, subjects_filter=mine),
                    deadline_s - time.monotonic(),
                )
                if not info.state.subjects:
                    return True
            await asyncio.sleep(0.02)
        return False

    async def close(self) -> None:
        """Stop listening and leave the broker; what is stored there stays for the next receiver of this name."""
        await self.tasks.end(CONNECTION)
        await self._connection.close(await linger_s(self._connection, self._subjects))

    async def stored(self) -> dict[str, int]:
        """How many messages each of the queue's streams has, by its name. Raises BrokerUnreachable, nats' APIError."""
        return await stored(self._connection, self._subjects)

    async def _withdraw(self, job_id: str) -> None:
        try:
            for ticket in await self.tickets():
                if ticket.job_id == job_id:
                    await self._end(ticket, Cancelled("The job was withdrawn: the broker did not confirm it in time."))
        except (RecedeError, nats.js.errors.APIError) as error:
            log.info("a job could not be withdrawn: %s", error, extra={"event": "withdraw_failed", "job": job_id})
        finally:
            if self._withdrawals.get(job_id) is asyncio.current_task():
                del self._withdrawals[job_id]

    async def _end(self, ticket: Ticket, error: RecedeError) -> bool:
        """Answer a job with `error` unless it has an answer, and take it off the queue."""
        await self._connection.send(self._subjects.subject("cancel"), pack(Cancel(ticket.job_id)))
        result = Result(ticket.job_id, failure=Failure.of(error))
        subject = self._subjects.subject("result", ticket.receiver, ticket.job_id)
        stored = await self._connection.store(subject, pack(result), {ID_HEADER: ticket.job_id})
        await erase_chunks(self._connection, self._subjects, self._subjects.jobs, ticket.seq, ticket.parts)
        await forget_tries(self._connection, self._subjects, ticket.job_id)
        return not stored.duplicate

    async def _hear_progress(self, message: Msg) -> None:
        try:
            progress = unpack(Progress, message.data)
        except BadMessage as error:
            log.warning("%s", error.sentence, extra={"event": "bad_message", "subject": message.subject})
            return
        self._begun.add(progress.job_id)
        if self._on_progress is not None:
            await self._on_progress(progress)

    async def _watch(self) -> None:
        """Tell waiting jobs their place, and end those that nobody picked up in time."""
        while True:
            self.tasks.lives("watch")
            await asyncio.sleep(self._connection.config.sweep_s)
            try:
                await self._watch_once()
            except (RecedeError, nats.js.errors.APIError) as error:
                log.info("the queue could not be looked at: %s", error, extra={"event": "watch_failed"})
            except Exception:
                log.exception("a progress callback failed", extra={"event": "handler_failed"})

    async def _watch_once(self) -> None:
        if time.monotonic() - self._erased_s > ERASE_PERIOD_S:
            self._erased_s = time.monotonic()
            await erase_expired(self._connection, self._subjects)
        before = self._deliveries.expected()
        tickets = await self.tickets()
        await self._deliveries.tell_lost({ticket.job_id for ticket in tickets}, before)
        if not any(ticket.receiver == self.receiver for ticket in tickets):
            return
        engines = await self.engines()
        running = {job_id for engine in engines for job_id in engine.running}
        late_s = time.time() - EXPIRED_GRACE_S
        for ticket in tickets:
            if ticket.receiver == self.receiver and ticket.expires_at_s < late_s and ticket.job_id not in running:
                await self._end(ticket, Expired())
        having_turns = {(t.lane, t.user) for t in tickets if t.job_id in running}
        waiting = expected_order((t for t in tickets if t.job_id not in running and not t.expired), having_turns)
        for position, ticket in enumerate(waiting, start=1):
            if ticket.receiver == self.receiver and ticket.job_id not in self._begun and self._on_progress is not None:
                left_s = seconds_until_done(position, engines)
                await self._on_progress(Progress(ticket.job_id, "waiting", 0.0, position, left_s))


async def open_queue(
    config: QueueConfig,
    receiver: str,
    state: Path | None = None,
    ledger: Ledger | None = None,
    patience_s: float = PATIENCE_S,
) -> Queue:
    """Connect to the queue as `receiver`, starting the private broker where `config` names no other.

    receiver: the name under which results arrive; keep it across restarts, and let one process use it at a time.
    ledger: remembers what has been delivered; by default a file in the state directory.
    Raises BadOption for what can be no receiver's name, BrokerMissing, BrokerUnreachable, StateUnusable.
    """
    check_name("receiver", receiver)
    folder = state or state_dir()
    if ledger is None:
        ledger = FileLedger(folder / f"delivered-{receiver}.txt", config.keep_s)
    subjects = Subjects(config.name)
    connection = Connection(config, folder, receiver)
    connection.prepare.append(lambda js: prepare_streams(js, subjects, connection))
    await connection.open(patience_s)
    return Queue(connection, subjects, receiver, ledger)
