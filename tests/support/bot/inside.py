"""The whole bot in this process: its service in the test's own event loop, beside a real broker and engine process.

What a test does with it is seen by debuggers and by what measures coverage, and no interpreter has to start for it.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import discord

from bot.config import load_settings
from bot.service import Service
from engine.queue import state_dir
from tests.support.bot.harness import ROOT, BotInstallation
from tests.support.fake_discord import FakeDiscord

END_S = 30.0
# What the bot's start changes in discord.py.
CHANGED = (
    (discord.http.Route, "BASE"),
    (discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY"),
    (discord.Asset, "BASE"),
    (discord.VoiceClient, "warn_nacl"),
    (discord.VoiceClient, "warn_dave"),
)


@contextmanager
def installed(folder: Path, fake: FakeDiscord, **bot: Any) -> Iterator[tuple[Service, BotInstallation]]:
    """A service that has not begun; whatever it starts has ended afterwards. bot: keys of its table."""
    installation = BotInstallation(folder, {"drain_s": 1.0, **bot})
    here = {"RECEDE_STATE": str(installation.state), "PYTHONPATH": str(ROOT)}
    with ExitStack() as places:
        places.enter_context(mock.patch.dict(os.environ, {**fake.environment(), **here}))
        for owner, name in CHANGED:
            places.enter_context(mock.patch.object(owner, name, getattr(owner, name)))
        try:
            yield Service(load_settings(installation.config_path), state_dir()), installation
        finally:
            installation.end()


@asynccontextmanager
async def inside(folder: Path, **bot: Any) -> AsyncIterator[tuple[FakeDiscord, BotInstallation]]:
    """A fake Discord and a bot in this process that is connected to it. bot: keys of its table."""
    async with FakeDiscord() as fake:
        with installed(folder, fake, **bot) as (service, installation):
            running = asyncio.create_task(service.run())
            try:
                await fake.online()
                yield fake, installation
            finally:
                service.stop()
                await asyncio.wait([running], timeout=END_S)
                running.cancel()
        if running.done() and not running.cancelled() and (error := running.exception()) is not None:
            raise error
