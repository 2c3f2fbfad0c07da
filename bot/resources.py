"""What commands and buttons find on the connection to Discord, and what outlives it."""

from __future__ import annotations

import time
from collections import OrderedDict

from bot.config import Settings
from bot.delivery.delivery import Delivery
from bot.delivery.markup import Markup
from bot.jobs.desk import Desk
from bot.policy.policy import Consent, Policy
from bot.storage.storage import Storage

# Interactions whose repetition by Discord is noticed: more than an hour's at five a second.
REMEMBERED = 20_000
# Menus and forms that may be open at a time.
REMEMBERED_MENUS = 2_000


class Resources:
    """What the bot consists of besides its connection, which may be replaced while these stay."""

    def __init__(self, settings: Settings, storage: Storage, policy: Policy, desk: Desk, delivery: Delivery) -> None:
        self.settings = settings
        self.storage = storage
        self.policy = policy
        self.desk = desk
        self.delivery = delivery
        self.markup: Markup = delivery.markup
        self.started_s = time.monotonic()
        self._seen: OrderedDict[int, None] = OrderedDict()
        self.menus = Remembered()

    async def set_consent(self, user_id: int, consent: Consent) -> None:
        """Note whether others may use a user's picture; where not, what they have under way with it ends."""
        askers = await self.askers_of(user_id)  # before their orders are forgotten
        await self.policy.set_consent(user_id, consent)
        if consent == "out":
            await self.desk.drop_refused()
            await self.desk.forget_prepared(askers)

    async def forget_user(self, user_id: int) -> int:
        """Forget all about a user, their orders under way included; how many things that were."""
        askers = await self.askers_of(user_id)
        gone = await self.desk.drop_user(user_id) + await self.policy.forget_user(user_id)
        await self.desk.forget_prepared(askers)
        return gone

    async def askers_of(self, user_id: int) -> set[int]:
        """That user, and whoever has asked for something with their picture, as far as it is remembered."""
        under_way = (active.order for active in self.desk.under_way.active())
        return {
            user_id,
            *(order.user_id for order in under_way if order.pictured_id == user_id),
            *await self.storage.askers_of(user_id),
        }

    def first_time(self, interaction_id: int) -> bool:
        """Whether this interaction has not been met before: Discord repeats events after a broken connection."""
        if interaction_id in self._seen:
            return False
        self._seen[interaction_id] = None
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        return True


class Remembered:
    """What is open on somebody's screen for some minutes, by the id of the interaction that opened it."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, object] = OrderedDict()

    def keep(self, key: str, what: object) -> None:
        """Keep it; the oldest goes when there are too many."""
        self._kept[key] = what
        if len(self._kept) > REMEMBERED_MENUS:
            self._kept.popitem(last=False)

    def find(self, key: str) -> object | None:
        """What was kept, None where it is no longer."""
        return self._kept.get(key)
