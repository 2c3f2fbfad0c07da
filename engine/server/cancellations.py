"""Jobs that nobody wants any more, whether they have begun here or not."""

from __future__ import annotations

import time

# From the moment a job leaves the broker until it begins here, its photo is fetched and a try is noted; each of the two
# waits for a broker that is away for up to 20 s. Whoever cancels in between is heard before there is anything to end.
KEPT_S = 120.0


class Cancellations:
    """What was heard during the last KEPT_S."""

    def __init__(self) -> None:
        self._heard_s: dict[str, float] = {}

    def __contains__(self, job_id: str) -> bool:
        return job_id in self._heard_s

    def hear(self, job_id: str) -> bool:
        """Note it; False where it is known already."""
        now_s = time.monotonic()
        self._heard_s = {other: heard_s for other, heard_s in self._heard_s.items() if now_s - heard_s < KEPT_S}
        new = job_id not in self._heard_s
        self._heard_s.setdefault(job_id, now_s)
        return new

    def forget(self, job_id: str) -> None:
        """The job is over."""
        self._heard_s.pop(job_id, None)
