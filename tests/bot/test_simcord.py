"""The main flow once more under SimCord, a simulation of Discord made by others, which knows nothing of the fake here.

The bot's client runs in this process on SimCord's REST and gateway; queue, broker and engine process are real.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import discord
import pytest
from PIL import Image, ImageSequence

from bot.client import ChineseNames, RecedeClient
from bot.commands import add_commands
from bot.components.views import add_components
from bot.config import BotConfig, Settings
from bot.delivery.delivery import Delivery
from bot.jobs.active import Delivered
from bot.jobs.desk import Desk
from bot.jobs.intake import Photos
from bot.messages import say
from bot.policy.policy import load_policy
from bot.resources import Resources
from bot.runtime.metrics import BotMetrics
from bot.storage.storage import open_storage
from engine.queue import open_queue
from tests.support.bot.loops import in_loop
from tests.support.bot.standin import photo
from tests.support.faults.harness import Installation, until_ready

pytestmark = pytest.mark.slow

simcord = pytest.importorskip("simcord", reason="the second harness is in the extra 'dev'")

PATIENCE_S = 60.0


class SimCordPhotos(Photos):
    """SimCord's CDN has no address that could be fetched: it is asked directly."""

    env: Any

    async def _download(self, url: str) -> bytes:
        data: bytes | None = self.env.backend.cdn.get(url)
        assert data is not None, url
        return data


@asynccontextmanager
async def simulated(folder: Path) -> AsyncIterator[tuple[Any, RecedeClient]]:
    """The bot's client inside SimCord, with a queue and an engine."""
    installation = Installation(folder)
    config = BotConfig(token="simulated", cooldown_s=0.0)
    storage = await open_storage(folder / "bot.sqlite3")
    shared = installation.config
    delivery, metrics = Delivery(), BotMetrics()
    photos = SimCordPhotos(config.max_photo_bytes, config.download_s)
    desk = Desk(config, shared.queue, storage, photos, delivery, metrics)
    policy = await load_policy(storage, config, "fast")
    client = RecedeClient(Resources(Settings(config, shared), storage, policy, desk, delivery))
    client.shard_count = 1
    queue = None
    try:
        installation.start("tests.support.bot.engine_process", "--config", str(installation.config_path), "--json")
        async with simcord.run(client, settle_timeout=PATIENCE_S) as env:
            photos.env, delivery.client = env, client
            await client.tree.set_translator(ChineseNames())
            add_commands(client)
            add_components(client)
            await client.tree.sync()
            queue = await open_queue(shared.queue, "simulated", installation.state, Delivered(set()))
            await until_ready(queue)
            await desk.open(queue)
            yield env, client
            await desk.close()
    finally:
        if queue is not None:
            await queue.close()
        await photos.close()
        await storage.close()
        installation.end()


async def answer(result: Any) -> discord.Message:
    """The message of a finished picture."""
    for _ in range(int(PATIENCE_S / 0.05)):
        response = result.response
        if response is not None and any(file.filename.endswith(".gif") for file in response.attachments):
            message: discord.Message = response.message
            return message
        await asyncio.sleep(0.05)
    raise AssertionError(f"no animation came, but {result.response!r}")


@pytest.fixture(autouse=True)
def decoded_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    """SimCord compares paths as they are written; a server reads %40original and @original as one (RFC 3986)."""
    written = simcord.http.client._path_of
    monkeypatch.setattr(simcord.http.client, "_path_of", lambda url: unquote(written(url)))


@in_loop
async def test_simcord_agrees_on_the_way_from_command_to_animation_and_on_its_buttons(tmp_path: Path) -> None:
    async with simulated(tmp_path) as (env, _):
        guild = env.create_guild()
        channel = guild.create_text_channel("general")
        mia = guild.add_member(env.create_user("mia"))
        result = await mia.slash(channel, "bald", image=("me.png", photo()))
        assert result.acknowledged
        message = await answer(result)
        assert say("en", "bald_done", stage=7) in message.content
        data = env.backend.cdn.get(message.attachments[0].url)
        with Image.open(io.BytesIO(data)) as image:
            assert image.format == "GIF"
            assert sum(1 for _ in ImageSequence.Iterator(image)) == 3
        weaker = await answer(await mia.click(message, label="Weaker"))
        assert say("en", "bald_done", stage=5) in weaker.content
        refused = await mia.slash(channel, "bald", image=("notes.txt", b"hello"))
        assert refused.ephemeral
        assert "can't open" in refused.response.content
