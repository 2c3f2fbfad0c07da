"""What the desk holds in its hands: orders without an answer, and the numbers of those that have one."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from enum import Enum, IntEnum, auto

from bot.errors import Refused
from bot.jobs.progress import ProgressMessage
from bot.order import Order


class Delivered:
    """The queue's ledger: which jobs have been answered. On disk it is the storage's, written with the answer."""

    def __init__(self, known: set[str]) -> None:
        self._known = known

    def __contains__(self, job_id: str) -> bool:
        return job_id in self._known

    def reserve(self, job_id: str) -> None:
        """Nothing to make room for: the storage has the job's row since it was ordered."""

    def add(self, job_id: str) -> None:
        """The job has been answered."""
        self._known.add(job_id)


class Reached(IntEnum):
    """How far an order has come. SUBMITTED: the queue has its job; BEGUN, BEGUN_AGAIN: an engine works on it, the
    second time after one failed; ANSWERED: what is left is to note that."""

    ACCEPTED = 0
    SUBMITTED = 1
    BEGUN = 2
    BEGUN_AGAIN = 3
    ANSWERED = 4


class Unwanted(Enum):
    """Why nobody waits for the picture any more: its asker ended it, or its message is gone."""

    CANCELLED = auto()
    WITHDRAWN = auto()


@dataclass
class Active:
    """An order without a noted answer: how far it has come, and why its picture is not to be shown, whatever the engine
    makes of it; None while it is. The gravest reason counts: a message that is gone, then a refusal, then its asker.
    ended: set once it has its answer, or goes on as another attempt."""

    order: Order
    message: ProgressMessage
    reached: Reached = Reached.ACCEPTED
    unwanted: Unwanted | Refused | None = None
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def in_queue(self) -> bool:
        """Whether the queue has its job, and nobody an answer yet."""
        return Reached.SUBMITTED <= self.reached < Reached.ANSWERED

    @property
    def begun(self) -> bool:
        """Whether an engine has begun it."""
        return self.reached >= Reached.BEGUN

    @property
    def withdrawn(self) -> bool:
        """Whether there is no place for an answer any more."""
        return self.unwanted is Unwanted.WITHDRAWN

    @property
    def refused(self) -> Refused | None:
        """Why its picture may not be shown."""
        return self.unwanted if isinstance(self.unwanted, Refused) else None

    def reach(self, reached: Reached) -> None:
        """It has come so far at least."""
        self.reached = max(self.reached, reached)

    def begin(self) -> None:
        """An engine begins it, perhaps not the first."""
        self.reach(Reached.BEGUN_AGAIN if self.begun else Reached.BEGUN)

    def drop(self, why: Unwanted | Refused) -> None:
        """Its picture is not wanted, unless it was dropped for a graver reason before."""
        if self.withdrawn or (self.refused and why is Unwanted.CANCELLED):
            return
        self.unwanted = why
