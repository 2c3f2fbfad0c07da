"""Many jobs under many faults, and what became of them.

`python -m tests.support.faults.storm --jobs 500 --faults 200` runs the whole of it; the tests run shorter ones.
Two engines and one asking process work, while processes are killed or stopped for a while, the store's disk is full
for a while, and, with an operator's broker, connections are cut. Everything that dies is started again.
"""

from __future__ import annotations

import argparse
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
from dataclasses import dataclass, field
from pathlib import Path

from engine.broker import find_program
from engine.config import load_config
from engine.queue.layout import Layout
from tests.support.faults.harness import ANSWER_MARK, PHOTO_MARK, Installation
from tests.support.faults.proxy import CuttableProxy
from tests.support.faults.shared_broker import free_port

ENGINES = 2
STORE_MIB = 96


@dataclass
class Outcome:
    """What a storm left behind."""

    jobs: int
    outcomes: collections.Counter[str]
    faults: collections.Counter[str]
    twice: int
    leftovers: list[str]
    stored: dict[str, int]
    seconds: float
    notes: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """Every job ended, exactly once, and nothing was left."""
        ended = sum(self.outcomes.values()) == self.jobs
        return ended and not self.twice and not self.leftovers and not any(self.stored.values())


class Storm:
    """One run, in `folder`. tcp: through a cuttable proxy to an operator's broker instead of the private one."""

    def __init__(self, folder: Path, jobs: int, faults: int, seed: int, tcp: bool) -> None:
        self.rng = random.Random(seed)
        self.folder = folder
        self.count, self.fault_count, self.tcp = jobs, faults, tcp
        self.faults: collections.Counter[str] = collections.Counter()
        self.notes: list[str] = []
        self.outcomes = folder / "outcomes"
        self.outcomes.mkdir()
        self.disk = folder / "disk"
        self.disk.mkdir()
        self.mounted = not tcp and _mount(self.disk)
        if not tcp and not self.mounted:
            self.notes.append("no full disk: a small disk cannot be mounted here")
        self.proxy: CuttableProxy | None = None
        self.server: subprocess.Popen[bytes] | None = None
        self.server_port = 0
        self.installation = Installation(folder, state=self.disk / "state")

    async def run(self) -> Outcome:
        """Run it to its end."""
        begun_s = time.monotonic()
        try:
            await self._set_up()
            engines = [self.installation.start_engine("--second") for _ in range(ENGINES)]
            client = self._start_client()
            processes = {"engine0": engines[0], "engine1": engines[1], "client": client}
            pauses = [self.rng.uniform(0.2, 1.1) for _ in range(self.fault_count)]
            for pause_s in pauses:
                await asyncio.sleep(pause_s)
                self._restart_dead(processes)
                await self._strike(processes)
            deadline_s = time.monotonic() + 240.0
            while time.monotonic() < deadline_s:
                self._restart_dead(processes)
                if self._ended() and processes["client"].poll() == 0:
                    break
                await asyncio.sleep(0.25)
            stored = await self._stored()
            for name in ("engine0", "engine1"):
                processes[name].send_signal(signal.SIGTERM)
            for name in ("engine0", "engine1"):
                with suppress(subprocess.TimeoutExpired):
                    await asyncio.to_thread(processes[name].wait, 20)
            return Outcome(
                self.count,
                collections.Counter(path.read_text() for path in self.outcomes.iterdir()),
                self.faults,
                len((self.folder / "twice").read_text().splitlines()) if (self.folder / "twice").exists() else 0,
                self._leftovers(),
                stored,
                time.monotonic() - begun_s,
                self.notes,
            )
        finally:
            self.installation.end()
            if self.server is not None:
                self.server.kill()
                self.server.wait()
            if self.proxy is not None:
                await self.proxy.close()
            if self.mounted:
                subprocess.run(["umount", "-l", str(self.disk)], check=False)

    async def _set_up(self) -> None:
        limits = "max_jobs = 60\nmax_jobs_per_user = 12\n"
        if self.tcp:
            self.server_port = free_port()
            await self._start_server()
            self.proxy = CuttableProxy(self.server_port)
            await self.proxy.open()
            limits += f'url = "nats://127.0.0.1:{self.proxy.port}"\ntoken = "operator"\n'
        self.installation.config_path.write_text(f"[queue]\n{limits}[engine]\nworkers = 2\njob_limit_s = 20.0\n")
        jobs = []
        for number in range(self.count):
            kind = self.rng.random()
            do = "sleep" if kind < 0.9 else "no_face" if kind < 0.96 else "die"
            jobs.append(
                {
                    "id": f"job-{number}",
                    "user": f"user{number % 8}",
                    "do": do,
                    "seconds": self.rng.uniform(0.1, 0.6),
                    "bytes": self.rng.choice((1_000, 100_000, 2_000_000)),
                    "pad": self.rng.choice((100, 200_000)),
                }
            )
        (self.folder / "jobs.json").write_text(json.dumps(jobs))

    def _start_client(self) -> subprocess.Popen[bytes]:
        return self.installation.start(
            "tests.support.faults.client_process",
            str(self.installation.config_path),
            str(self.folder / "jobs.json"),
            str(self.outcomes),
        )

    def _restart_dead(self, processes: dict[str, subprocess.Popen[bytes]]) -> None:
        for name, process in processes.items():
            if process.poll() is not None and not (name == "client" and process.returncode == 0):
                is_client = name == "client"
                processes[name] = self._start_client() if is_client else self.installation.start_engine("--second")

    async def _strike(self, processes: dict[str, subprocess.Popen[bytes]]) -> None:
        kinds = ["kill_engine", "kill_client", "kill_broker", "stop_engine", "stop_client", "stop_broker"]
        if self.tcp:
            kinds += ["cut", "cut"]
        elif self.mounted:
            kinds += ["disk_full"]
        kind = self.rng.choice(kinds)
        verb, _, whom = kind.partition("_")
        self.faults[kind] += 1
        seconds = self.rng.choice((0.2, 1.0, 2.5))
        if kind == "cut" and self.proxy is not None:
            self.proxy.cut()
            return
        if kind == "disk_full":
            await self._fill_disk(seconds)
            return
        if whom == "broker":
            pid = self.server.pid if self.server is not None else self.installation.broker_pid()
        else:
            process = processes["client" if whom == "client" else self.rng.choice(("engine0", "engine1"))]
            pid = process.pid if process.poll() is None else None
        if pid is None:
            return
        with suppress(ProcessLookupError):
            if verb == "kill":
                os.kill(pid, signal.SIGKILL)
                if whom == "broker" and self.server is not None:
                    self.server.wait()
                    await asyncio.sleep(self.rng.uniform(0.0, 0.5))
                    await self._start_server()
            else:
                os.kill(pid, signal.SIGSTOP)
                await asyncio.sleep(seconds)
                os.kill(pid, signal.SIGCONT)

    async def _fill_disk(self, seconds: float) -> None:
        filler = self.disk / "filler"
        with suppress(OSError), filler.open("wb") as file:
            while True:
                file.write(b"\0" * 65536)
        await asyncio.sleep(seconds)
        filler.unlink()

    async def _start_server(self) -> None:
        configuration = self.folder / "operator.conf"
        configuration.write_text(
            f'listen: "127.0.0.1:{self.server_port}"\nauthorization {{ token: "operator" }}\n'
            f'jetstream {{ store_dir: "{self.disk / "operator"}", sync_interval: always }}\n'
        )
        self.server = subprocess.Popen(
            [find_program(), "-c", str(configuration)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def _ended(self) -> bool:
        return sum(1 for _ in self.outcomes.iterdir()) == self.count

    async def _stored(self) -> dict[str, int]:
        """What the streams hold at the end; engines may still be taking the last job off."""
        from engine.queue import open_queue

        config = load_config(self.installation.config_path).queue
        queue = await open_queue(config, "looker", self.installation.state)
        try:
            for _ in range(100):
                stored = await queue.stored()
                if not any(stored.values()):
                    break
                await asyncio.sleep(0.2)
            assert set(stored) == {f"{Layout(config.name).name}-{what}" for what in ("jobs", "results", "parts")}
            return stored
        finally:
            await queue.close()

    def _leftovers(self) -> list[str]:
        """Files on the broker's disk in which a photo or an answer can still be read."""
        marks = (PHOTO_MARK.encode(), ANSWER_MARK.encode())
        files = [path for path in self.disk.rglob("*") if path.is_file()]
        return [str(path) for path in files if any(mark in path.read_bytes() for mark in marks)]


def _mount(folder: Path) -> bool:
    """Whether a small disk could be mounted on `folder`."""
    if shutil.which("mount") is None:
        return False
    command = ["mount", "-t", "tmpfs", "-o", f"size={STORE_MIB}m", "tmpfs", str(folder)]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def main() -> int:
    """Run one storm on the private broker and one on an operator's, and print what they left."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--jobs", type=int, default=500)
    parser.add_argument("--faults", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=("private", "tcp"))
    parser.add_argument("--keep", action="store_true", help="keep the folder of an unclean run")
    args = parser.parse_args()
    kinds = [args.only] if args.only else ["private", "tcp"]
    clean = True
    for kind in kinds:
        folder = Path(tempfile.mkdtemp(prefix="storm-"))
        share = len(kinds)
        storm = Storm(folder, args.jobs // share, args.faults // share, args.seed, kind == "tcp")
        outcome = asyncio.run(storm.run())
        print(kind, "CLEAN" if outcome.clean else "UNCLEAN", outcome, folder if args.keep else "")
        clean = clean and outcome.clean
        if outcome.clean or not args.keep:
            shutil.rmtree(folder, ignore_errors=True)
    return 0 if clean else 1


if __name__ == "__main__":
    sys.exit(main())
