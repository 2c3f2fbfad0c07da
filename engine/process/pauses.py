"""How long to wait before something that failed is tried again."""

from __future__ import annotations


class Pauses:
    """Pauses in seconds: the first, then each twice as long as the one before, up to the longest."""

    def __init__(self, first_s: float, longest_s: float) -> None:
        self._first_s = self._next_s = first_s
        self._longest_s = longest_s

    def next_s(self) -> float:
        """The pause before the next try."""
        pause_s = self._next_s
        self._next_s = min(2 * pause_s, self._longest_s)
        return pause_s

    def start_over(self) -> None:
        """What was tried went well for a while: the next pause is the first again."""
        self._next_s = self._first_s
