"""Whose job is next: one user after the other, each with a consumer at the broker that all engines share."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Container
from dataclasses import dataclass, replace

import nats.js.errors
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig

from engine.protocol import Lane, is_name
from engine.queue.chunks import erase_subjects
from engine.queue.connection import Connection
from engine.queue.fairness import Turn, order_users
from engine.queue.listing import Listing
from engine.queue.subjects import LANES, Subjects

log = logging.getLogger("recede.engine")

# From this version on, nats-server allows a thousand consumers in a stream unless it is told otherwise; there, one that
# is asked for nothing, and of whose jobs no engine says that it works on them, is to be forgotten after a while, and is
# made again for the user's next job. Older ones would forget it in the middle of a job.
LIMITED_SINCE = (2, 15)


@dataclass(frozen=True)
class TurnSettings:
    """How often the broker is asked, and how long it remembers."""

    # What comes back from an engine that died tells nobody, so the broker is asked again after so long; but where
    # asking takes long, because thousands have jobs, only this share of the time goes into it, up to so long.
    known_s: float = 1.0
    asking_share: float = 0.1
    longest_known_s: float = 10.0
    # A user's consumer that is asked for nothing is forgotten after so many leases.
    idle_leases: int = 2


class Turns:
    """The turns of one queue's users, as this engine gives them. stored: jobs at the broker, seen at the last look.

    Asking who of thousands has jobs takes longer than many a job's start, so the broker is asked now and then; in
    between, whoever hears of a job says so.
    """

    def __init__(self, connection: Connection, subjects: Subjects, settings: TurnSettings = TurnSettings()) -> None:
        self._connection = connection
        self._settings = settings
        self._subjects = subjects
        # Only for the order, so it reads nothing until two users wait at once.
        self._listing = Listing(connection, subjects, f"order-{secrets.token_hex(4)}")
        self._turn = 0
        self._latest: dict[str, Turn] = {}
        self._last_seq = 0
        self._oldest: dict[tuple[Lane, str], int] = {}
        self._news: dict[tuple[Lane, str], int] = {}
        self._ask_at_s = float("-inf")
        self._consumers: set[str] = set()
        self.stored = 0

    def start_over(self) -> None:
        """Another broker, or one that was started again, knows none of the consumers."""
        self._consumers.clear()
        self._ask_at_s = float("-inf")

    def came(self, lane: Lane, user: str, seq: int) -> None:
        """The user's job of that number has been stored, or given back."""
        self._news[lane, user] = min(seq, self._news.get((lane, user), seq))

    def had(self, user: str) -> None:
        """The user has had a turn."""
        self._turn += 1
        self._latest[user] = Turn(self._turn, self._last_seq)

    async def order(self, held: Container[str]) -> list[tuple[Lane, str]]:
        """The lanes and users with jobs at the broker, in the order in which to look for one. held: the jobs that this
        engine has in its hands. Raises BrokerUnreachable, nats' APIError."""
        begun_s = time.monotonic()
        if begun_s > self._ask_at_s:
            self._news.clear()  # what was heard before the question is in its answer
            await self._ask(held)
            took_s = time.monotonic() - begun_s
            known_s = max(self._settings.known_s, took_s / self._settings.asking_share)
            self._ask_at_s = begun_s + min(known_s, self._settings.longest_known_s)
        for pair, seq in self._news.items():
            self._oldest[pair] = min(seq, self._oldest.get(pair, seq))
            self._last_seq = max(self._last_seq, seq)
        self._news.clear()
        return order_users(self._oldest, self._latest)

    async def _ask(self, held: Container[str]) -> None:
        """Learn from the broker who has jobs, and since when."""
        everything = self._subjects.subject("job", "*", "*")
        info = await self._connection.call(lambda js: js.stream_info(self._subjects.jobs, subjects_filter=everything))
        subjects = info.state.subjects or {}
        self.stored = sum(subjects.values())
        pairs: set[tuple[Lane, str]] = set()
        for subject, count in subjects.items():
            tokens = self._subjects.tokens(subject)
            lane = next((lane for lane in LANES if lane == tokens[1]), None)
            if lane is None or not is_name(tokens[2]):
                log.warning("%d jobs under an unknown lane or user were dropped", count, extra={"event": "bad_message"})
                await erase_subjects(self._connection, self._subjects.jobs, subject)
            else:
                pairs.add((lane, tokens[2]))
        users = {user for _, user in pairs}
        self._latest = {user: turn for user, turn in self._latest.items() if user in users}
        self._consumers &= {f"{lane}-{user}" for lane, user in pairs}
        self._last_seq = info.state.last_seq
        self._oldest = await self._oldest_of(pairs, held)

    async def _oldest_of(self, pairs: set[tuple[Lane, str]], held: Container[str]) -> dict[tuple[Lane, str], int]:
        """For each pair, the number of its oldest job that this engine does not hold; the newest of all where it is
        not known yet."""
        oldest = dict.fromkeys(pairs, self._last_seq)
        if len(pairs) > 1:
            for ticket in await self._listing.look():
                if ticket.job_id not in held and (ticket.lane, ticket.user) in oldest:
                    pair = ticket.lane, ticket.user
                    oldest[pair] = min(oldest[pair], ticket.seq)
        return oldest

    async def pull(self, lane: Lane, user: str) -> Msg | None:
        """The user's next job that nobody works on; None where there is none, and `order` leaves the user out until
        there is something new."""
        name = f"{lane}-{user}"
        config = ConsumerConfig(
            durable_name=name,
            filter_subject=self._subjects.subject("job", lane, user),
            ack_policy=AckPolicy.EXPLICIT,
            ack_wait=self._connection.config.lease_s,
            max_ack_pending=100_000,
            # On disk, making one costs 15 ms of fsync. What it knows (who holds what, which try it is) may be
            # lost with the broker: the engines' signs of life and the results' names make up for it.
            mem_storage=True,
        )

        async def make(js: JetStreamContext) -> None:
            await js.add_consumer(self._subjects.jobs, replace(config, inactive_threshold=self._idle_s(js)))

        message = None
        for _ in range(2):
            if name not in self._consumers:
                await self._connection.call(make)
                self._consumers.add(name)
            try:
                message = await self._connection.pull(self._subjects.jobs, name)
                break
            except nats.js.errors.NotFoundError:
                self._consumers.discard(name)
        if message is None:
            self._oldest.pop((lane, user), None)
        return message

    def _idle_s(self, js: JetStreamContext) -> float:
        """For how long the broker knows a consumer that nobody uses."""
        version = js._nc.connected_server_version
        limited = (version.major, version.minor) >= LIMITED_SINCE
        config = self._connection.config
        return self._settings.idle_leases * config.lease_s if limited else config.keep_s
