"""Who may ask for what, where, and how often: settings of servers, blocks, and people who opted out.

Everything is held in memory and written through, so that a question is answered before anything is awaited.
"""

from __future__ import annotations

import dataclasses
import json
import math
import time
from dataclasses import dataclass
from typing import Literal

from bot.config import BotConfig
from bot.errors import Refused
from bot.policy.settings import EVERYWHERE, LISTS, GuildSettings, mentions, role_mentions
from bot.storage.storage import Storage
from engine.protocol import Preset

DAY_S = 86_400.0
# So long, somebody who was told no does not get to ask the same person again.
NO_LASTS_S = 86_400.0


@dataclass(frozen=True)
class Asker:
    """Who asks, from where. guild_id: 0 in direct messages; parent_id: the channel of a thread, category_id: of that
    channel, else 0; roles: of that member in that server."""

    user_id: int
    guild_id: int
    channel_id: int
    parent_id: int = 0
    category_id: int = 0
    roles: tuple[int, ...] = ()


# What a member wants of others who would use their picture.
Consent = Literal["in", "ask", "out"]


class Policy:
    """The rules as they are now; made by `load_policy`."""

    def __init__(self, storage: Storage, config: BotConfig, preset: Preset) -> None:
        self._storage = storage
        self._default = GuildSettings(cooldown_s=config.cooldown_s, jobs_per_user=config.jobs_per_user, preset=preset)
        self._guilds: dict[int, GuildSettings] = {}
        self._blocks: set[tuple[int, int]] = set()
        self._opt_outs: set[int] = set()
        self._ask_first: set[int] = set()
        self._days: dict[int, tuple[int, int]] = {}
        self._nos: dict[tuple[int, int], float] = {}
        # When, and by which order.
        self._last_s: dict[tuple[int, int], tuple[float, str]] = {}
        self.draining = False

    def of(self, guild_id: int) -> GuildSettings:
        """A server's settings; those of direct messages are the defaults."""
        return self._guilds.get(guild_id, self._default)

    def consent_of(self, user_id: int) -> Consent:
        """What that user wants of others who would use their picture."""
        return "out" if user_id in self._opt_outs else "ask" if user_id in self._ask_first else "in"

    def must_ask(self, asker_id: int, pictured_id: int) -> bool:
        """Whether that member is to be asked before this asker gets a picture of them."""
        return pictured_id != asker_id and pictured_id in self._ask_first

    def note_no(self, asker_id: int, pictured_id: int) -> None:
        """That member has said no to that asker, who does not ask again today."""
        now_s = time.monotonic()
        self._nos = {key: at_s for key, at_s in self._nos.items() if now_s - at_s < NO_LASTS_S}
        self._nos[asker_id, pictured_id] = now_s

    def check_place(self, asker: Asker) -> None:
        """Raises Refused where this user may not use the bot here, or nobody may at the moment."""
        settings = self.of(asker.guild_id)
        if self.draining or self.of(EVERYWHERE).draining:
            raise Refused("draining")
        if settings.draining:
            raise Refused("draining_here")
        if (EVERYWHERE, asker.user_id) in self._blocks or (asker.guild_id, asker.user_id) in self._blocks:
            raise Refused("blocked")
        if not _is_allowed(settings, asker):
            raise Refused(
                "other_channel" if settings.channels else "not_this_channel", channels=mentions(settings.channels)
            )
        if set(asker.roles) & set(settings.forbidden_roles):
            raise Refused("role_forbidden")
        if settings.roles and not set(asker.roles) & set(settings.roles):
            raise Refused("role_needed", roles=role_mentions(settings.roles))

    def check_day(self, guild_id: int, under_way: int) -> None:
        """Raises Refused where the server has had its pictures for today. under_way: of those that are coming."""
        limit = self.of(guild_id).per_day
        if guild_id and limit and self.today(guild_id) + under_way >= limit:
            hours = math.ceil((DAY_S - time.time() % DAY_S) / 3600)
            raise Refused("day_full", limit=limit, hours=hours)

    def today(self, guild_id: int) -> int:
        """How many pictures the server has had today."""
        day, count = self._days.get(guild_id, (0, 0))
        return count if day == day_now() else 0

    def note_picture(self, guild_id: int) -> tuple[int, int] | None:
        """Count one for today; returns server and day for the memory, None in direct messages."""
        if not guild_id:
            return None
        self._days[guild_id] = day_now(), self.today(guild_id) + 1
        return guild_id, day_now()

    def check_pace(self, asker: Asker, under_way: int, at_once: bool = False) -> None:
        """Raises Refused where this user has enough under way, or asks again too soon. under_way: their jobs;
        at_once: it is one of those that need no pause."""
        settings = self.of(asker.guild_id)
        if under_way >= settings.jobs_per_user:
            raise Refused("enough_under_way", limit=settings.jobs_per_user)
        last_s, _ = self._last_s.get((asker.guild_id, asker.user_id), (-math.inf, ""))
        since_s = time.monotonic() - last_s
        if since_s < settings.cooldown_s and not at_once:
            raise Refused("cooldown", seconds=max(1, round(settings.cooldown_s - since_s)))

    def check_pictured(self, asker: Asker, pictured_id: int) -> None:
        """Raises Refused where that member opted out, has said no, or others' pictures are not used in that server;
        their own picture is theirs to use."""
        if refused := self.objection(asker.user_id, pictured_id):
            raise refused
        if pictured_id not in (0, asker.user_id) and self.of(asker.guild_id).own_only:
            raise Refused("own_only")
        said_s = self._nos.get((asker.user_id, pictured_id), -math.inf)
        if self.must_ask(asker.user_id, pictured_id) and time.monotonic() - said_s < NO_LASTS_S:
            raise Refused("said_no", user=f"<@{pictured_id}>")

    def objection(self, asker_id: int, pictured_id: int) -> Refused | None:
        """Why that asker may not use this member's picture, None where they may."""
        if pictured_id and pictured_id != asker_id and pictured_id in self._opt_outs:
            return Refused("opted_out", user=f"<@{pictured_id}>")
        return None

    def check_avatars(self, asker: Asker, pictured_id: int) -> None:
        """Raises Refused where others' avatars may not be used; everybody may use their own."""
        if pictured_id != asker.user_id and not self.of(asker.guild_id).avatars:
            raise Refused("no_avatars_here")

    def note_use(self, asker: Asker, order_id: str) -> None:
        """The cooldown begins now, by that order."""
        if len(self._last_s) > 10_000:
            longest_s = max([self._default.cooldown_s, *(entry.cooldown_s for entry in self._guilds.values())])
            oldest_s = time.monotonic() - longest_s
            self._last_s = {key: use for key, use in self._last_s.items() if use[0] > oldest_s}
        self._last_s[asker.guild_id, asker.user_id] = time.monotonic(), order_id

    def forget_use(self, guild_id: int, user_id: int, order_id: str) -> None:
        """Nothing came of that order, so it is not held against them; another one's cooldown goes on."""
        if self._last_s.get((guild_id, user_id), (0.0, ""))[1] == order_id:
            del self._last_s[guild_id, user_id]

    async def allow_channel(self, guild_id: int, channel_id: int) -> GuildSettings:
        """Put a channel or category on the list of those where the bot may be used."""
        settings = self.of(guild_id)
        channels = {*settings.channels, channel_id}
        forbidden = set(settings.forbidden) - {channel_id}
        return await self.change(guild_id, channels=tuple(sorted(channels)), forbidden=tuple(sorted(forbidden)))

    async def forbid_channel(self, guild_id: int, channel_id: int) -> GuildSettings:
        """Keep the bot out of a channel or category. Raises Refused for the last allowed one, which would open all."""
        settings = self.of(guild_id)
        if settings.channels == (channel_id,):
            raise Refused("last_channel", channel=f"<#{channel_id}>")
        channels = set(settings.channels) - {channel_id}
        forbidden = {*settings.forbidden, channel_id}
        return await self.change(guild_id, channels=tuple(sorted(channels)), forbidden=tuple(sorted(forbidden)))

    async def open_channels(self, guild_id: int) -> GuildSettings:
        """Let the bot be used in every channel."""
        return await self.change(guild_id, channels=(), forbidden=())

    async def change(self, guild_id: int, **changes: object) -> GuildSettings:
        """Change some of a server's settings and keep them."""
        settings = dataclasses.replace(self.of(guild_id), **changes)  # type: ignore[arg-type]
        self._guilds[guild_id] = settings
        await self._storage.put_guild(guild_id, json.dumps(dataclasses.asdict(settings)))
        return settings

    async def block(self, guild_id: int, user_id: int, blocked: bool) -> None:
        """Block or unblock a user in a server, or EVERYWHERE."""
        (self._blocks.add if blocked else self._blocks.discard)((guild_id, user_id))
        await self._storage.put_block(guild_id, user_id, blocked)

    async def set_consent(self, user_id: int, consent: Consent) -> None:
        """Note what a user wants of others who would use their picture."""
        for members, wanted in ((self._opt_outs, consent == "out"), (self._ask_first, consent == "ask")):
            (members.add if wanted else members.discard)(user_id)
        await self._storage.put_consent(user_id, consent == "out", consent == "ask")

    async def forget_user(self, user_id: int) -> int:
        """Forget all about a user but the blocks of servers; how many entries that were."""
        self._opt_outs.discard(user_id)
        self._ask_first.discard(user_id)
        self._last_s = {key: use for key, use in self._last_s.items() if key[1] != user_id}
        self._nos = {key: at_s for key, at_s in self._nos.items() if user_id not in key}
        return await self._storage.forget_user(user_id)

    def known_guilds(self) -> set[int]:
        """The servers of which anything is kept."""
        return ({*self._guilds, *self._days} | {guild_id for guild_id, _ in self._blocks}) - {EVERYWHERE}

    def blocked_in(self, guild_id: int) -> list[int]:
        """Whom that server, or EVERYWHERE, has blocked."""
        return sorted(user_id for where, user_id in self._blocks if where == guild_id)

    async def drop_guild(self, guild_id: int) -> None:
        """Forget all about a server."""
        self._guilds.pop(guild_id, None)
        self._days.pop(guild_id, None)
        self._blocks = {entry for entry in self._blocks if entry[0] != guild_id}
        await self._storage.drop_guild(guild_id)

    async def load(self) -> None:
        """Read everything from the bot's memory. Settings that a newer version wrote are read as far as known."""
        known = {entry.name for entry in dataclasses.fields(GuildSettings)}
        for guild_id, text in (await self._storage.guilds()).items():
            values = {name: value for name, value in json.loads(text).items() if name in known}
            for name in LISTS:
                values[name] = tuple(values.get(name, ()))
            self._guilds[guild_id] = dataclasses.replace(self._default, **values)
        self._blocks = await self._storage.blocks()
        self._opt_outs = await self._storage.opt_outs()
        self._ask_first = await self._storage.ask_first()
        self._days = await self._storage.days()


def day_now() -> int:
    """The day, counted from 1970, in UTC."""
    return int(time.time() // DAY_S)


def _is_allowed(settings: GuildSettings, asker: Asker) -> bool:
    for place in filter(None, (asker.channel_id, asker.parent_id, asker.category_id)):
        if place in settings.forbidden:
            return False
        if place in settings.channels:
            return True
    return not settings.channels


async def load_policy(storage: Storage, config: BotConfig, preset: Preset) -> Policy:
    """The rules in the bot's memory. preset: what servers begin with."""
    policy = Policy(storage, config, preset)
    await policy.load()
    return policy
