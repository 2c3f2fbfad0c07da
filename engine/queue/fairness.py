"""Who is next: every lane before the one below it, and within a lane one job per user in turn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby, zip_longest

from engine.protocol import EngineStatus, Lane
from engine.queue.subjects import LANES, Ticket

# Before any engine has finished a job there is nothing to measure; a photo takes about this long on two cores.
TYPICAL_JOB_S = 20.0


def order_users(waiting: Iterable[tuple[Lane, str]], served: Mapping[str, int]) -> list[tuple[Lane, str]]:
    """The (lane, user) pairs in the order in which to look for a job.

    served: for each user who had a turn, its number; who was never served comes first, then who waited longest.
    """
    return sorted(waiting, key=lambda pair: (LANES.index(pair[0]), served.get(pair[1], -1)))


def expected_order(tickets: Iterable[Ticket]) -> list[Ticket]:
    """Waiting jobs in the order in which they are likely to begin."""
    waiting = list(tickets)
    ordered: list[Ticket] = []
    for lane in LANES:
        mine = sorted((t for t in waiting if t.lane == lane), key=lambda t: (t.user, t.seq))
        rows = [list(group) for _, group in groupby(mine, key=lambda t: t.user)]
        rows.sort(key=lambda row: row[0].seq)
        for turn in zip_longest(*rows):
            ordered.extend(ticket for ticket in turn if ticket is not None)
    return ordered


def mean_job_s(engines: Iterable[EngineStatus]) -> float:
    """Seconds that a job takes, as the engines have seen it lately."""
    known = [engine.mean_job_s for engine in engines if engine.mean_job_s > 0]
    return sum(known) / len(known) if known else TYPICAL_JOB_S


def seconds_until_done(position: int, engines: Iterable[EngineStatus]) -> float:
    """Estimate for the job at `position` (1 is next) until its result."""
    listed = list(engines)
    workers = max(1, sum(engine.workers for engine in listed))
    return mean_job_s(listed) * (1.0 + (position - 1) / workers)
