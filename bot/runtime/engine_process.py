"""The engine beside the bot: started, watched, started again."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from bot.config import TOKEN_FILE_VARIABLE, TOKEN_VARIABLE
from engine.errors import RecedeError
from engine.process.pauses import Pauses
from engine.queue import Queue

log = logging.getLogger("recede.bot")
engine_log = logging.getLogger("recede.engine")

ANSWER_WAIT_S = 0.3
LOOK_PERIOD_S = 5.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 60.0
# Who lived for so long did not die of its start.
SETTLED_S = 60.0
LINE_LIMIT_BYTES, SHOWN_BYTES = 2**20, 2000
ALREADY_RUNNING = "engine_already_running"
# The engine decodes strangers' photos, and has no use for what opens the bot.
SECRETS = (TOKEN_VARIABLE, TOKEN_FILE_VARIABLE, "NOTIFY_SOCKET", "CREDENTIALS_DIRECTORY")


class EngineProcess:
    """One supervised engine. on_death: called when it ends unasked."""

    def __init__(self, module: str, config_path: Path | None, queue: Queue, on_death: Callable[[], None]) -> None:
        self._module = module
        self._config_path = config_path
        self._queue = queue
        self._on_death = on_death
        self._process: asyncio.subprocess.Process | None = None
        self._stop = asyncio.Event()
        self._failure = ""
        self._failure_code = ""

    @property
    def pid(self) -> int | None:
        """The engine's process while it lives."""
        return self._process.pid if self._process is not None and self._process.returncode is None else None

    async def supervise(self) -> None:
        """Keep an engine running until `stop`. One that somebody else started is left to them."""
        pauses = Pauses(FIRST_PAUSE_S, LONGEST_PAUSE_S)
        while not self._stop.is_set():
            with contextlib.suppress(RecedeError):
                if await self._queue.engines(ANSWER_WAIT_S, most=1):
                    await asyncio.sleep(LOOK_PERIOD_S)
                    continue
            begun_s = time.monotonic()
            try:
                await self._run_once()
            except OSError as error:  # a machine without memory or processes to spare has them again later
                self._failure = f"it could not be started: {error}"
            if self._stop.is_set():
                return
            if self._failure_code == ALREADY_RUNNING:
                await asyncio.sleep(LOOK_PERIOD_S)
                continue
            self._on_death()
            if time.monotonic() - begun_s > SETTLED_S:
                pauses.start_over()
            pause_s = pauses.next_s()
            log.warning(
                "the engine ended%s; it is started again in %.1f s",
                f" ({self._failure})" if self._failure else "",
                pause_s,
                extra={"event": "engine_ended", "code": self._failure_code or None},
            )
            await asyncio.sleep(pause_s)

    async def stop(self, wait_s: float) -> None:
        """Have the engine finish what it has begun; after `wait_s` it gives that back to the queue and ends."""
        self._stop.set()
        process = self._process
        if process is None:
            return
        for patience_s, number in ((wait_s, signal.SIGTERM), (5.0, signal.SIGTERM), (5.0, signal.SIGKILL)):
            if process.returncode is not None:
                return
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(number)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), patience_s)

    async def _run_once(self) -> None:
        config = ["--config", str(self._config_path)] if self._config_path is not None else []
        self._failure = self._failure_code = ""
        self._process = process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bot.runtime.engine_child",
            str(os.getpid()),
            self._module,
            "--json",
            *config,
            env={name: value for name, value in os.environ.items() if name not in SECRETS},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for the bot, which has the engine drain
            limit=LINE_LIMIT_BYTES,
        )
        log.info("the engine is started", extra={"event": "engine_started"})
        assert process.stderr is not None
        await self._relay_all(process.stderr)
        await process.wait()

    async def _relay_all(self, lines: asyncio.StreamReader) -> None:
        """Relay line by line, of one beyond the limit the beginning: an engine whose log nobody reads stands still."""
        beginning: bytes | None = None  # of a line whose end has not been seen
        while True:
            try:
                line = await lines.readuntil(b"\n")
            except asyncio.LimitOverrunError as error:
                read = await lines.readexactly(error.consumed)
                beginning = read[:SHOWN_BYTES] if beginning is None else beginning
                continue
            except asyncio.IncompleteReadError as error:
                line = error.partial
            if line or beginning:
                self._relay((line if beginning is None else beginning).decode("utf-8", "replace").rstrip())
            beginning = None
            if not line.endswith(b"\n"):
                return

    def _relay(self, line: str) -> None:
        """Put a line of the engine's log into the bot's."""
        try:
            entry = json.loads(line)
            message, level = str(entry.pop("message")), str(entry.pop("level"))
        except (ValueError, KeyError, TypeError, AttributeError):
            engine_log.warning("%s", line)
            return
        if entry.get("event") == "failed":
            self._failure, self._failure_code = message, str(entry.get("code"))
        extras = {name: value for name, value in entry.items() if name not in ("at", "traceback")}
        if "traceback" in entry:
            message = f"{message}\n{entry['traceback']}"
        number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
        if self._failure_code == ALREADY_RUNNING:
            number = logging.DEBUG
        engine_log.log(number, "%s", message, extra=extras)
