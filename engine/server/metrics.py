"""Prometheus metrics of one engine, where a port is configured."""

from __future__ import annotations

import errno
from collections.abc import Iterable

import psutil
from prometheus_client import Counter, Gauge, Histogram

from engine.config import EngineConfig
from engine.errors import BadConfig
from engine.process.metrics import Exposition

_SECONDS = (0.01, 0.05, 0.1, 0.5, 1, 2, 5, 10, 20, 40, 80, 160, 320, 640)


class Metrics(Exposition):
    """Counts of this engine since it started; `serve` makes them readable."""

    def __init__(self) -> None:
        super().__init__()
        self.queue_length = Gauge("recede_queue_jobs", "Jobs that wait, as last seen", registry=self.registry)
        self.running = Gauge("recede_running_jobs", "Jobs at work in this engine", registry=self.registry)
        self.waiting_s = Histogram(
            "recede_waiting_seconds", "From submission to start", registry=self.registry, buckets=_SECONDS
        )
        self.working_s = Histogram(
            "recede_working_seconds", "From start to result", registry=self.registry, buckets=_SECONDS
        )
        self.outcomes = Counter(
            "recede_jobs", "Finished jobs, by 'ok' or the error's code", ["outcome"], registry=self.registry
        )
        self.retries = Counter("recede_retries", "Jobs given back after a failed try", registry=self.registry)
        self.memory_bytes = Gauge("recede_memory_bytes", "Resident memory, workers included", registry=self.registry)

    def serve_as_configured(self, settings: EngineConfig) -> None:
        """Make them readable where a port is configured. Raises BadConfig when they cannot be."""
        if not settings.metrics_port:
            return
        try:
            self.serve(settings.metrics_port, settings.metrics_address)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise BadConfig("[engine] metrics_port is taken by another program: choose another.") from error
            raise BadConfig(
                f"[engine] metrics cannot be served on {settings.metrics_address} "
                f"({error.strerror or error}): correct metrics_address or the port."
            ) from error


def resident_bytes(pids: Iterable[int]) -> int:
    """Resident memory of these processes together; those that are gone count nothing."""
    total = 0
    for pid in pids:
        try:
            total += psutil.Process(pid).memory_info().rss
        except psutil.Error:
            continue
    return total
