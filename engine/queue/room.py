"""Whether the queue has room for another photo, and what is said where it has none."""

from __future__ import annotations

import time

from engine.errors import Busy, PhotoTooManyBytes
from engine.protocol import MIB
from engine.queue.connection import Connection
from engine.queue.engines import ask_engines
from engine.queue.fairness import mean_job_s
from engine.queue.streams import quotas_at_best, quotas_of
from engine.queue.subjects import Subjects

# Results that nobody fetches leave the rest of their room to the jobs that have been accepted already.
RESULTS_SHARE = 0.5
KNOWN_S = 1.0  # a burst of jobs asks once


class Room:
    """The room in the streams of one queue."""

    def __init__(self, connection: Connection, subjects: Subjects) -> None:
        self._connection = connection
        self._subjects = subjects
        self._known_s = float("-inf")

    async def check(self, packed_bytes: int, patience_s: float) -> None:
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
            raise await self.busy("disk")
        if time.monotonic() - self._known_s < KNOWN_S:
            return
        info = await self._connection.call(lambda js: js.stream_info(self._subjects.results), patience_s)
        if info.state.bytes > RESULTS_SHARE * quotas.results:
            raise await self.busy("results")
        self._known_s = time.monotonic()

    async def busy(self, why: str) -> Busy:
        """The error for what the broker says: "... per subject ..." is the user's share, "... bytes ..." the store."""
        engines = await ask_engines(self._connection, self._subjects)
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
