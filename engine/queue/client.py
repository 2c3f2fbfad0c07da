"""The asking side of the queue: hand jobs in, hear how they get on, receive how they ended."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import nats.js.errors
from nats.aio.msg import Msg
from nats.js.api import AckPolicy, ConsumerConfig

from engine.config import QueueConfig
from engine.errors import (
    BadMessage,
    BadOption,
    BrokerUnreachable,
    Busy,
    Cancelled,
    Expired,
    Lost,
    PhotoTooManyBytes,
    RecedeError,
)
from engine.protocol import MIB, Cancel, EngineQuery, EngineStatus, Failure, Forget, Job, Progress, Result, check_name
from engine.queue.chunks import erase_chunks, erase_expired, erase_strays, parts_of, read_chunks, store_chunks
from engine.queue.codec import pack, unpack
from engine.queue.connection import PART as CONNECTION
from engine.queue.connection import PATIENCE_S, Connection
from engine.queue.dial import is_full
from engine.queue.fairness import expected_order, mean_job_s, seconds_until_done
from engine.queue.ledger import FileLedger, Ledger
from engine.queue.listing import Listing
from engine.queue.streams import ERASE_MARGIN_S, prepare_streams, quotas_at_best, quotas_of
from engine.queue.subjects import ID_HEADER, Subjects, Ticket, job_headers
from engine.queue.tasks import start
from engine.queue.tries import forget_tries
from engine.runtime.state import state_dir

log = logging.getLogger("recede.queue")

OnProgress = Callable[[Progress], Awaitable[None]]
OnResult = Callable[[Result], Awaitable[None]]

PULL_WAIT_S = 5.0
MAX_DELIVERIES = 8  # at the same time; one slow upload must not hold up the others
# The engine that picks a job up late reports it as expired itself; this is for when there is none.
EXPIRED_GRACE_S = 5.0
ENGINES_WAIT_S = 0.25
MAX_ENGINES = 1000
# Results that nobody fetches leave the rest of their room to the jobs that have been accepted already.
RESULTS_SHARE = 0.5
ROOM_KNOWN_S = 1.0  # a burst of jobs asks once
LOOKS_UNTIL_LOST = 2
FORGET_BATCH = 1000  # users in one message, whose names have 64 letters at most
ERASE_PERIOD_S = 1.0  # between two looks for what has outlived keep_s


@dataclass
class _Expected:
    """A job that was accepted and not answered. missed: how often it was looked for in vain."""

    expires_at_s: float
    missed: int = 0


class Queue:
    """One receiver's door to the queue; made by `open_queue`."""

    def __init__(self, connection: Connection, subjects: Subjects, receiver: str, ledger: Ledger) -> None:
        self.receiver = receiver
        self._connection = connection
        self._subjects = subjects
        self._ledger = ledger
        self._listing = Listing(connection, subjects, receiver)
        self._begun: set[str] = set()
        self._delivering: set[str] = set()
        self._expected: dict[str, _Expected] = {}
        self._room_known_s = self._erased_s = float("-inf")
        self._withdrawals: dict[str, asyncio.Task[None]] = {}
        self._on_progress: OnProgress | None = None
        self._on_result: OnResult | None = None
        self.tasks = connection.tasks

    async def submit(self, job: Job, patience_s: float = PATIENCE_S) -> None:
        """Hand `job` in; it is on the broker's disk when this returns. The same job_id again changes nothing.

        Raises Busy (details: retry_after_s) when the queue, this user's share of it or the broker's store is full,
        PhotoTooManyBytes when the photo is larger than the store's whole room for photos, Expired when the deadline has
        passed, BrokerUnreachable when the broker does not answer within `patience_s`.
        """
        left_s = job.expires_at_s - time.time()
        if left_s <= 0:
            raise _expired()
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
            await self._check_room(len(packed), patience_s)
            await store_chunks(
                self._connection, self._subjects, subject, job.job_id, packed, job_headers(job), patience_s
            )
            self.expect(job.job_id, job.expires_at_s)
        except nats.js.errors.APIError as error:
            if not is_full(error):
                sentence = f"The broker refuses the job: {error.description}. Ask its operator."
                raise BrokerUnreachable(sentence) from error
            raise await self._busy(error.description or "") from error
        except BrokerUnreachable:
            # Whether it was stored is not known. The caller will be told that it was not, so make that true.
            self._withdrawals[job.job_id] = self.tasks.spawn(self._withdraw(job.job_id))
            raise

    def expect(self, job_id: str, expires_at_s: float) -> None:
        """A job that was accepted, in an earlier life of this receiver perhaps: should the broker have neither it nor a
        result of it, its result is Lost, or Expired after its deadline. Jobs that this object has submitted are
        expected already."""
        self._expected.setdefault(job_id, _Expected(expires_at_s))

    async def cancel(self, job_id: str) -> bool:
        """End a waiting or running job: its result will be Cancelled. False when it has ended, or never was."""
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

    async def progress(self, callback: OnProgress) -> None:
        """Call `callback` with every Progress of this receiver's jobs from now on. Later ones replace earlier ones;
        some may be lost."""
        self._on_progress = callback
        await self._connection.subscribe(self._subjects.subject("progress", self.receiver, "*"), self._hear_progress)

    async def results(self, callback: OnResult) -> None:
        """Call `callback` with every Result of this receiver's jobs, each once, until `close`.

        A result is deleted once `callback` has returned; when it raises, or its process dies, the result comes again.
        """
        self._on_result = callback
        self.tasks.keep("results", lambda: self._receive(callback))
        self.tasks.keep("watch", self._watch)

    async def tickets(self) -> list[Ticket]:
        """All waiting and running jobs at the broker, oldest first."""
        return await self._listing.look()

    async def engines(self, wait_s: float = ENGINES_WAIT_S, most: int = MAX_ENGINES) -> list[EngineStatus]:
        """What the engines that answer within `wait_s` say about themselves, the first `most` of them."""
        answers = await self._connection.ask(self._subjects.subject("engines"), pack(EngineQuery()), wait_s, most)
        statuses = []
        for message in answers:
            if not (message.headers or {}).get("Status"):
                with contextlib.suppress(BadMessage):
                    statuses.append(unpack(EngineStatus, message.data))
        return statuses

    @property
    def connected(self) -> bool:
        """Whether the broker can be asked at this moment."""
        return self._connection.connected

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
        linger_s = self._connection.config.keep_s + ERASE_MARGIN_S if await self._anything_stored() else 0.0
        await self._connection.close(linger_s)

    async def stored(self) -> dict[str, int]:
        """Messages in each of the queue's streams."""
        counts = {}
        for stream in (self._subjects.jobs, self._subjects.results, self._subjects.parts):
            info = await self._connection.call(lambda js, stream=stream: js.stream_info(stream), 2.0)  # type: ignore[misc]
            counts[stream] = info.state.messages
        return counts

    async def _anything_stored(self) -> bool:
        try:
            return self._connection.connected and any((await self.stored()).values())
        except (RecedeError, nats.js.errors.APIError):
            return True

    async def _check_room(self, packed_bytes: int, patience_s: float) -> None:
        """Raises PhotoTooManyBytes, or Busy while more results wait for their receivers than is good."""
        quotas = await quotas_of(self._connection, patience_s)
        at_best = await quotas_at_best(self._connection, patience_s)
        if packed_bytes > at_best.largest_job:
            raise PhotoTooManyBytes(
                f"This photo has {packed_bytes / MIB:.1f} MiB, the queue's store takes "
                f"{at_best.largest_job / MIB:.1f}: save it smaller, or have [queue] store_mib raised.",
                size_bytes=packed_bytes,
                max_bytes=at_best.largest_job,
            )
        if packed_bytes > quotas.largest_job:
            raise await self._busy("disk")
        if time.monotonic() - self._room_known_s < ROOM_KNOWN_S:
            return
        info = await self._connection.call(lambda js: js.stream_info(self._subjects.results), patience_s)
        if info.state.bytes > RESULTS_SHARE * quotas.results:
            raise await self._busy("results")
        self._room_known_s = time.monotonic()

    async def _busy(self, why: str) -> Busy:
        """The error for what the broker says: "... per subject ..." is the user's share, "... bytes ..." the store."""
        engines = await self.engines()
        workers = max(1, sum(engine.workers for engine in engines))
        per_user = "per subject" in why
        retry_after_s = max(1, round(mean_job_s(engines) / (1 if per_user else workers)))
        config = self._connection.config
        limit = config.max_jobs_per_user if per_user else config.max_jobs
        if "bytes" in why or "resources" in why:
            full = "The queue's store is full of photos"
        elif why == "disk":
            full = "The disk under the queue's store is nearly full"
        elif why == "results":
            full = "The queue's store is full of results that nobody has fetched yet"
        else:
            full = f"{'Your share of the queue' if per_user else 'The queue'} is full ({limit} jobs)"
        return Busy(f"{full}: try again in about {retry_after_s} s.", retry_after_s=retry_after_s, limit=limit)

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
        tickets = await self.tickets()
        await self._tell_lost({ticket.job_id for ticket in tickets})
        if not any(ticket.receiver == self.receiver for ticket in tickets):
            return
        engines = await self.engines()
        running = {job_id for engine in engines for job_id in engine.running}
        late_s = time.time() - EXPIRED_GRACE_S
        for ticket in tickets:
            if ticket.receiver == self.receiver and ticket.expires_at_s < late_s and ticket.job_id not in running:
                await self._end(ticket, _expired())
        waiting = expected_order(t for t in tickets if t.job_id not in running and not t.expired)
        for position, ticket in enumerate(waiting, start=1):
            if ticket.receiver == self.receiver and ticket.job_id not in self._begun and self._on_progress is not None:
                left_s = seconds_until_done(position, engines)
                await self._on_progress(Progress(ticket.job_id, "waiting", 0.0, position, left_s))

    async def _tell_lost(self, stored: set[str]) -> None:
        """Answer the accepted jobs of which the broker has nothing any more. stored: its jobs, seen just now.

        A result is stored before its job is deleted, and deleted only after it has been delivered, so whoever looks
        for the job first and for the result then finds one of them.
        """
        for job_id in [job_id for job_id in self._expected if job_id in self._ledger]:
            del self._expected[job_id]
        missing = [job_id for job_id in self._expected if job_id not in stored]
        for job_id in self._expected.keys() - set(missing):
            self._expected[job_id].missed = 0
        if not missing or self._on_result is None:
            return
        mine = self._subjects.subject("result", self.receiver, "*")
        info = await self._connection.call(lambda js: js.stream_info(self._subjects.results, subjects_filter=mine))
        answered = {self._subjects.tokens(subject)[-1] for subject in info.state.subjects or {}}
        for job_id in missing:
            if job_id in answered or job_id in self._delivering or job_id not in self._expected:
                continue
            expected = self._expected[job_id]
            expected.missed += 1
            if expected.missed >= LOOKS_UNTIL_LOST:
                error: RecedeError = _expired()
                if time.time() < expected.expires_at_s:
                    log.error("the broker has lost a job", extra={"event": "lost", "job": job_id})
                    error = Lost("The queue's store has lost this job: send the photo again.")
                await self._hand_over(Result(job_id, failure=Failure.of(error)), self._on_result)

    async def _receive(self, callback: OnResult) -> None:
        stream, consumer = self._subjects.results, f"to-{self.receiver}"
        config = ConsumerConfig(
            durable_name=consumer,
            filter_subject=self._subjects.subject("result", self.receiver, "*"),
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
            self.tasks.lives("results")
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
                task = self.tasks.spawn(self._deliver(message, callback))
                task.add_done_callback(lambda _: room.release())

    async def _deliver(self, message: Msg, callback: OnResult) -> None:
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
                    await self._hand_over(Result(job_id, failure=Failure.of(lost)), callback)
            else:
                await self._hand_over(result, callback)
            self._begun.discard(job_id)
            await erase_chunks(self._connection, self._subjects, self._subjects.results, seq, parts_of(message))
            await erase_strays(self._connection, self._subjects, job_id)
        except (RecedeError, nats.js.errors.APIError) as error:
            log.info("a result will be delivered again: %s", error, extra={"event": "deliver_failed", "job": job_id})
        except Exception:
            log.exception("a result could not be delivered", extra={"event": "deliver_failed", "job": job_id})
        finally:
            beat.cancel()

    async def _hand_over(self, result: Result, callback: OnResult) -> None:
        """Show the result to the receiver unless it has seen one of that job. Raises what the callback raises, OSError
        where the ledger has no room for another entry."""
        if result.job_id in self._delivering:
            return
        self._delivering.add(result.job_id)
        try:
            if result.job_id not in self._ledger:
                self._ledger.reserve(result.job_id)
                await callback(result)
                self._ledger.add(result.job_id)
            self._expected.pop(result.job_id, None)
        finally:
            self._delivering.discard(result.job_id)

    async def _beat(self, message: Msg) -> None:
        while True:
            await asyncio.sleep(self._connection.config.beat_s)
            await self._connection.send(message.reply, b"+WPI")


def _expired() -> Expired:
    return Expired("The job waited past its deadline and was not run: try again when the queue is shorter.")


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
    Raises BrokerMissing, BrokerUnreachable.
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
