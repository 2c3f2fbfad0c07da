"""Who has how much under way: orders without an answer, and places held for those that are about to be."""

from __future__ import annotations

from bot.jobs.active import Active, Reached


class UnderWay:
    """The list, oldest first."""

    def __init__(self) -> None:
        self._active: dict[str, Active] = {}
        self._reserved: dict[str, tuple[int, int]] = {}
        self._later: set[str] = set()

    def __len__(self) -> int:
        return len(self._active)

    def reserve(self, order_id: str, user_id: int, guild_id: int = 0) -> None:
        """Count an order before it exists, so that two at the same time cannot both slip below the limit."""
        self._reserved[order_id] = user_id, guild_id

    def release(self, order_id: str) -> None:
        """It did not come to be, or exists now."""
        self._reserved.pop(order_id, None)

    def put(self, active: Active) -> None:
        """An order that waits for its answer from now on, or that has become one with pictures of its own."""
        others = (entry for entry in self.active(active.order.user_id) if entry is not active)
        if any(not entry.order.is_copy for entry in others):
            self._later.add(active.order.job_id)
        self._active[active.order.job_id] = active

    def remove(self, active: Active) -> None:
        """It has its answer, or another has taken its name."""
        if self._active.get(active.order.job_id) is active:
            del self._active[active.order.job_id]
            self._later.discard(active.order.job_id)

    def find(self, job_id: str) -> Active | None:
        """The order behind a job, None where it has ended."""
        return self._active.get(job_id)

    def find_order(self, order_id: str) -> Active | None:
        """The order of this name, None where it has ended."""
        return next((entry for entry in self._active.values() if entry.order.order_id == order_id), None)

    def all(self) -> list[Active]:
        """Every order, those included whose answer is still to be noted."""
        return list(self._active.values())

    def active(self, user_id: int | None = None) -> list[Active]:
        """Orders without an answer, all or one user's."""
        waiting = [entry for entry in self._active.values() if entry.reached < Reached.ANSWERED]
        return [entry for entry in waiting if user_id in (None, entry.order.user_id)]

    def of_or_with(self, user_id: int) -> list[Active]:
        """That user's orders, and those with their picture."""
        return [entry for entry in self.active() if user_id in (entry.order.user_id, entry.order.pictured_id)]

    def gives_way(self, active: Active) -> bool:
        """Whether it came while its asker had another under way: first ones of others, even later ones, may begin
        before it."""
        return active.order.job_id in self._later

    def askers(self) -> list[tuple[int, int]]:
        """User and server (0: none) of everything under way that needs a place in the queue, places held included."""
        held = {active.order.order_id: active.order for active in self.active() if not active.order.is_copy}
        others = [whose for order_id, whose in self._reserved.items() if order_id not in held]
        return [(order.user_id, order.place.guild_id) for order in held.values()] + others

    def count(self, user_id: int) -> int:
        """How many of that user's orders have no answer yet, other files of earlier answers aside."""
        return sum(user == user_id for user, _ in self.askers())

    def copies(self, user_id: int) -> int:
        """How many other files of earlier answers that user waits for."""
        return sum(entry.order.is_copy for entry in self.active(user_id))

    def count_in(self, guild_id: int) -> int:
        """How many orders from that server have no answer yet; 0 in direct messages."""
        return sum(guild == guild_id for _, guild in self.askers()) if guild_id else 0
