"""When a private broker that does not serve is replaced."""

from __future__ import annotations

import time
from typing import Literal

from engine.process.pauses import Pauses

# Between two restarts: one that has not helped will not help at once either.
FIRST_GAP_S, LONGEST_GAP_S = 1.0, 60.0
CALM_S = 300.0


Service = Literal["ask", "store"]


class Troubles:
    """What the broker has failed at, for each of its services since that last worked: one whose disk was full goes on
    answering questions and refusing to store, long after there is room again."""

    def __init__(self) -> None:
        self._since_s: dict[Service, float] = {}
        self._restarted_s = -CALM_S
        self._gaps = Pauses(FIRST_GAP_S, LONGEST_GAP_S)
        self._gap_s = FIRST_GAP_S

    def over(self, service: Service) -> None:
        """That works."""
        self._since_s.pop(service, None)

    def all_over(self) -> None:
        """Another broker has come, or another connection to this one."""
        self._since_s.clear()

    def call_for_another(self, service: Service, limit_s: float) -> bool:
        """Note that it has failed at that; whether it has for `limit_s`, so that another broker is to be started, which
        is then taken for done."""
        now_s = time.monotonic()
        failing_since_s = self._since_s.setdefault(service, now_s)
        since_s = now_s - self._restarted_s
        if now_s - failing_since_s <= limit_s or since_s < self._gap_s:
            return False
        if since_s > CALM_S:
            self._gaps.start_over()
        self._gap_s = self._gaps.next_s()
        self._restarted_s = now_s
        self._since_s.clear()
        return True
