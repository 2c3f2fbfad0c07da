"""An engine of a benchmark's own, in a state folder of its own, beside whatever else runs on the machine.

`python -m engine.bench.launch MODULE` is that engine: all defaults, its work done by MODULE.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from engine.config import Config
from engine.errors import QueueError
from engine.queue import Queue


def start_engine(state: Path, pipelines: str) -> subprocess.Popen[bytes]:
    """Start the engine; whoever starts it ends it."""
    return subprocess.Popen(
        [sys.executable, "-m", "engine.bench.launch", pipelines],
        env={**os.environ, "RECEDE_STATE": str(state)},
        stderr=subprocess.DEVNULL,
    )


async def until_ready(queue: Queue, timeout_s: float) -> None:
    """Wait until the engine answers that it is ready. Raises QueueError."""
    deadline_s = time.monotonic() + timeout_s
    while not any(engine.state == "ready" for engine in await queue.engines(0.1)):
        if time.monotonic() > deadline_s:
            raise QueueError("The benchmark's engine did not become ready: run 'recede serve' to see why.")


if __name__ == "__main__":
    from engine.server import serve

    sys.exit(serve(Config(), pipelines=sys.argv[1]))
