"""What the bot counts, and how late its event loop is; readable by Prometheus where a port is configured."""

from __future__ import annotations

import asyncio
import logging
import time

from prometheus_client import Counter, Gauge, Histogram

from engine.process.metrics import Exposition

log = logging.getLogger("recede.bot")

LOOK_PERIOD_S = 0.05
LATE_S = 0.2
_SECONDS = (0.01, 0.03, 0.1, 0.3, 1, 3)


class BotMetrics(Exposition):
    """Counts since the start."""

    def __init__(self) -> None:
        super().__init__()
        self.acks_s = Histogram(
            "recede_bot_ack_seconds",
            "From an interaction's arrival to Discord's yes",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.outcomes = Counter(
            "recede_bot_answers",
            "Answers, by 'ok', the error's code, or what else became of them",
            ["outcome"],
            registry=self.registry,
        )
        self.edits = Counter("recede_bot_progress_edits", "Edits of progress messages", registry=self.registry)
        self.under_way = Gauge("recede_bot_under_way", "Jobs without an answer yet", registry=self.registry)
        self.lag_s = Gauge("recede_bot_loop_lag_seconds", "How late the event loop was last", registry=self.registry)
        self.worst_lag_s = Gauge(
            "recede_bot_loop_lag_seconds_max", "How late the event loop was at worst", registry=self.registry
        )
        self._worst_s = 0.0

    async def watch_loop(self) -> None:
        """Measure how late the event loop gets to a sleeper; for as long as the bot runs."""
        while True:
            due_s = time.monotonic() + LOOK_PERIOD_S
            await asyncio.sleep(LOOK_PERIOD_S)
            late_s = max(0.0, time.monotonic() - due_s)
            self.lag_s.set(late_s)
            if late_s > self._worst_s:
                self._worst_s = late_s
                self.worst_lag_s.set(late_s)
            if late_s > LATE_S:
                log.warning("the event loop was late", extra={"event": "loop_late", "seconds": round(late_s, 3)})
