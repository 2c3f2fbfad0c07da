"""The storm: two engines and one asking process at work while things go wrong at random, from a seed.

Of everybody: processes are killed or stopped for a while, the disk is full for a while, connections are cut; what dies
is started again. Of the broker alone: it hangs for up to twelve seconds, is killed and comes back late, its connections
are cut, its disk is full; engines and client live through all of it.
"""

from __future__ import annotations

import asyncio
import collections
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from engine.bench.storm.broker import AttackedBroker
from engine.bench.storm.client import RELEASED
from engine.bench.storm.outcome import Outcome
from engine.bench.storm.pipelines import ANSWER_MARK, PHOTO_MARK
from engine.config import QueueConfig, load_config
from engine.errors import RecedeError
from engine.queue import MemoryLedger, Queue, open_queue
from engine.queue.tasks import start

ENGINES = 2
DISK_MIB = 128
AFTERWARDS_S = 300.0  # without another outcome, once the last fault is over
DRAIN_S = 30.0
STARTING_S = 30.0  # at most, until a process that was just started listens to signals, on a busy machine
PROBE_PERIOD_S = 0.25
PAUSE_S = (0.2, 1.1)
STOPS_S = (0.2, 1.0, 2.5)
HANGS_S = (0.5, 2.0, 12.0)  # the last is beyond the patience with a silent broker
LATE_S = 3.0


class Storm:
    """One run, in `folder`. operators: on an operator's broker with TLS; broker_only: faults of the broker alone;
    full_disk: with a full disk among the others, where a small one can be mounted for the private broker."""

    def __init__(
        self,
        folder: Path,
        jobs: int,
        faults: int,
        seed: int,
        operators: bool,
        broker_only: bool = False,
        full_disk: bool = True,
    ) -> None:
        self._rng = random.Random(seed)
        self._folder = folder
        self._count, self._fault_count, self._broker_only = jobs, faults, broker_only
        self._faults: collections.Counter[str] = collections.Counter()
        self._outcomes = folder / "outcomes"
        self._outcomes.mkdir()
        self._disk = folder / "disk"
        self._disk.mkdir()
        self._mounted = full_disk and not operators and _mount(self._disk)
        filled = self._mounted or operators or not full_disk
        self._notes = [] if filled else ["no full disk: a small disk cannot be mounted here"]
        self._state = self._disk / "state"
        self._state.mkdir()
        self._broker = AttackedBroker(folder, self._state, operators)
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._away_s = 0.0

    async def run(self) -> Outcome:
        """Run it to its end."""
        begun_s = time.monotonic()
        watch: asyncio.Task[None] | None = None
        try:
            await self._set_up()
            self._start_missing()
            queue = await open_queue(self._config(), "looker", self._state, MemoryLedger(), patience_s=AFTERWARDS_S)
            try:
                watch = start(self._probe(queue))
                for number in range(self._fault_count):
                    self._release((number + 1) * self._count // self._fault_count)
                    await asyncio.sleep(self._rng.uniform(*PAUSE_S))
                    self._start_missing()
                    await self._strike()
                self._release(self._count)
                await self._until_idle()
                stored = await self._stored(queue)
                drained = await self._drain()
                watch.cancel()
            finally:
                await queue.close()
            return Outcome(
                self._count,
                dict(collections.Counter(path.read_text() for path in self._outcomes.iterdir())),
                dict(self._faults),
                len((self._folder / "twice").read_text().splitlines()) if (self._folder / "twice").exists() else 0,
                self._leftovers(),
                stored,
                drained,
                round(self._away_s, 1),
                round(time.monotonic() - begun_s, 1),
                self._notes,
            )
        finally:
            if watch is not None:
                watch.cancel()
            for process in self._processes.values():
                process.kill()
                process.wait()
            await self._broker.close()
            if self._mounted:
                subprocess.run(["umount", "-l", str(self._disk)], check=False)

    async def _set_up(self) -> None:
        where = await self._broker.open()
        (self._folder / "config.toml").write_text(
            f"[queue]\nmax_jobs = 60\nmax_jobs_per_user = 12\n{where}[engine]\nworkers = 2\njob_limit_s = 20.0\n"
        )
        jobs = []
        for number in range(self._count):
            kind = self._rng.random()
            jobs.append(
                {
                    "job_id": f"job-{number}",
                    "user": f"user{number % 8}",
                    "do": "sleep" if kind < 0.9 else "no_face" if kind < 0.96 else "die",
                    "seconds": self._rng.uniform(0.1, 0.6),
                    "answer_bytes": self._rng.choice((1_000, 100_000, 2_000_000)),
                    "pad_bytes": self._rng.choice((100, 200_000)),
                }
            )
        (self._folder / "jobs.json").write_text(json.dumps(jobs))

    def _release(self, jobs: int) -> None:
        """Let the client hand in so many jobs: all at once, most would be over before most of the faults."""
        draft = self._folder / "released.new"
        draft.write_text(str(jobs))
        draft.replace(self._folder / RELEASED)

    async def _until_idle(self) -> None:
        """Wait until the client has all outcomes, or none has come for long."""
        known, since_s = -1, time.monotonic()
        while time.monotonic() - since_s < AFTERWARDS_S and self._processes["client"].poll() != 0:
            self._start_missing()
            await asyncio.sleep(PROBE_PERIOD_S)
            count = sum(1 for _ in self._outcomes.iterdir())
            if count != known:
                known, since_s = count, time.monotonic()

    def _config(self) -> QueueConfig:
        return load_config(self._folder / "config.toml").queue

    def _start(self, module: str, *arguments: Path) -> subprocess.Popen[bytes]:
        environment = {**os.environ, "RECEDE_STATE": str(self._state)}
        with (self._folder / "log").open("ab") as log:
            command = [sys.executable, "-m", module, str(self._folder / "config.toml"), *map(str, arguments)]
            return subprocess.Popen(command, env=environment, stderr=log, stdout=log)

    def _start_missing(self) -> None:
        for name in (*(f"engine{number}" for number in range(ENGINES)), "client"):
            process = self._processes.get(name)
            if process is not None and (process.poll() is None or (name == "client" and process.returncode == 0)):
                continue
            if process is not None and self._broker_only:
                self._notes.append(f"{name} ended with {process.returncode}")
            if name == "client":
                jobs = self._folder / "jobs.json"
                self._processes[name] = self._start("engine.bench.storm.client", jobs, self._outcomes)
            else:
                self._processes[name] = self._start("engine.bench.storm.pipelines")

    async def _strike(self) -> None:
        kinds = ["kill_broker", "hang_broker", "late_broker"] if self._broker_only else ["kill_broker", "hang_broker"]
        if not self._broker_only:
            kinds += [f"{verb}_{whom}" for verb in ("kill", "stop") for whom in ("engine", "client")]
        if self._broker.proxy is not None:
            kinds += ["cut", "cut"]
        elif self._mounted:
            kinds += ["disk_full"]
        kind = self._rng.choice(kinds)
        self._faults[kind] += 1
        if self._broker.proxy is not None and kind == "cut":
            self._broker.proxy.cut()
        elif kind == "disk_full":
            await self._fill_disk(self._rng.choice(STOPS_S))
        elif kind == "kill_broker":
            await self._broker.kill(self._rng.uniform(0.0, 0.5))
        elif kind == "late_broker":
            await self._broker.kill(LATE_S)
            await self._broker.hang(LATE_S)  # the private one is being started by somebody at that moment
        elif kind == "hang_broker":
            await self._broker.hang(self._rng.choice(HANGS_S if self._broker_only else STOPS_S))
        else:
            await self._strike_process(kind)

    async def _strike_process(self, kind: str) -> None:
        verb, _, whom = kind.partition("_")
        process = self._processes["client" if whom == "client" else f"engine{self._rng.randrange(ENGINES)}"]
        if process.poll() is not None:
            return
        if verb == "kill":
            process.kill()
            return
        process.send_signal(signal.SIGSTOP)
        await asyncio.sleep(self._rng.choice(STOPS_S))
        process.send_signal(signal.SIGCONT)

    async def _fill_disk(self, seconds: float) -> None:
        filler = self._disk / "filler"
        with suppress(OSError), filler.open("wb") as file:
            while True:
                file.write(b"\0" * 65536)
        await asyncio.sleep(seconds)
        filler.unlink()

    async def _probe(self, queue: Queue) -> None:
        """Note for how long the broker cannot be reached."""
        served_s = time.monotonic()
        while True:
            with suppress(RecedeError):
                await queue.stored()
                self._away_s = max(self._away_s, time.monotonic() - served_s)
                served_s = time.monotonic()
            await asyncio.sleep(PROBE_PERIOD_S)

    async def _stored(self, queue: Queue) -> dict[str, int]:
        """What the streams hold at the end; engines may still be taking the last job off."""
        stored: dict[str, int] = {}
        for _ in range(100):
            with suppress(RecedeError):
                stored = await queue.stored()
                if not any(stored.values()):
                    break
            await asyncio.sleep(0.2)
        return stored

    async def _drain(self) -> bool:
        """Whether every engine ends by itself, and well, when it is told to.

        The last fault may have killed one: it is started again, as often as it takes while the dead one's device is
        still held, and none is told before it can hear.
        """
        engines: list[subprocess.Popen[bytes]] = []
        deadline_s = time.monotonic() + STARTING_S
        while time.monotonic() < deadline_s:
            self._start_missing()
            engines = [process for name, process in self._processes.items() if name != "client"]
            if all(_catches(engine.pid, signal.SIGTERM) for engine in engines):
                break
            await asyncio.sleep(PROBE_PERIOD_S)
        for engine in engines:
            engine.send_signal(signal.SIGTERM)
        codes = []
        for engine in engines:
            with suppress(subprocess.TimeoutExpired):
                codes.append(await asyncio.to_thread(engine.wait, DRAIN_S))
        return codes == [0] * ENGINES

    def _leftovers(self) -> list[str]:
        """Files on the broker's disk in which a photo or an answer can still be read."""
        marks = (PHOTO_MARK.encode(), ANSWER_MARK.encode())
        files = [path for path in self._disk.rglob("*") if path.is_file()]
        return [str(path) for path in files if any(mark in path.read_bytes() for mark in marks)]


def run(jobs: int, faults: int, seed: int, operators: bool, broker_only: bool) -> tuple[Outcome, Path | None]:
    """One storm in a folder of its own; the folder too, with logs, where it was not clean."""
    folder = Path(tempfile.mkdtemp(prefix="recede-storm-"))
    outcome = asyncio.run(Storm(folder, jobs, faults, seed, operators, broker_only).run())
    if not outcome.clean:
        return outcome, folder
    shutil.rmtree(folder, ignore_errors=True)
    return outcome, None


def _catches(pid: int, number: signal.Signals) -> bool:
    """Whether a process has a handler for a signal, as Linux tells it."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("SigCgt:"):
                return bool(int(line.split()[1], 16) >> (number - 1) & 1)
    return False


def _mount(folder: Path) -> bool:
    """Whether a small disk could be mounted on `folder`."""
    if shutil.which("mount") is None:
        return False
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs", str(folder)]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0
