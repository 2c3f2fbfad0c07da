"""What came of a storm."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class Outcome:
    """What a storm left behind. away_s: the longest time for which the broker could not be reached, faults included."""

    jobs: int
    outcomes: dict[str, int]
    faults: dict[str, int]
    twice: int
    leftovers: list[str]
    stored: dict[str, int]
    drained: bool
    away_s: float
    seconds: float
    notes: list[str] = field(default_factory=list)

    @property
    def never_ended(self) -> int:
        """Jobs without any outcome."""
        return self.jobs - sum(self.outcomes.values())

    @property
    def clean(self) -> bool:
        """Every job ended, exactly once, none is lost, nothing was left, and the engines drained."""
        whole = not self.never_ended and not self.twice and not self.outcomes.get("lost")
        return whole and self.drained and not self.leftovers and not any(self.stored.values())

    def figures(self) -> dict[str, Any]:
        """Everything as plain data."""
        return {**asdict(self), "never_ended": self.never_ended, "clean": self.clean}
