"""What a server's managers may set, and how its lists are told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.protocol import Preset

EVERYWHERE = 0
SHOWN = 12  # in one message, which has room for 80


@dataclass(frozen=True)
class GuildSettings:
    """One server's settings.

    channels: where the bot may be used, empty for everywhere; forbidden: where not. A category stands for its channels,
    a channel for its threads, and what is said of the smaller place goes first. cooldown_s: a member's pause between
    two requests. jobs_per_user: how many of a member's may be under way. avatars: whether others' avatars may be used.
    own_only: only one's own picture or avatar. spoiler: hide every answer until it is clicked. draining: take nothing
    new. roles: who may use the bot, empty for everybody; forbidden_roles: who may not, whatever else they are.
    asker_buttons: the buttons below an answer are for whoever asked. per_day: pictures of the whole server from
    midnight to midnight UTC, 0 for as many as there is time for.
    """

    channels: tuple[int, ...] = ()
    forbidden: tuple[int, ...] = ()
    cooldown_s: float = 10.0
    jobs_per_user: int = 2
    preset: Preset = "fast"
    avatars: bool = True
    spoiler: bool = False
    draining: bool = False
    own_only: bool = False
    roles: tuple[int, ...] = ()
    forbidden_roles: tuple[int, ...] = ()
    asker_buttons: bool = False
    per_day: int = 0


# Settings that are lists, which JSON gives back as such.
LISTS = ("channels", "forbidden", "roles", "forbidden_roles")


def mentions(channels: tuple[int, ...]) -> str:
    """The channels to be clicked, as many as one reads; "" for none."""
    return _listed("<#{}>", channels)


def role_mentions(roles: tuple[int, ...]) -> str:
    """The roles, as many as one reads; "" for none."""
    return _listed("<@&{}>", roles)


def user_mentions(users: Sequence[int]) -> str:
    """The people, as many as one reads; "" for none."""
    return _listed("<@{}>", users)


def _listed(pattern: str, ids: Sequence[int]) -> str:
    more = len(ids) - SHOWN
    return " ".join(pattern.format(entry) for entry in ids[:SHOWN]) + (f" (+{more})" if more > 0 else "")
