"""Who is next: every lane before the one below it, and within a lane one job per user in turn."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from itertools import groupby, zip_longest
from typing import NamedTuple

from engine.protocol import EngineStatus, Lane
from engine.queue.subjects import LANES, Ticket

# Before any engine has finished a job there is nothing to measure; a photo takes about this long on two cores.
TYPICAL_JOB_S = 20.0


class Turn(NamedTuple):
    """A user's latest turn. number: of the turn; behind_seq: the newest job of all that waited then."""

    number: int = 0
    behind_seq: int = 0


def order_users(waiting: Mapping[tuple[Lane, str], int], turns: Mapping[str, Turn]) -> list[tuple[Lane, str]]:
    """The (lane, user) pairs in the order in which to look for a job: first come, first served, and whoever had a turn
    comes behind all who waited then, but before those who came later.

    waiting: for each pair, the number of its oldest job, which grows with time.
    """

    def place(pair: tuple[Lane, str]) -> tuple[int, int, int]:
        turn = turns.get(pair[1], Turn())
        return LANES.index(pair[0]), max(waiting[pair], turn.behind_seq), turn.number

    return sorted(waiting, key=place)


def expected_order(tickets: Iterable[Ticket], having_turns: Collection[tuple[Lane, str]] = ()) -> list[Ticket]:
    """Waiting jobs in the order in which they are likely to begin. having_turns: lane and user of what is being worked
    on, whose next job comes behind the first ones of others."""
    waiting = list(tickets)
    ordered: list[Ticket] = []
    for lane in LANES:
        mine = sorted((t for t in waiting if t.lane == lane), key=lambda t: (t.user, t.seq))
        rows = [list(group) for _, group in groupby(mine, key=lambda t: t.user)]
        rows.sort(key=lambda row: row[0].seq)
        late = [[None, *row] if (lane, row[0].user) in having_turns else row for row in rows]
        for turn in zip_longest(*late):
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
