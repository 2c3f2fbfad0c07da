"""What can be promised: whether a picture can still be made in time, and how long somebody waits at most."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable

from bot.jobs.active import Active
from bot.jobs.pace import Pace
from bot.jobs.under_way import UnderWay
from bot.order import TOKEN_LIFE_S
from bot.policy.capacity import Load, check_room, load_of
from engine.protocol import EngineStatus, Progress


class Outlook:
    """What the engines say of themselves, and what those who wait have seen. deadline_s: of the queue."""

    def __init__(self, under_way: UnderWay, deadline_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._under_way = under_way
        self._left_s = min(deadline_s, TOKEN_LIFE_S)
        self._pace = Pace(clock)
        self._load = Load()
        self._others = 0

    @property
    def load(self) -> Load:
        """What the engines manage, as far as it is known now."""
        return self._load.seen(self._pace.place_s)

    def learn(self, statuses: list[EngineStatus], others: int) -> None:
        """others: jobs at the broker that are not this bot's. Where no engine answers, it may be about to again."""
        self._load, self._others = load_of(statuses) or self._load, others

    def check_room(self, user_id: int, guild_id: int) -> None:
        """Raises Busy or Refused where one more of that user's, from that server (0: none), would not end in time."""
        everybodys = len(self._under_way.askers()) + self._others
        servers, members = self._under_way.count_in(guild_id), self._under_way.count(user_id)
        check_room(self.load, self._left_s, everybodys, servers, members)

    def told(self, active: Active, progress: Progress) -> Progress:
        """The progress with the time to wait as it can be promised: at most so long; None where nobody knows."""
        if progress.queue_position is None:
            self._pace.leave(progress.job_id)
            return progress
        if self._under_way.gives_way(active):
            return dataclasses.replace(progress, seconds_left=None)
        self._pace.see(progress.job_id, progress.queue_position)
        return dataclasses.replace(progress, seconds_left=self.load.told_s(progress.queue_position))

    def leave(self, job_id: str) -> None:
        """A job waits no more."""
        self._pace.leave(job_id)
