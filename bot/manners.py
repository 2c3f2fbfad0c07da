"""Who may ask for what, where, and how often: settings of servers, blocks, and people who opted out.

Everything is held in memory and written through, so that a question is answered before anything is awaited.
"""

from __future__ import annotations

import dataclasses
import json
import time
from dataclasses import dataclass

from bot.config import BotConfig
from bot.errors import Refused
from bot.storage import Storage
from engine.protocol import Preset

EVERYWHERE = 0
SHOWN_CHANNELS = 12  # in one message, which has room for 80


@dataclass(frozen=True)
class GuildSettings:
    """One server's settings.

    channels: where the bot may be used, empty for everywhere; forbidden: where not. A category stands for its channels,
    a channel for its threads, and what is said of the smaller place goes first. cooldown_s: a member's pause between
    two requests. jobs_per_user: how many of a member's may be under way. avatars: whether others' avatars may be used.
    spoiler: hide every answer until it is clicked. draining: take nothing new.
    """

    channels: tuple[int, ...] = ()
    forbidden: tuple[int, ...] = ()
    cooldown_s: float = 10.0
    jobs_per_user: int = 2
    preset: Preset = "fast"
    avatars: bool = True
    spoiler: bool = False
    draining: bool = False


@dataclass(frozen=True)
class Asker:
    """Who asks, from where. guild_id: 0 in direct messages; parent_id: the channel of a thread, category_id: of that
    channel, else 0."""

    user_id: int
    guild_id: int
    channel_id: int
    parent_id: int = 0
    category_id: int = 0


class Manners:
    """The rules as they are now; made by `load_manners`."""

    def __init__(self, storage: Storage, config: BotConfig, preset: Preset) -> None:
        self._storage = storage
        self._default = GuildSettings(cooldown_s=config.cooldown_s, jobs_per_user=config.jobs_per_user, preset=preset)
        self._guilds: dict[int, GuildSettings] = {}
        self._blocks: set[tuple[int, int]] = set()
        self._opt_outs: set[int] = set()
        self._last_s: dict[tuple[int, int], float] = {}
        self.draining = False

    def of(self, guild_id: int) -> GuildSettings:
        """A server's settings; those of direct messages are the defaults."""
        return self._guilds.get(guild_id, self._default)

    def opted_out(self, user_id: int) -> bool:
        """Whether that user does not want their picture used."""
        return user_id in self._opt_outs

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

    def check_pace(self, asker: Asker, under_way: int, at_once: bool = False) -> None:
        """Raises Refused where this user has enough under way, or asks again too soon. under_way: their jobs;
        at_once: it is one of those that need no pause."""
        settings = self.of(asker.guild_id)
        if under_way >= settings.jobs_per_user:
            raise Refused("enough_under_way", limit=settings.jobs_per_user)
        since_s = time.monotonic() - self._last_s.get((asker.guild_id, asker.user_id), -1e9)
        if since_s < settings.cooldown_s and not at_once:
            raise Refused("cooldown", seconds=max(1, round(settings.cooldown_s - since_s)))

    def check_pictured(self, asker: Asker, pictured_id: int) -> None:
        """Raises Refused where that member opted out; their own picture is theirs to use."""
        if refused := self.objection(asker.user_id, pictured_id):
            raise refused

    def objection(self, asker_id: int, pictured_id: int) -> Refused | None:
        """Why that asker may not use this member's picture, None where they may."""
        if pictured_id and pictured_id != asker_id and pictured_id in self._opt_outs:
            return Refused("opted_out", user=f"<@{pictured_id}>")
        return None

    def check_avatars(self, asker: Asker, pictured_id: int) -> None:
        """Raises Refused where others' avatars may not be used; everybody may use their own."""
        if pictured_id != asker.user_id and not self.of(asker.guild_id).avatars:
            raise Refused("no_avatars_here")

    def note_use(self, asker: Asker) -> None:
        """The cooldown begins now."""
        if len(self._last_s) > 10_000:
            longest_s = max([self._default.cooldown_s, *(entry.cooldown_s for entry in self._guilds.values())])
            oldest_s = time.monotonic() - longest_s
            self._last_s = {key: at_s for key, at_s in self._last_s.items() if at_s > oldest_s}
        self._last_s[asker.guild_id, asker.user_id] = time.monotonic()

    def forget_use(self, guild_id: int, user_id: int) -> None:
        """Nothing came of it, so it is not held against them."""
        self._last_s.pop((guild_id, user_id), None)

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

    async def opt_out(self, user_id: int, out: bool) -> None:
        """Note or strike a user's wish that their picture is not used."""
        (self._opt_outs.add if out else self._opt_outs.discard)(user_id)
        await self._storage.put_opt_out(user_id, out)

    async def load(self) -> None:
        """Read everything from the bot's memory. Settings that a newer version wrote are read as far as known."""
        known = {entry.name for entry in dataclasses.fields(GuildSettings)}
        for guild_id, text in (await self._storage.guilds()).items():
            values = {name: value for name, value in json.loads(text).items() if name in known}
            for name in ("channels", "forbidden"):
                values[name] = tuple(values.get(name, ()))
            self._guilds[guild_id] = dataclasses.replace(self._default, **values)
        self._blocks = await self._storage.blocks()
        self._opt_outs = await self._storage.opt_outs()


def mentions(channels: tuple[int, ...]) -> str:
    """The channels to be clicked, as many as one reads; "" for none."""
    more = len(channels) - SHOWN_CHANNELS
    return " ".join(f"<#{channel}>" for channel in channels[:SHOWN_CHANNELS]) + (f" (+{more})" if more > 0 else "")


def _is_allowed(settings: GuildSettings, asker: Asker) -> bool:
    for place in filter(None, (asker.channel_id, asker.parent_id, asker.category_id)):
        if place in settings.forbidden:
            return False
        if place in settings.channels:
            return True
    return not settings.channels


async def load_manners(storage: Storage, config: BotConfig, preset: Preset) -> Manners:
    """The rules in the bot's memory. preset: what servers begin with."""
    manners = Manners(storage, config, preset)
    await manners.load()
    return manners
