"""The smallest real discord.py client, to test the fake Discord with."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import ExitStack, asynccontextmanager
from typing import Any
from unittest import mock

import discord
import yarl
from discord import app_commands

from tests.support.fake_discord import FakeDiscord, Interaction

Callback = Callable[[discord.Interaction], Coroutine[Any, Any, None]]


class Tiny(discord.AutoShardedClient):
    """The smallest client with one command, one button and one of each menu."""

    def __init__(self, callback: Callback, intents: discord.Intents | None = None) -> None:
        super().__init__(intents=intents or discord.Intents(guilds=True), heartbeat_timeout=10.0)
        self.tree = app_commands.CommandTree(self)
        self.resumed = 0
        self.failure: BaseException | None = None

        @self.tree.command(name="bald", description="Go bald")
        async def bald(interaction: discord.Interaction, image: discord.Attachment) -> None:
            interaction.extras["image"] = image
            await callback(interaction)

        @self.tree.context_menu(name="Bald this")
        async def menu(interaction: discord.Interaction, message: discord.Message) -> None:
            await callback(interaction)

        @self.tree.command(name="admin", description="For admins")
        @app_commands.default_permissions(manage_guild=True)
        @app_commands.guild_only()
        async def admin(interaction: discord.Interaction, level: app_commands.Range[int, 1, 5]) -> None:
            await callback(interaction)

    async def setup_hook(self) -> None:
        await self.tree.sync()

    async def on_resumed(self) -> None:
        self.resumed += 1

    async def on_shard_resumed(self, _shard: int) -> None:
        self.resumed += 1

    async def on_error(self, _event: str, /, *args: Any, **kwargs: Any) -> None:
        return


@asynccontextmanager
async def running(
    fake: FakeDiscord, callback: Callback, intents: discord.Intents | None = None, token: str = ""
) -> AsyncIterator[Tiny]:
    """A tiny client that talks to `fake`."""
    places = ExitStack()
    places.enter_context(mock.patch.object(discord.http.Route, "BASE", fake.api_url))
    socket = discord.gateway.DiscordWebSocket
    places.enter_context(mock.patch.object(socket, "DEFAULT_GATEWAY", yarl.URL(fake.gateway_url)))
    places.enter_context(mock.patch.object(discord.Asset, "BASE", fake.cdn_url))
    client = Tiny(callback, intents)

    async def main() -> None:
        try:
            await client.start(token or fake.token)
        except BaseException as error:
            client.failure = error

    task = asyncio.create_task(main())
    try:
        yield client
    finally:
        await client.close()
        await asyncio.wait([task], timeout=5)
        places.close()


async def respond(interaction: discord.Interaction) -> None:
    await interaction.response.send_message("hello")


async def refused(interaction: Interaction, within_s: float = 10.0) -> list[int]:
    await interaction.until(lambda: interaction.refusals, within_s, "a refusal")
    return [refusal.body["code"] for refusal in interaction.refusals]
