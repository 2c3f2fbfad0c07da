"""An engine of a benchmark's own, in a state folder of its own, beside whatever else runs on the machine.

`python -m engine.bench.launch MODULE MAX_JOBS` is that engine: all defaults, but nothing kept of a photo, room for
MAX_JOBS in the queue, and its work done by MODULE.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from engine.config import Config, EngineConfig, QueueConfig
from engine.errors import QueueError
from engine.queue import Queue, open_queue


def start_engine(state: Path, pipelines: str, max_jobs: int = QueueConfig.max_jobs) -> subprocess.Popen[bytes]:
    """Start the engine; whoever starts it ends it. max_jobs: as whoever submits has it."""
    return subprocess.Popen(
        [sys.executable, "-m", "engine.bench.launch", pipelines, str(max_jobs)],
        env={**os.environ, "RECEDE_STATE": str(state)},
        stderr=subprocess.DEVNULL,
    )


@asynccontextmanager
async def running_engine(
    state: Path, pipelines: str, receiver: str, timeout_s: float
) -> AsyncIterator[tuple[Queue, int]]:
    """An engine that is ready, and the queue to it; gives the queue and the engine's process id. Raises QueueError."""
    engine = start_engine(state, pipelines)
    try:
        queue = await open_queue(QueueConfig(), receiver, state)
        try:
            await until_ready(queue, timeout_s)
            yield queue, engine.pid
        finally:
            engine.terminate()
            with suppress(subprocess.TimeoutExpired):
                await asyncio.to_thread(engine.wait, 20)
            await queue.close()
    finally:
        engine.kill()
        engine.wait()


async def until_ready(queue: Queue, timeout_s: float) -> None:
    """Wait until the engine answers that it is ready. Raises QueueError."""
    deadline_s = time.monotonic() + timeout_s
    while not any(engine.state == "ready" for engine in await queue.engines(0.1)):
        if time.monotonic() > deadline_s:
            raise QueueError("The benchmark's engine did not become ready: run 'recede serve' to see why.")


if __name__ == "__main__":
    from engine.server.serve import serve

    # A photo that is measured again is to cost what it did at first.
    config = Config(queue=QueueConfig(max_jobs=int(sys.argv[2])), engine=EngineConfig(recent_s=0.0))
    sys.exit(serve(config, pipelines=sys.argv[1]))
