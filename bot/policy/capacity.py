"""Whether what somebody asks for can be done in time: no order is taken that would only wait for its end."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from bot.errors import Refused
from engine.errors import Busy
from engine.protocol import EngineStatus
from engine.queue.fairness import TYPICAL_JOB_S, mean_job_s

# Where everybody comes at once, engines, broker and bot share machines, and a picture takes longer than the last ones
# did; a promise has room for that.
TOLD_SHARE = 1.25
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
    """What the engines manage. workers: pictures at the same time; job_s: seconds that one takes on the slowest engine;
    place_s: seconds in which all of them together finish one. At first, an engine as they usually are."""

    workers: int = 1
    job_s: float = TYPICAL_JOB_S
    place_s: float = TYPICAL_JOB_S

    def wait_s(self, ahead: int) -> float:
        """At most so long until the end of a picture with so many before it, those that are being made included."""
        return self.place_s * ahead + self.job_s

    def told_s(self, position: int) -> float:
        """What is told the one at this place in the queue (1 is next), before which all engines may have just begun
        something: at most so long, with some to spare."""
        return TOLD_SHARE * self.wait_s(position - 1 + self.workers)

    def fitting(self, within_s: float) -> int:
        """How many pictures may be under way so that the last one ends within so many seconds."""
        return max(1, math.floor((within_s - self.job_s) / self.place_s) + 1)

    def seen(self, place_s: float) -> Load:
        """The same where one place in the queue has been seen to take so long, as far as that is longer: what engines
        say of themselves leaves out the ways between them and us."""
        return replace(self, place_s=max(self.place_s, place_s))


def load_of(statuses: Iterable[EngineStatus]) -> Load | None:
    """What these engines manage together, None where there are none. One that has finished nothing yet is taken for as
    fast as the others, or as usual."""
    working = [status for status in statuses if status.state != "draining" and status.workers > 0]
    if not working:
        return None
    usual_s = mean_job_s(working)
    means_s = [status.mean_job_s or usual_s for status in working]
    per_s = sum(status.workers / mean_s for status, mean_s in zip(working, means_s, strict=True))
    return Load(sum(status.workers for status in working), max(means_s), 1.0 / per_s)


def check_room(load: Load, left_s: float, everybodys: int, servers: int, members: int) -> None:
    """Raises Busy or Refused, with the time to come back, for what cannot end in time.

    left_s: until it has to be answered. everybodys, servers, members: how many are under way in all, of that server (0
    in direct messages), and of that member. Where nothing is under way, nothing is refused.
    """
    if not everybodys:
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
        raise Refused("server_share", limit=share, seconds=_rounded(load.place_s * (servers - share + 1)))


def _rounded(seconds: float) -> int:
    """Upwards to five seconds: nobody should come back too early."""
    return max(5, 5 * math.ceil(seconds / 5))
