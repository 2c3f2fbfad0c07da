"""From an interaction to an order: the checks that need no waiting, the acknowledgement, and then the desk."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import discord

from bot.client import Interaction, acknowledge, asker, is_age_restricted, reader, tell, tell_alone
from bot.errors import Refused
from bot.jobs.answers import LEAST_BYTES
from bot.order import Order, PhotoSource, Place
from bot.requests.consent import put_question
from engine.errors import RecedeError
from engine.protocol import AnimationFormat, AnimationOptions, BaldOptions, EditOptions

# Discord's limit is on the request, of which the file is not all.
UPLOAD_MARGIN_BYTES = 16 * 1024
# Of one member at the same time: an answer has no more other formats. Beyond, they are jobs as any other.
MOST_COPIES = 3


@dataclass(frozen=True)
class Wish:
    """What is to be made of which photo. pictured_id: whose picture it is, 0 if unknown; origin, drawn_by: as in an
    Order."""

    photo: PhotoSource
    options: BaldOptions | EditOptions
    format: AnimationFormat
    pictured_id: int = 0
    origin: str = ""
    drawn_by: str = ""


async def ask(interaction: Interaction, wish: Callable[[], Wish], private: bool = False) -> None:
    """Refuse at once, or acknowledge and carry out. `wish` waits for nothing; it may raise Refused or RecedeError."""
    try:
        check(interaction)
        wanted = wish()
        check_pictured(interaction, wanted.pictured_id)
        check_explicit(interaction, wanted.photo)
    except (Refused, RecedeError) as error:
        await tell(interaction, error)
        return
    if _must_ask(interaction, wanted.pictured_id):
        await _put_question(interaction, wanted, private)
    elif await _take(interaction, private):
        interaction.client.resources.desk.begin(_order(interaction, wanted, private))


async def ask_again(
    interaction: Interaction,
    wish: Callable[[], Awaitable[Wish]],
    pictured_id: int,
    private: bool,
    at_once: bool = False,
) -> None:
    """The same for a wish that has to be looked up, which happens after the acknowledgement. at_once: it is another
    file of an earlier answer of theirs: it needs no pause after the last one, nor does the next, and while an engine
    has the pictures, it needs no place in the queue either; where none has, the desk looks for one."""
    resources = interaction.client.resources
    copies = at_once and resources.desk.under_way.copies(interaction.user.id) < MOST_COPIES
    try:
        if copies and not _must_ask(interaction, pictured_id):
            resources.policy.check_place(asker(interaction))
        else:
            check(interaction, at_once)
        check_pictured(interaction, pictured_id)
        if _must_ask(interaction, pictured_id):  # the question is the acknowledgement, and our own memory is quick
            wanted = await wish()
            check_explicit(interaction, wanted.photo)
            await _put_question(interaction, wanted, private)
            return
    except (Refused, RecedeError) as error:
        await tell(interaction, error)
        return
    if not await _take(interaction, private, pause=not at_once, place=not copies):
        return
    try:
        wanted = await wish()
        check_explicit(interaction, wanted.photo)
    except (Refused, RecedeError) as error:
        _give_back(interaction)
        await (tell if private else tell_alone)(interaction, error)
    except BaseException:
        _give_back(interaction)
        raise
    else:
        wanted = wanted if copies else replace(wanted, drawn_by="")
        resources.desk.begin(_order(interaction, wanted, private))


def check(interaction: Interaction, at_once: bool = False) -> None:
    """Raises Refused where this user may not ask here and now. at_once: without a pause after their last request."""
    resources, who = interaction.client.resources, asker(interaction)
    resources.policy.check_place(who)
    resources.policy.check_pace(who, resources.desk.under_way.count(who.user_id), at_once)
    resources.policy.check_day(who.guild_id, resources.desk.under_way.count_in(who.guild_id))
    resources.desk.check_room(who.user_id, who.guild_id)


def check_pictured(interaction: Interaction, pictured_id: int) -> None:
    """Raises Refused where the person pictured does not want it."""
    interaction.client.resources.policy.check_pictured(asker(interaction), pictured_id)


def check_explicit(interaction: Interaction, photo: PhotoSource) -> None:
    """Raises Refused where Discord takes the picture for explicit, outside channels that are for adults."""
    if photo.explicit and not is_age_restricted(interaction):
        raise Refused("explicit")


def avatar_of(interaction: Interaction, user: discord.User | discord.Member) -> PhotoSource:
    """The picture that `user` shows here. Raises Refused where it may not be used, or is not their own."""
    interaction.client.resources.policy.check_avatars(asker(interaction), user.id)
    asset = user.display_avatar
    if asset == user.default_avatar:
        raise Refused("no_own_avatar", user=f"<@{user.id}>")
    return PhotoSource(asset.with_size(1024).with_format("png").url, "avatar")


async def _take(interaction: Interaction, private: bool, *, pause: bool = True, place: bool = True) -> bool:
    """Begin the pause, hold a place for the order, and acknowledge; False where somebody else answers."""
    resources, who = interaction.client.resources, asker(interaction)
    if place:
        resources.desk.under_way.reserve(str(interaction.id), who.user_id, who.guild_id)
    if pause:
        resources.policy.note_use(who, str(interaction.id))
    if await acknowledge(interaction, private):
        return True
    _give_back(interaction)
    return False


def _give_back(interaction: Interaction) -> None:
    """Undo `_take`: the order did not come to be."""
    interaction.client.resources.desk.under_way.release(str(interaction.id))
    policy = interaction.client.resources.policy
    policy.forget_use(interaction.guild_id or 0, interaction.user.id, str(interaction.id))


def _must_ask(interaction: Interaction, pictured_id: int) -> bool:
    return interaction.client.resources.policy.must_ask(interaction.user.id, pictured_id)


async def _put_question(interaction: Interaction, wanted: Wish, private: bool) -> None:
    """Ask whoever is pictured; the order begins when they say yes."""
    interaction.client.resources.policy.note_use(asker(interaction), str(interaction.id))
    try:
        if not await put_question(interaction, _order(interaction, wanted, private)):
            _give_back(interaction)
    except Refused as error:
        _give_back(interaction)
        await tell(interaction, error)


def _order(interaction: Interaction, wish: Wish, private: bool) -> Order:
    resources = interaction.client.resources
    guild_id = interaction.guild_id or 0
    settings = resources.policy.of(guild_id)
    born_s = time.time()  # by this machine's clock, which is the one that it is compared with
    room = max(LEAST_BYTES, interaction.filesize_limit - UPLOAD_MARGIN_BYTES)
    place = Place(
        application_id=interaction.application_id,
        token=interaction.token,
        born_s=born_s,
        channel_id=interaction.channel_id or 0,
        guild_id=guild_id,
        bot_present=guild_id != 0 and interaction.is_guild_integration(),
        private=private,
        spoiler=settings.spoiler or wish.photo.spoiler or wish.photo.explicit,
    )
    return Order(
        order_id=str(interaction.id),
        user_id=interaction.user.id,
        pictured_id=wish.pictured_id,
        language=reader(interaction),
        photo=wish.photo,
        options=wish.options,
        animation=AnimationOptions(
            format=wish.format,
            max_bytes=min(room, resources.settings.bot.max_animation_bytes),
            before=True,
            language="en" if reader(interaction) == "en" else "zh",
        ),
        place=place,
        expires_at_s=born_s + resources.settings.shared.queue.deadline_s,
        origin=wish.origin,
        drawn_by=wish.drawn_by,
    )
