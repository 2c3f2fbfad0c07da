"""Whether what somebody asks for can be done in time: no order is taken that would only wait for its end."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from bot.errors import Refused
from engine.errors import Busy
from engine.protocol import EngineStatus

# Others who come later may go first, an engine may begin again, and estimates are estimates.
USED_SHARE = 0.6
# Of the time that is left; beyond it, everybody has one picture at a time, so that the first ones of others, which go
# before second ones, cannot push those beyond their end.
CROWDED_SHARE = 0.3
# Of what can be done in time, for one server; but never less than so many pictures.
SERVER_SHARE = 0.5
LEAST_SERVER_JOBS = 4


@dataclass(frozen=True)
class Load:
    """What the engines manage. slots: pictures at the same time; job_s: seconds for each, 0 where nobody knows yet."""

    slots: int = 0
    job_s: float = 0.0

    def wait_s(self, ahead: int) -> float:
        """Until the end of a picture with so many before it."""
        return self.job_s * (1.0 + ahead / max(1, self.slots))

    def fitting(self, within_s: float) -> int:
        """How many pictures may be under way so that the last one ends within so many seconds."""
        return max(1, math.floor((within_s / self.job_s - 1.0) * self.slots) + 1)


def load_of(statuses: Iterable[EngineStatus]) -> Load:
    """What these engines manage together."""
    working = [status for status in statuses if status.state != "draining"]
    known = [status.mean_job_s for status in working if status.mean_job_s > 0]
    return Load(sum(status.workers for status in working), sum(known) / len(known) if known else 0.0)


def check_room(load: Load, left_s: float, everybodys: int, servers: int, members: int) -> None:
    """Raises Busy or Refused, with the time to come back, for what cannot end in time.

    left_s: until it has to be answered. everybodys, servers, members: how many are under way in all, of that server (0
    in direct messages), and of that member. Nothing is refused before an engine has finished anything.
    """
    if load.slots == 0 or load.job_s == 0:
        return
    usable_s = left_s * USED_SHARE
    late_s = load.wait_s(everybodys) - usable_s
    if late_s > 0:
        retry_after_s = _rounded(late_s)
        raise Busy(f"That would take too long now: try again in about {retry_after_s} s.", retry_after_s=retry_after_s)
    if members and load.wait_s(everybodys) > left_s * CROWDED_SHARE:
        raise Refused("crowded", seconds=_rounded(load.wait_s(everybodys) - left_s * CROWDED_SHARE))
    share = max(LEAST_SERVER_JOBS, math.floor(load.fitting(usable_s) * SERVER_SHARE))
    if servers >= share:
        raise Refused("server_share", limit=share, seconds=_rounded(load.job_s * (servers - share + 1) / load.slots))


def _rounded(seconds: float) -> int:
    """Upwards to five seconds: nobody should come back too early."""
    return max(5, 5 * math.ceil(seconds / 5))
