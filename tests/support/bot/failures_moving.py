"""Rows of the table of failures in which an admin moves the bot or brings its memory back, as docs/discord.md says."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

from bot.messages import say
from bot.service import MEMORY
from bot.storage.backup import back_up
from tests.support.bot.failures import alone
from tests.support.bot.failures_alone import RESTART_S, one_answer
from tests.support.bot.harness import BotInstallation, online
from tests.support.bot.members import held, picture, queued, settled, working
from tests.support.bot.standin import photo


@alone("The bot is stopped and moved to another machine while a picture waits.", "The answer, from there.", slow=True)
async def moved_to_another_machine(folder: Path) -> None:
    async with online(folder, bot={"drain_s": 1.0}) as (discord, installation):
        image, gate = held(folder)
        await working(await discord.slash("bald", image))
        waiting = await discord.slash("bald", picture())
        await queued(waiting)
        installation.processes[0].send_signal(signal.SIGTERM)
        assert await installation.exit_code(installation.processes[0], RESTART_S) == 0
        broker = installation.broker_pid()  # it stays as long as there are pictures in it that nobody else would remove
        assert broker is not None
        os.kill(broker, signal.SIGTERM)
        await discord.until(lambda: installation.broker_pid() is None, RESTART_S, "the broker's end")
        gate.touch()
        (folder / "elsewhere").mkdir()
        elsewhere = BotInstallation(folder / "elsewhere")
        shutil.copytree(installation.state, elsewhere.state)
        shutil.rmtree(installation.state)
        try:
            elsewhere.start(discord)
            await discord.online(RESTART_S)
            await one_answer(waiting)
        finally:
            elsewhere.end()


@alone("The bot's memory is lost, and restored from a backup.", "Whoever opted out before stays out.", slow=True)
async def restored_from_a_backup(folder: Path) -> None:
    async with online(folder) as (discord, installation):
        shy = discord.world.add_member(discord.world.guild, discord.world.add_user("Shy", avatar=photo()))
        await (await discord.slash("recede privacy", {"choice": "out"}, user=shy)).answered()
        back_up(installation.state / MEMORY, folder / "copy")
        installation.processes[0].send_signal(signal.SIGTERM)
        assert await installation.exit_code(installation.processes[0], RESTART_S) == 0
        for path in installation.state.glob(f"{MEMORY}*"):
            path.unlink()
        shutil.copy(folder / "copy", installation.state / MEMORY)
        installation.start(discord)
        await discord.online(RESTART_S)
        refused = await settled(await discord.on_user("Bald this avatar", shy))
        assert refused.text == say("en", "opted_out", user=f"<@{shy.id}>")
