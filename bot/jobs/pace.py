"""How fast the queue moves in truth, as seen by one who waits in it."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

# So far back one looks: long enough for several pictures, short enough to notice that the engines have become busy.
WINDOW_S = 120.0
# Fewer places are too few to say anything.
LEAST_PLACES = 5


class Pace:
    """Seconds for each place in the queue. Followed is whoever is farthest behind: the first ones begin before they
    have seen anything."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._followed = ""
        self._at_s = 0.0
        self._position = 0
        self._moves: deque[tuple[float, float, int]] = deque()  # when, for how long, how many places

    @property
    def place_s(self) -> float:
        """Seconds that one place has taken lately, 0 where too few are known."""
        while self._moves and self._moves[0][0] < self._clock() - WINDOW_S:
            self._moves.popleft()
        places = sum(places for _, _, places in self._moves)
        return sum(took_s for _, took_s, _ in self._moves) / places if places >= LEAST_PLACES else 0.0

    def see(self, job_id: str, position: int) -> None:
        """A job is at this place now (1 is next)."""
        now_s = self._clock()
        if self._followed == job_id:
            self._moves.append((now_s, now_s - self._at_s, self._position - position))
        elif self._followed and position <= self._position:
            return
        self._followed, self._at_s, self._position = job_id, now_s, position

    def leave(self, job_id: str) -> None:
        """A job waits no more."""
        if self._followed == job_id:
            self._followed = ""
