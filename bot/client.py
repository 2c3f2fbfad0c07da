"""The connection to Discord: a sharded client without privileged intents, and what commands and buttons find on it."""

from __future__ import annotations

import logging
import time
from typing import Any

import discord
import yarl
from discord import app_commands

from bot.config import Endpoints
from bot.delivery.buttons import cancel_view, removal_view
from bot.delivery.delivery import ALREADY_ACKNOWLEDGED, NO_MENTIONS, UNKNOWN_INTERACTION, Network
from bot.errors import Refused
from bot.messages import chinese, language_of, say, say_error
from bot.messages.traditional import traditional
from bot.order import Language
from bot.policy.policy import Asker
from bot.resources import Resources
from engine.errors import RecedeError

log = logging.getLogger("recede.bot")

# discord.py asks again after a second when Discord answers an acknowledgement with a server error.
ASKED_AGAIN_S = 0.9
# What the invite asks for: to see a channel, to write in it (also in threads), with files.
PERMISSIONS = discord.Permissions(
    view_channel=True, send_messages=True, send_messages_in_threads=True, attach_files=True
)


class RecedeClient(discord.AutoShardedClient):
    """One connection; `resources` outlive it."""

    def __init__(self, resources: Resources) -> None:
        intents = discord.Intents.none()
        intents.guilds = True
        super().__init__(
            intents=intents,
            allowed_mentions=NO_MENTIONS,
            chunk_guilds_at_startup=False,
            member_cache_flags=discord.MemberCacheFlags.none(),
            max_messages=None,
            guild_ready_timeout=0.0,  # nothing here waits for the list of servers
        )
        self.resources = resources
        self.tree = Tree(self)

    async def owners(self) -> set[int]:
        """The users who own this bot at Discord: the application's owner, or its team."""
        application = await self.application_info()
        if application.team is not None:
            return {member.id for member in application.team.members}
        return {application.owner.id}

    async def on_ready(self) -> None:
        """Say that everything is up."""
        log.info("ready in %d servers, %d shards", len(self.guilds), len(self.shards), extra={"event": "ready"})
        policy = self.resources.policy
        for guild_id in policy.known_guilds() - {guild.id for guild in self.guilds}:
            try:
                await self.http.get_guild(guild_id)
            except (discord.NotFound, discord.Forbidden):  # it was left while the bot was away
                await policy.drop_guild(guild_id)
            except (discord.HTTPException, *Network) as error:
                log.info("a server could not be looked up: %s", error, extra={"event": "guild_unknown"})

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Forget a server that the bot has left."""
        await self.resources.policy.drop_guild(guild.id)
        log.info("a server was left, and what was kept for it is gone", extra={"event": "guild_left"})

    async def on_interaction(self, interaction: Interaction) -> None:
        """Tell whoever fills in a form of an earlier run that it has to be opened again; others are met elsewhere."""
        if interaction.type is discord.InteractionType.modal_submit and self.resources.first_time(interaction.id):
            await tell(interaction, Refused("form_forgotten"))

    async def on_error(self, event_method: str, /, *args: Any, **kwargs: Any) -> None:
        """A mistake of ours in an event costs that event alone."""
        log.exception("the event %s failed", event_method, extra={"event": "event_failed"})


class Tree(app_commands.CommandTree[RecedeClient]):
    """The commands: installable to servers and users, usable in servers, direct messages and group conversations."""

    def __init__(self, client: RecedeClient) -> None:
        super().__init__(
            client,
            allowed_installs=app_commands.AppInstallationType(guild=True, user=True),
            allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=True),
        )

    async def interaction_check(self, interaction: Interaction, /) -> bool:
        """Answer each interaction once."""
        if interaction.type is discord.InteractionType.autocomplete:
            return True
        return self.client.resources.first_time(interaction.id)

    async def on_error(self, interaction: Interaction, error: app_commands.AppCommandError, /) -> None:
        """Tell the member something, whatever went wrong."""
        old = (app_commands.CommandNotFound, app_commands.CommandSignatureMismatch)
        if isinstance(error, old):
            await tell(interaction, Refused("command_old"))
            return
        cause = error.original if isinstance(error, app_commands.CommandInvokeError) else error
        if isinstance(cause, RecedeError | Refused):
            await tell(interaction, cause)
            return
        if isinstance(cause, discord.HTTPException) and cause.code in (UNKNOWN_INTERACTION, ALREADY_ACKNOWLEDGED):
            log.warning("an interaction is left alone: %s", cause, extra={"event": "not_acknowledged"})
            return
        log.error("a command failed", exc_info=cause, extra={"event": "command_failed"})
        await tell(interaction, Refused("unexpected"))


Interaction = discord.Interaction[RecedeClient]


class ChineseNames(app_commands.Translator):
    """Chinese names, descriptions and choices of the commands."""

    async def translate(
        self, string: app_commands.locale_str, locale: discord.Locale, context: app_commands.TranslationContextTypes
    ) -> str | None:
        """The Chinese text for readers of Chinese; everybody else gets the English one."""
        text = chinese.COMMANDS.get(string.message)
        if text is not None and locale is discord.Locale.taiwan_chinese:
            return traditional(text)
        return text if locale is discord.Locale.chinese else None


def redirect(endpoints: Endpoints) -> None:
    """Have discord.py talk to other addresses than Discord's, where any are given."""
    if endpoints.api:
        discord.http.Route.BASE = endpoints.api
    if endpoints.gateway:
        discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(endpoints.gateway)
    if endpoints.cdn:
        discord.Asset.BASE = endpoints.cdn


def reader(interaction: Interaction) -> Language:
    """The language of whoever looks at the answer."""
    return language_of(str(interaction.locale))


def asker(interaction: Interaction) -> Asker:
    """Who asks, from where."""
    parent_id = getattr(interaction.channel, "parent_id", None) or 0
    guild_id = interaction.guild_id or 0
    member = interaction.user
    roles = tuple(role.id for role in member.roles) if isinstance(member, discord.Member) else ()
    return Asker(member.id, guild_id, interaction.channel_id or 0, parent_id, _category_id(interaction), roles)


def is_age_restricted(interaction: Interaction) -> bool:
    """Whether Discord lets only adults into the channel."""
    channel = interaction.channel
    if isinstance(channel, discord.Thread):
        channel = channel.parent
    return bool(getattr(channel, "nsfw", False))


def _category_id(interaction: Interaction) -> int:
    """The category of the channel, or of the channel of the thread, as far as Discord has told; else 0."""
    channel = interaction.channel
    if isinstance(channel, discord.Thread):
        channel = channel.parent
    return getattr(channel, "category_id", None) or 0


async def acknowledge(interaction: Interaction, private: bool) -> bool:
    """Tell Discord that an answer is coming. False where it must come from somebody else, or would come too late."""
    begun_s = time.monotonic()
    for attempt in range(2):
        try:
            await interaction.response.defer(ephemeral=private, thinking=True)
        except discord.HTTPException as error:
            # Where discord.py had to ask again, it may have been our own first try that Discord has taken.
            if error.code == ALREADY_ACKNOWLEDGED and time.monotonic() - begun_s > ASKED_AGAIN_S:
                break
            what = "somebody else answers" if error.code == ALREADY_ACKNOWLEDGED else f"Discord says {error.status}"
            log.warning(
                "an interaction is left alone: %s (error code: %s)",
                what,
                error.code,
                extra={"event": "not_acknowledged"},
            )
            return False
        except Network as error:
            if attempt:
                log.warning("an interaction is lost: %s", type(error).__name__, extra={"event": "not_acknowledged"})
                return False
            continue
        break
    interaction.client.resources.desk.metrics.acks_s.observe(time.monotonic() - begun_s)
    return True


async def tell(
    interaction: Interaction, what: RecedeError | Refused | str, view: discord.ui.View | None = None
) -> bool:
    """Say something to the asker alone; False where that failed."""
    text = _in_words(interaction, what)
    options: dict[str, Any] = {} if view is None else {"view": view}
    try:
        if interaction.response.is_done():
            await interaction.followup.send(text, ephemeral=True, **options)
        else:
            await interaction.response.send_message(text, ephemeral=True, **options)
    except (discord.HTTPException, *Network) as error:
        log.warning("a sentence could not be told: %s", error, extra={"event": "tell_failed"})
        return False
    return True


async def tell_alone(interaction: Interaction, what: RecedeError | Refused) -> None:
    """Say to the asker alone why nothing comes of what everybody has seen begin, and take that away; where Discord
    does not let us, it is said in public, with a button to remove it."""
    try:
        # As long as it loads, it would take in what comes next.
        view = cancel_view(reader(interaction), str(interaction.id), interaction.user.id)
        await interaction.edit_original_response(content=say_here(interaction, "accepted"), view=view)
        if await tell(interaction, what):
            await interaction.delete_original_response()
            return
        view = removal_view(reader(interaction), str(interaction.id), interaction.user.id)
        await interaction.edit_original_response(content=_in_words(interaction, what), view=view)
    except (discord.HTTPException, *Network) as error:
        log.warning("a sentence could not be told: %s", error, extra={"event": "tell_failed"})


def _in_words(interaction: Interaction, what: RecedeError | Refused | str) -> str:
    text = what if isinstance(what, str) else say_error(reader(interaction), what)
    return interaction.client.resources.markup.dress(text)


def say_here(interaction: Interaction, key: str, **details: object) -> str:
    """The sentence `key` in the reader's language."""
    return say(reader(interaction), key, **details)


async def settle(interaction: Interaction) -> bool:
    """Acknowledge a click without any visible answer; False where that failed."""
    try:
        await interaction.response.defer()
    except (TimeoutError, discord.HTTPException, *Network) as error:
        log.warning("a click is left alone: %s", error, extra={"event": "not_acknowledged"})
        return False
    return True
