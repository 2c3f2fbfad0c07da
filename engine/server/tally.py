"""How many jobs an engine has ended, how, and how long they take."""

from __future__ import annotations

import logging

from engine.queue.fairness import TYPICAL_JOB_S
from engine.server.metrics import Metrics

log = logging.getLogger("recede.engine")

RECENT = 0.2  # weight of the newest job in the mean time per job


class Tally:
    """Counts since the engine's start; told to Prometheus as well. mean_job_s: 0 before the first job."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self.succeeded = self.failed = 0
        self.mean_job_s = 0.0

    def worked(self, seconds: float) -> None:
        """A job was worked on for so long and went well."""
        self.mean_job_s += (RECENT if self.mean_job_s else 1.0) * (seconds - self.mean_job_s)
        self._metrics.working_s.observe(seconds)

    def ended(self, job_id: str, outcome: str, seconds: float) -> None:
        """A job has its result: "ok", or an error's code."""
        if outcome == "ok":
            self.succeeded += 1
        else:
            self.failed += 1
        self._metrics.outcomes.labels(outcome).inc()
        extra = {"event": "ended", "job": job_id, "outcome": outcome, "seconds": round(seconds, 3)}
        log.info("job ended: %s", outcome, extra=extra)

    def seconds_left(self, elapsed_s: float, fraction: float) -> float:
        """Estimate for a job that has come so far in so long."""
        if fraction > 0.1:
            return elapsed_s * (1.0 - fraction) / fraction
        return max(0.0, (self.mean_job_s or TYPICAL_JOB_S) - elapsed_s)
