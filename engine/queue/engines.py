"""What the engines say about themselves."""

from __future__ import annotations

import contextlib

from engine.errors import BadMessage
from engine.protocol import EngineQuery, EngineStatus
from engine.protocol.codec import pack, unpack
from engine.queue.connection import Connection
from engine.queue.subjects import Subjects

MAX_ENGINES = 1000
WAIT_S = 0.25


async def ask_engines(
    connection: Connection, subjects: Subjects, wait_s: float = WAIT_S, most: int = MAX_ENGINES
) -> list[EngineStatus]:
    """What the engines that answer within `wait_s` say, the first `most` of them."""
    answers = await connection.ask(subjects.subject("engines"), pack(EngineQuery()), wait_s, most)
    statuses = []
    for message in answers:
        if not (message.headers or {}).get("Status"):
            with contextlib.suppress(BadMessage):
                statuses.append(unpack(EngineStatus, message.data))
    return statuses
