"""What the desk holds in its hands: orders without an answer, and the numbers of those that have one."""

from __future__ import annotations

from dataclasses import dataclass

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


@dataclass
class Active:
    """An order without an answer yet. begun: how often an engine began it; withdrawn: nobody waits for it any more;
    answered: what is left is to note that; refused: why its picture is not to be shown, whatever the engine makes."""

    order: Order
    message: ProgressMessage
    submitted: bool = False
    begun: int = 0
    cancelled: bool = False
    withdrawn: bool = False
    answered: bool = False
    refused: Refused | None = None
