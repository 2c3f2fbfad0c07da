"""One engine process for each device of this machine, started, watched and ended together.

The engines share the queue and nothing else: each has its own lock, models and workers, and a device that fails takes
only its own engine along, which is then started again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence

from engine.errors import DeviceUnavailable
from engine.process.parent import ending_with
from engine.process.pauses import Pauses

log = logging.getLogger("recede.engine")

FINE, CANNOT_START = 0, 2  # exit codes of an engine for which starting it again would change nothing
FIRST_PAUSE_S, LAST_PAUSE_S = 0.5, 30.0
STEADY_S = 60.0  # one that lived as long may be started again at once

Command = Callable[[int, str], Sequence[str]]
"""The engine's command line for the device with that index and name."""


def all_gpus() -> tuple[str, ...]:
    """Names of all CUDA devices of this machine. Raises DeviceUnavailable where there is none.

    Asked in a process of its own: the one that only watches the engines needs neither torch nor a context on a GPU.
    """
    program = "import torch; print(torch.cuda.device_count())"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    count = int(ran.stdout) if ran.returncode == 0 and ran.stdout.strip().isdecimal() else 0
    if not count:
        raise DeviceUnavailable("This machine has no CUDA device: leave --all-gpus out.", device="cuda")
    return tuple(f"cuda:{index}" for index in range(count))


def serve_fleet(devices: Sequence[str], command: Command) -> int:
    """Run an engine for each device until SIGTERM or SIGINT, which drain them all; a second one hurries them.

    Returns the exit code: 0, or 2 when an engine could not start. The others serve on meanwhile.
    """
    return asyncio.run(_Fleet(devices, command).run())


class _Fleet:
    def __init__(self, devices: Sequence[str], command: Command) -> None:
        self._devices = devices
        self._command = command
        self._processes: dict[int, asyncio.subprocess.Process] = {}
        self._stop = asyncio.Event()

    async def run(self) -> int:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._end)
        codes = await asyncio.gather(*(self._keep(index, device) for index, device in enumerate(self._devices)))
        return max(codes, default=FINE)

    def _end(self) -> None:
        self._stop.set()
        for process in self._processes.values():
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)

    async def _keep(self, index: int, device: str) -> int:
        """See to one device's engine until the fleet ends, or it has ended for good."""
        pauses = Pauses(FIRST_PAUSE_S, LAST_PAUSE_S)
        while not self._stop.is_set():
            begun_s = time.monotonic()
            process = await asyncio.create_subprocess_exec(
                *self._command(index, device),
                stdin=asyncio.subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is for this process, which passes it on once
                preexec_fn=ending_with(os.getpid(), signal.SIGTERM),  # it drains
            )
            self._processes[index] = process
            log.info("engine for %s started", device, extra={"event": "engine_started", "device": device})
            if self._stop.is_set():  # between the check above and here
                self._end()
            code = await process.wait()
            del self._processes[index]
            if code in (FINE, CANNOT_START):
                log.info("engine for %s ended", device, extra={"event": "engine_ended", "device": device})
                return code
            log.error("engine for %s died (%d)", device, code, extra={"event": "engine_died", "device": device})
            if time.monotonic() - begun_s > STEADY_S:
                pauses.start_over()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), pauses.next_s())
        return FINE
