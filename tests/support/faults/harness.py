"""Real processes for the tests: an installation of its own, engines with the stand-in, and a way to end them all."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import psutil

from engine.broker.private import PrivateBroker
from engine.config import Config, load_config
from engine.protocol import AnimationOptions, BaldOptions, Job, Lane, Progress, Result
from engine.queue import Queue, open_queue

ROOT = Path(__file__).resolve().parents[3]
PHOTO_MARK = "PHOTO-THAT-MUST-NOT-STAY"
ANSWER_MARK = "ANSWER"
# How long a test waits for what must come. On a machine that others keep busy, an engine takes half a minute to start;
# a test that passes is not made longer by it.
PATIENCE_S = 180.0


class Installation:
    """A state folder, a configuration, and the processes that were started on them."""

    def __init__(self, folder: Path, queue: str = "", engine: str = "", state: Path | None = None) -> None:
        self.state = state or folder / "state"
        self.state.mkdir(exist_ok=True)
        self.config_path = folder / "config.toml"
        self.config_path.write_text(f"[queue]\n{queue}\n[engine]\n{engine}\n")
        self.log_path = folder / "engine.log"
        self.processes: list[subprocess.Popen[bytes]] = []

    @property
    def config(self) -> Config:
        """The configuration as the processes read it."""
        return load_config(self.config_path)

    def start(self, module: str, *arguments: str) -> subprocess.Popen[bytes]:
        """Start a Python module in a process of its own; its stderr goes to `log_path`."""
        environment = {**os.environ, "RECEDE_STATE": str(self.state), "PYTHONPATH": str(ROOT)}
        with self.log_path.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments], cwd=ROOT, env=environment, stderr=log, stdout=log
            )
        self.processes.append(process)
        return process

    def start_engine(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start an engine with the stand-in pipeline."""
        return self.start("tests.support.faults.engine_process", str(self.config_path), *arguments)

    def log_lines(self) -> list[dict[str, Any]]:
        """What the processes have logged so far."""
        lines = []
        for line in self.log_path.read_text().splitlines() if self.log_path.exists() else []:
            with suppress(ValueError):
                lines.append(json.loads(line))
        return lines

    def broker_pid(self) -> int | None:
        """The private broker's process."""
        address = PrivateBroker(self.state).address()
        return address.pid if address else None

    def leftovers(self) -> list[Path]:
        """Files of the broker's store in which a photo or an answer can still be read."""
        marks = (PHOTO_MARK.encode(), ANSWER_MARK.encode())
        while True:
            files = [path for path in (self.state / "broker" / "store").rglob("*") if path.is_file()]
            # The broker may take a file away meanwhile, and write what is left of it anew: then all is looked at again.
            with suppress(FileNotFoundError):
                return [path for path in files if any(mark in path.read_bytes() for mark in marks)]

    def run(self, scenario: Coroutine[Any, Any, None]) -> None:
        """Run a scenario, and end every process, however that ends."""
        try:
            asyncio.run(scenario)
        finally:
            self.end()

    def end(self) -> None:
        """End every process, whatever state it is in."""
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.wait()
        pid = self.broker_pid()
        if pid is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def runs(pid: int) -> bool:
    """Whether a process lives; one that has ended and is not yet waited for does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def order(do: str = "echo", job_id: str = "", **what: Any) -> tuple[str, bytes]:
    """A job id, and a photo that tells the stand-in what to do."""
    job_id = job_id or uuid.uuid4().hex
    return job_id, json.dumps({"id": job_id, "do": do, "mark": PHOTO_MARK, **what}).encode()


class Receiver:
    """A queue as a bot would use it, remembering everything that arrives."""

    def __init__(self, queue: Queue) -> None:
        self.queue = queue
        self.results: dict[str, list[Result]] = {}
        self.progress: dict[str, list[Progress]] = {}
        self.arrived_s: dict[str, float] = {}

    async def listen(self) -> None:
        """Begin to listen."""
        await self.queue.progress(self._on_progress)
        await self.queue.results(self._on_result)

    async def _on_progress(self, progress: Progress) -> None:
        self.progress.setdefault(progress.job_id, []).append(progress)

    async def _on_result(self, result: Result) -> None:
        self.arrived_s[result.job_id] = time.monotonic()
        self.results.setdefault(result.job_id, []).append(result)

    async def submit(
        self,
        do: str = "echo",
        user: str = "user",
        lane: Lane = "low",
        expires_in_s: float = 300.0,
        job_id: str = "",
        **what: Any,
    ) -> str:
        """Hand in a job for the stand-in; returns its id."""
        job_id, photo = order(do, job_id, **what)
        await self.queue.submit(
            Job(
                job_id,
                user,
                self.queue.receiver,
                photo,
                BaldOptions(),
                AnimationOptions(),
                time.time() + expires_in_s,
                lane,
            )
        )
        return job_id

    async def result(self, job_id: str, within_s: float = PATIENCE_S) -> Result:
        """The one result of a job."""
        await until(lambda: job_id in self.results, within_s, f"a result of {job_id}")
        assert len(self.results[job_id]) == 1
        return self.results[job_id][0]

    async def begun(self, job_id: str, within_s: float = PATIENCE_S) -> None:
        """Wait until the stand-in has begun the job."""
        await until(
            lambda: any(p.stage.startswith("begun") for p in self.progress.get(job_id, [])), within_s, f"{job_id} begin"
        )


async def until(holds: Callable[[], bool], within_s: float, what: str) -> None:
    """Wait for something to come true."""
    deadline_s = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline_s, f"waited {within_s} s for {what}"
        await asyncio.sleep(0.005)


async def until_ready(queue: Queue, engines: int = 1, within_s: float = PATIENCE_S) -> None:
    """Wait until so many engines say that they are ready."""
    deadline_s = time.monotonic() + within_s
    while sum(engine.state == "ready" for engine in await queue.engines(0.2)) < engines:
        assert time.monotonic() < deadline_s, "the engines did not become ready"


@asynccontextmanager
async def receiving(installation: Installation, name: str = "bot") -> AsyncIterator[Receiver]:
    """A receiver on the installation's queue, closed at the end."""
    queue = await open_queue(installation.config.queue, name, installation.state)
    try:
        receiver = Receiver(queue)
        await receiver.listen()
        yield receiver
    finally:
        await queue.close()
