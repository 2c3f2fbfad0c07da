"""Answers on their way to Discord: by the interaction's token, else into the channel, else as a direct message."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, cast

import aiohttp
import discord

from bot.delivery.buttons import cancel_view
from bot.delivery.markup import Markup
from bot.delivery.post import Attached, Post
from bot.errors import TooLarge, Undelivered, Withdrawn
from bot.messages import say
from bot.order import Order

log = logging.getLogger("recede.bot")

# Discord's own numbers for what went wrong.
UNKNOWN_CHANNEL, UNKNOWN_MESSAGE, UNKNOWN_WEBHOOK, UNKNOWN_INTERACTION = 10003, 10008, 10015, 10062
TOO_LARGE, INVALID_WEBHOOK_TOKEN, ALREADY_ACKNOWLEDGED = 40005, 50027, 40060
TOKEN_DEAD = frozenset({UNKNOWN_WEBHOOK, INVALID_WEBHOOK_TOKEN, UNKNOWN_INTERACTION})
# Discord has been asked five times already when a server error gets here.
PAUSES_S = (1.0, 4.0, 15.0)
# The interaction's first answer goes by this name instead of an id.
ORIGINAL = cast("int", "@original")
NO_MENTIONS = discord.AllowedMentions.none()

Network = (aiohttp.ClientError, TimeoutError, OSError)


class _NextWay(Exception):
    """This way to the reader is closed."""


class Delivery:
    """Sends and edits messages for orders. `client` is the connection to Discord, which may be replaced; `markup`
    dresses what is sent; pauses_s: between tries where Discord has trouble."""

    def __init__(self, pauses_s: Sequence[float] = PAUSES_S) -> None:
        self._pauses_s = pauses_s
        self.client: discord.Client | None = None
        self.markup = Markup()

    async def edit(
        self, order: Order, text: str, attached: Attached | None = None, view: discord.ui.View | None = None
    ) -> None:
        """Edit the answer in place, once; without `attached`, files stay as they are. Raises Withdrawn when it has
        been deleted, discord.HTTPException and network errors."""
        files: dict[str, Any] = {"attachments": [attached.file()]} if attached is not None else {}
        try:
            await self._webhook(order).edit_message(
                ORIGINAL,
                content=self.markup.dress(text),
                view=view,
                allowed_mentions=NO_MENTIONS,
                **files,
            )
        except discord.NotFound as error:
            if error.code == UNKNOWN_MESSAGE:
                raise Withdrawn from error
            raise

    async def deliver(self, order: Order, post: Post) -> str:
        """Post the answer where its reader finds it; returns which way it went: "alone" to the asker, "answer",
        "channel", "direct", or "nowhere" when every way is closed. Raises TooLarge, Withdrawn, Undelivered."""
        ways: list[tuple[str, Callable[[Order, Post], Awaitable[None]]]] = []
        if order.place.token_alive and post.failed is not None and not order.place.private:
            ways.append(("alone", self._to_asker_alone))
        if order.place.token_alive:
            ways.append(("answer", self._by_token))
        if order.place.bot_present and not order.place.private:
            ways.append(("channel", self._into_channel))
        ways.append(("direct", self._as_direct_message))
        for name, way in ways:
            try:
                await self._insist(way, order, post)
                log.info("answered", extra={"event": "delivered", "job": order.job_id, "outcome": name})
                return name
            except _NextWay as closed:
                log.info(
                    "a way to the reader is closed: %s", closed, extra={"event": "way_closed", "job": order.job_id}
                )
        log.warning(
            "an answer could be posted nowhere and was dropped", extra={"event": "undeliverable", "job": order.job_id}
        )
        return "nowhere"

    async def refresh(self, url: str) -> str | None:
        """The address of an attachment with a new signature, None where Discord makes none."""
        route = discord.http.Route("POST", "/attachments/refresh-urls")
        try:
            answer = await self._client().http.request(route, json={"attachment_urls": [url]})
            refreshed = answer["refreshed_urls"][0]["refreshed"]
        except (discord.HTTPException, *Network, KeyError, IndexError, TypeError):
            return None
        return refreshed if isinstance(refreshed, str) else None

    def _client(self) -> discord.Client:
        if self.client is None or self.client.is_closed():
            raise Undelivered("there is no connection to Discord")
        return self.client

    def _webhook(self, order: Order) -> discord.Webhook:
        return discord.Webhook.partial(order.place.application_id, order.place.token, client=self._client())

    async def _insist(self, way: Callable[[Order, Post], Awaitable[None]], order: Order, post: Post) -> None:
        """Go one way, again where the trouble passes."""
        for pause_s in (*self._pauses_s, None):
            try:
                await way(order, post)
                return
            except discord.HTTPException as error:
                if error.code == TOO_LARGE or error.status == 413:
                    raise TooLarge from error
                if error.status < 500 and error.status != 429:
                    raise _NextWay(f"{error.status} (error code: {error.code})") from error
                why = f"Discord answers {error.status}"
            except Network as error:
                why = type(error).__name__
            if pause_s is None:
                raise Undelivered(why)
            await asyncio.sleep(pause_s)

    async def _to_asker_alone(self, order: Order, post: Post) -> None:
        """Take what stands in public away, and say it to the asker alone."""
        webhook = self._webhook(order)
        # What `partial` makes takes itself for a channel's own webhook, which may not speak to one member.
        webhook.type = discord.WebhookType.application
        try:
            public = await webhook.fetch_message(ORIGINAL)
        except discord.NotFound as error:
            if error.code == UNKNOWN_MESSAGE:
                raise Withdrawn from error
            raise
        if public.flags.loading:  # then it would take in what comes next
            view = cancel_view(order.language, order.order_id, order.user_id, order.pictured_id)
            await self.edit(order, say(order.language, "accepted"), view=view)
        await webhook.send(self.markup.dress(post.text), ephemeral=True, allowed_mentions=NO_MENTIONS)
        try:
            await webhook.delete_message(ORIGINAL)
        except (discord.HTTPException, *Network) as error:
            if not (isinstance(error, discord.NotFound) and error.code == UNKNOWN_MESSAGE):
                raise _NextWay(f"it stays in public ({type(error).__name__})") from error

    async def _by_token(self, order: Order, post: Post) -> None:
        files = [post.attached.file()] if post.attached is not None else []
        try:
            await self._webhook(order).edit_message(
                ORIGINAL,
                content=self.markup.dress(post.text),
                attachments=files,
                view=post.view(),
                allowed_mentions=NO_MENTIONS,
            )
        except discord.NotFound as error:
            if error.code == UNKNOWN_MESSAGE:
                raise Withdrawn from error
            raise

    async def _into_channel(self, order: Order, post: Post) -> None:
        channel = self._client().get_partial_messageable(order.place.channel_id, guild_id=order.place.guild_id)
        await self._send(channel, order, post)

    async def _as_direct_message(self, order: Order, post: Post) -> None:
        await self._send(await self._client().create_dm(discord.Object(order.user_id)), order, post)

    async def _send(self, where: discord.abc.Messageable, order: Order, post: Post) -> None:
        greeting = say(order.language, "for_user", user=f"<@{order.user_id}>")
        options: dict[str, Any] = {"allowed_mentions": NO_MENTIONS}
        if post.attached is not None:
            options["file"] = post.attached.file()
        view = post.view()
        if view is not None:
            options["view"] = view
        # Discord drops a second message with the same nonce, should the bot be killed before it has noted the first.
        await where.send(f"{greeting}\n{self.markup.dress(post.text)}", nonce=order.job_id[:25], **options)
