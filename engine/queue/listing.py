"""Which jobs wait or run, for everybody in this process who asks: kept, and brought up to date by what has changed.

Ten thousand tickets take a second to read. So they are read once; a look asks the broker which of them are gone, and
reads what has come.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from typing import Any

import nats.js.errors
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from engine.errors import BadMessage, BrokerUnreachable
from engine.queue.connection import Connection
from engine.queue.link import PATIENCE_S
from engine.queue.subjects import Subjects, Ticket, read_ticket

PAGE = 256  # tickets read in a row before others have their turn
IDLE_S = 10.0  # the broker forgets a reader that has gone


class Listing:
    """The jobs of one queue. name: of this process's readers at the broker."""

    def __init__(self, connection: Connection, subjects: Subjects, name: str) -> None:
        self._connection = connection
        self._subjects = subjects
        self._name = name
        self._reader = 0
        self._tickets: dict[int, Ticket] = {}
        self._last_seq = 0
        self._seen = (0, "")
        self._looking = asyncio.Lock()

    async def look(self) -> list[Ticket]:
        """All waiting and running jobs, oldest first. Raises BrokerUnreachable, nats' APIError."""
        async with self._looking:
            connections = self._connection.connections
            state, created = await self._state()
            if (connections, created) != self._seen or state["last_seq"] < self._last_seq:
                self._tickets.clear()
                self._last_seq = 0
            gone = set(state.get("deleted") or ())
            first_seq = state["first_seq"]
            self._tickets = {
                seq: ticket for seq, ticket in self._tickets.items() if seq >= first_seq and seq not in gone
            }
            if state["messages"] and state["last_seq"] > self._last_seq:
                deadline_s = time.monotonic() + PATIENCE_S
                while not await self._read_on():
                    if time.monotonic() > deadline_s:
                        raise BrokerUnreachable("The broker is too slow to list the queue: try again in a while.")
            self._last_seq = max(self._last_seq, state["last_seq"])
            self._seen = (connections, created)
            return list(self._tickets.values())

    async def _state(self) -> tuple[dict[str, Any], str]:
        request = json.dumps({"deleted_details": True}).encode()

        async def ask(js: JetStreamContext) -> tuple[dict[str, Any], str]:
            answer = await js._api_request(f"$JS.API.STREAM.INFO.{self._subjects.jobs}", request, timeout=js._timeout)
            return answer["state"], str(answer["created"])

        return await self._connection.call(ask)

    async def _read_on(self) -> bool:
        """Read the tickets behind the last one known; False where some are left, for another reader to go on with."""
        self._reader += 1
        name = f"list-{self._name}-{id(self):x}-{self._reader}"

        async def make(js: JetStreamContext) -> int:
            config = ConsumerConfig(
                name=name,
                deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
                opt_start_seq=self._last_seq + 1,
                ack_policy=AckPolicy.NONE,
                headers_only=True,
                mem_storage=True,
                inactive_threshold=IDLE_S,
            )
            return (await js.add_consumer(self._subjects.jobs, config)).num_pending or 0

        left = await self._connection.call(make)
        try:
            while left > 0:
                page, whole = await self._connection.pull_all(self._subjects.jobs, name, min(left, PAGE))
                left -= len(page)
                for message in page:
                    seq = message.metadata.sequence.stream
                    self._last_seq = max(self._last_seq, seq)
                    with contextlib.suppress(BadMessage):
                        self._tickets[seq] = read_ticket(self._subjects, seq, message.subject, message.headers)
                if not whole:
                    return False
                if not page:  # what was left has been deleted meanwhile
                    return True
                await asyncio.sleep(0)
            return True
        finally:
            with contextlib.suppress(nats.js.errors.APIError, BrokerUnreachable):
                await self._connection.call(lambda js: js.delete_consumer(self._subjects.jobs, name), 1.0)
