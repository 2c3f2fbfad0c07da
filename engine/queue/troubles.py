"""When a private broker that does not serve is replaced."""

from __future__ import annotations

import time

from engine.process.pauses import Pauses

# Between two restarts: one that has not helped will not help at once either.
FIRST_GAP_S, LONGEST_GAP_S = 1.0, 60.0
CALM_S = 300.0


class Troubles:
    """What the broker has failed at since it last served."""

    def __init__(self) -> None:
        self._since_s: float | None = None
        self._restarted_s = -CALM_S
        self._gaps = Pauses(FIRST_GAP_S, LONGEST_GAP_S)
        self._gap_s = FIRST_GAP_S

    def over(self) -> None:
        """It serves."""
        self._since_s = None

    def call_for_another(self, limit_s: float) -> bool:
        """Note that it has failed; whether it has for `limit_s`, so that another one is to be started, which is then
        taken for done."""
        now_s = time.monotonic()
        if self._since_s is None:
            self._since_s = now_s
            return False
        since_s = now_s - self._restarted_s
        if now_s - self._since_s <= limit_s or since_s < self._gap_s:
            return False
        if since_s > CALM_S:
            self._gaps.start_over()
        self._gap_s = self._gaps.next_s()
        self._restarted_s = self._since_s = now_s
        return True
