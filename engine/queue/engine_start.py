"""An engine for the command line, started when none answers, and again when it dies."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from engine.errors import QueueError, RecedeError, error_from_code

# An engine that the command line started stays this long for the next photo, with its models warm.
IDLE_EXIT_S = 900.0
START_LOG = "engine-start.log"
MOST_STARTS = 3
# One that lives and says nothing for so long is given up; reading the models from a slow disk takes a minute.
SILENT_LIMIT_S = 180.0
PAUSE_S, OTHERS_PAUSE_S = 1.0, 10.0


class EngineStart:
    """The engine that this process starts, on the broker of the state folder `state`. module: what to run."""

    def __init__(self, state: Path, module: str) -> None:
        self._state = state
        self._module = module
        self._process: subprocess.Popen[bytes] | None = None
        self._starts = 0
        self._heard_s = self._started_s = float("-inf")

    def heard(self) -> None:
        """An engine has answered."""
        self._heard_s = time.monotonic()

    def see_to_it(self) -> None:
        """Called again and again while no engine answers. Raises RecedeError when none can be had."""
        process = self._process
        if process is None:
            self._start()
        elif process.poll() is None:
            if time.monotonic() - max(self._heard_s, self._started_s) > SILENT_LIMIT_S:
                process.kill()
        elif time.monotonic() - self._started_s > PAUSE_S:
            error = self._why_it_ended()
            if error is None:
                self._start()
            elif error.code != "engine_already_running":
                raise error
            elif time.monotonic() - self._started_s > OTHERS_PAUSE_S:
                # Somebody else's engine was faster and is not ready yet: that one will do the job.
                self._starts -= 1
                self._start()

    def stop(self) -> None:
        """Have it finish what it has begun, and end."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def _start(self) -> None:
        if self._starts == MOST_STARTS:
            raise QueueError(
                f"The engine ended {MOST_STARTS} times: see {self._state / START_LOG}, or use --in-process."
            )
        self._starts += 1
        self._started_s = time.monotonic()
        with (self._state / START_LOG).open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", self._module, "--json", "--idle-exit-s", str(IDLE_EXIT_S), *_same_config()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,  # it outlives this command, so that the next photo meets warm models
            )

    def _why_it_ended(self) -> RecedeError | None:
        """What the engine logged as the reason, None where it says none: it was killed, say."""
        for line in reversed((self._state / START_LOG).read_text("utf-8", "replace").splitlines()):
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if isinstance(entry, dict) and entry.get("event") == "failed":
                return error_from_code(str(entry.get("code")), str(entry.get("message")))
        return None


def _same_config() -> list[str]:
    """The options that make the engine read the configuration that this process reads."""
    named = Path(os.environ.get("RECEDE_CONFIG", "config.toml"))
    return ["--config", str(named.resolve())] if named.exists() else []
