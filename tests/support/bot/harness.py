"""A bot as an admin would run it: its own process, the real broker, an engine, a state folder, and a fake Discord."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import psutil

from engine.broker.private import PrivateBroker
from tests.support.fake_discord import FakeDiscord
from tests.support.fake_discord.interactions import came_true

ROOT = Path(__file__).resolve().parents[3]
STANDIN = "tests.support.bot.engine_process"
# So that tests wait for nothing that is not their point.
QUICK = {"cooldown_s": 0.0, "jobs_per_user": 50, "drain_s": 20.0}


class BotInstallation:
    """A configuration and a state folder, and the bot's processes on them. bot, queue, engine: keys of the tables."""

    def __init__(
        self,
        folder: Path,
        bot: dict[str, Any] | None = None,
        queue: dict[str, Any] | None = None,
        engine: dict[str, Any] | None = None,
    ) -> None:
        self.folder = folder
        self.state = folder / "state"
        self.log_path = folder / "bot.log"
        self.out_path = folder / "bot.out"
        self.config_path = folder / "config.toml"
        self.processes: list[subprocess.Popen[bytes]] = []
        self.write_config({"engine_module": STANDIN, **QUICK, **(bot or {})}, queue or {}, engine or {})

    def write_config(self, bot: dict[str, Any], queue: dict[str, Any], engine: dict[str, Any]) -> None:
        """Write config.toml."""
        tables = {"bot": bot, "queue": queue, "engine": engine}
        lines = []
        for name, entries in tables.items():
            lines += [f"[{name}]", *(f"{key} = {json.dumps(value)}" for key, value in entries.items())]
        self.config_path.write_text("\n".join(lines) + "\n")

    def start(self, discord: FakeDiscord | None, **environment: str) -> subprocess.Popen[bytes]:
        """Start `python -m bot`; its log goes to `log_path`."""
        places = discord.environment() if discord is not None else {}
        variables = {**os.environ, "RECEDE_STATE": str(self.state), "PYTHONPATH": str(ROOT), **places, **environment}
        with self.log_path.open("ab") as log, self.out_path.open("ab") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "bot", "--json", "--config", str(self.config_path)],
                cwd=ROOT,
                env=variables,
                stderr=log,
                stdout=out,
            )
        self.processes.append(process)
        return process

    def log(self) -> list[dict[str, Any]]:
        """What the bot and its engine have logged so far."""
        entries = []
        for line in self.log_path.read_text().splitlines() if self.log_path.exists() else []:
            with suppress(ValueError):
                entries.append(json.loads(line))
        return entries

    def logged(self, event: str) -> list[dict[str, Any]]:
        """The log's entries of one event."""
        return [entry for entry in self.log() if entry.get("event") == event]

    def engine_pid(self) -> int | None:
        """The engine that the bot has started."""
        for process in self.processes:
            with suppress(psutil.Error):
                for child in psutil.Process(process.pid).children(recursive=True):
                    if "serve" in child.cmdline() or STANDIN in child.cmdline() or "engine.server" in child.cmdline():
                        return child.pid
        return None

    def worker_pids(self) -> list[int]:
        """The processes that the engine has started."""
        pid = self.engine_pid()
        if pid is None:
            return []
        with suppress(psutil.Error):
            return [child.pid for child in psutil.Process(pid).children(recursive=True)]
        return []

    def broker_pid(self) -> int | None:
        """The private broker."""
        address = PrivateBroker(self.state).address() if (self.state / "broker").exists() else None
        return address.pid if address else None

    async def exit_code(self, process: subprocess.Popen[bytes], within_s: float = 30.0) -> int:
        """How a bot's process ends by itself."""
        ended = await came_true(lambda: process.poll() is not None, within_s)
        assert ended, f"the bot did not end in {within_s} s:\n{self.tail()}"
        assert process.returncode is not None
        return process.returncode

    def tail(self, lines: int = 25) -> str:
        """The end of the log."""
        return "\n".join(str(entry) for entry in self.log()[-lines:])

    def end(self) -> None:
        """End everything that was started here, whatever state it is in."""
        children: list[psutil.Process] = []
        for process in self.processes:
            with suppress(psutil.Error):
                children += psutil.Process(process.pid).children(recursive=True)
            if process.poll() is None:
                process.kill()
            process.wait()
        for child in children:
            with suppress(psutil.Error):
                child.kill()
        pid = self.broker_pid()
        if pid is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


@asynccontextmanager
async def online(
    folder: Path,
    discord: FakeDiscord | None = None,
    bot: dict[str, Any] | None = None,
    queue: dict[str, Any] | None = None,
    engine: dict[str, Any] | None = None,
    **environment: str,
) -> AsyncIterator[tuple[FakeDiscord, BotInstallation]]:
    """A fake Discord and a bot that is connected to it; everything is ended afterwards."""
    installation = BotInstallation(folder, bot, queue, engine)
    async with discord or FakeDiscord() as fake:
        try:
            installation.start(fake, **environment)
            try:
                await fake.online()
            except AssertionError as error:
                raise AssertionError(f"{error}\n{installation.tail()}") from None
            yield fake, installation
        finally:
            installation.end()
