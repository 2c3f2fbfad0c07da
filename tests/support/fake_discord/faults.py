"""What goes wrong on purpose."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass, field
from typing import Literal


@dataclass
class Fault:
    """One kind of failure, `times` times.

    match: method and path below /api/v10 or /cdn with wildcards, as in "PATCH /webhooks/*/messages/@original".
    status, code: the answer; None for no answer of its own. retry_after_s: of a 429. via: whether the 429 is
    Discord's own (a proxy's ban has no Via header). cut: close the connection, "before" the request is handled or
    "after", so that the client cannot know that it was. delay_s: let it wait first.
    """

    match: str
    status: int | None = None
    times: int = 1
    code: int = 0
    message: str = "injected"
    retry_after_s: float = 0.5
    via: bool = True
    is_global: bool = False
    cut: Literal["", "before", "after"] = ""
    delay_s: float = 0.0
    used: int = 0


@dataclass
class Faults:
    """All that are pending, in the order in which they were asked for."""

    pending: list[Fault] = field(default_factory=list)

    def add(self, fault: Fault) -> Fault:
        """Ask for one."""
        self.pending.append(fault)
        return fault

    def take(self, method: str, path: str) -> Fault | None:
        """The fault that this request meets."""
        for fault in self.pending:
            if fault.used < fault.times and fnmatch.fnmatchcase(f"{method} {path}", fault.match):
                fault.used += 1
                return fault
        return None
