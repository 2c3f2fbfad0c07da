"""The whole bot in this process: its service in the test's own event loop, beside a real broker and engine process.

What a test does with it is seen by debuggers and by what measures coverage, and no interpreter has to start for it.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
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


@asynccontextmanager
async def inside(folder: Path, **bot: Any) -> AsyncIterator[tuple[FakeDiscord, BotInstallation]]:
    """A fake Discord and a bot in this process that is connected to it. bot: keys of its table."""
    installation = BotInstallation(folder, {"drain_s": 1.0, **bot})
    async with FakeDiscord() as fake:
        with ExitStack() as places:
            here = {"RECEDE_STATE": str(installation.state), "PYTHONPATH": str(ROOT), **fake.environment()}
            places.enter_context(mock.patch.dict(os.environ, here))
            # What the bot's start changes in discord.py comes back.
            for owner, name in (
                (discord.http.Route, "BASE"),
                (discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY"),
                (discord.Asset, "BASE"),
                (discord.VoiceClient, "warn_nacl"),
                (discord.VoiceClient, "warn_dave"),
            ):
                places.enter_context(mock.patch.object(owner, name, getattr(owner, name)))
            service = Service(load_settings(installation.config_path), state_dir())
            running = asyncio.create_task(service.run())
            try:
                await fake.online()
                yield fake, installation
            finally:
                service.stop()
                await asyncio.wait([running], timeout=END_S)
                running.cancel()
                installation.end()
        if not running.cancelled() and (error := running.exception()) is not None:
            raise error
