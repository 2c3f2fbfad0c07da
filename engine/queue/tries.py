"""How often each job was begun, on the broker's disk: what survives the death of everybody who worked on it.

What JetStream counts itself, deliveries, is forgotten by a broker that is killed, and a photo that takes worker and
broker along would be begun for ever.
"""

from __future__ import annotations

import nats.js.errors

from engine.queue.connection import Connection
from engine.queue.subjects import Subjects


async def tries_of(connection: Connection, subjects: Subjects, job_id: str) -> int:
    """How often the job was begun. Raises BrokerUnreachable."""
    try:
        last = await connection.call(lambda js: js.get_last_msg(subjects.tries, subjects.subject("try", job_id)))
    except nats.js.errors.NotFoundError:
        return 0
    text = (last.data or b"").decode("ascii", "replace")
    return int(text) if text.isdecimal() and len(text) < 10 else 0


async def note_tries(connection: Connection, subjects: Subjects, job_id: str, tries: int) -> None:
    """Note that the job was begun `tries` times; on disk when this returns. Raises BrokerUnreachable."""
    await connection.store(subjects.subject("try", job_id), str(tries).encode(), {})


async def forget_tries(connection: Connection, subjects: Subjects, job_id: str) -> None:
    """The job is over. Raises BrokerUnreachable."""
    await connection.call(lambda js: js.purge_stream(subjects.tries, subject=subjects.subject("try", job_id)))
