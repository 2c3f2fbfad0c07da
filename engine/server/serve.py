"""Run an engine until it is told to drain."""

from __future__ import annotations

import asyncio
import logging
import signal
from pathlib import Path

from engine.config import Config
from engine.errors import PartFailed, RecedeError
from engine.runtime.state import state_dir
from engine.server.supervisor import Engine

REAL_PIPELINES = "engine.server.pipelines"
log = logging.getLogger("recede.engine")


def serve(
    config: Config, state: Path | None = None, pipelines: str = REAL_PIPELINES, allow_second: bool = False
) -> int:
    """Run an engine until SIGTERM or SIGINT, which drain it. Returns the exit code: 2 when it could not
    start, 1 when a part of it failed again and again, after which another start may help.

    pipelines: module that the workers run (see engine.server.worker).
    """
    try:
        folder = state or state_dir()
    except RecedeError as error:
        log.error("%s", error.sentence, extra={"event": "failed", "code": error.code})
        return 2
    return asyncio.run(_serve(config, folder, pipelines, allow_second))


async def _serve(config: Config, state: Path, pipelines: str, allow_second: bool) -> int:
    engine = Engine(config, state, pipelines, allow_second)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, engine.stop)
    try:
        await engine.run()
    except PartFailed as error:
        log.error("%s", error.sentence, extra={"event": "failed", "code": error.code})
        return 1
    except RecedeError as error:
        log.error("%s", error.sentence, extra={"event": "failed", "code": error.code})
        return 2
    return 0
