"""The asking side as a process that may be killed at any moment.

`python -m engine.bench.storm.client CONFIG_TOML JOBS_JSON OUTCOMES_FOLDER`: hands in every job that has no outcome yet,
as many as the storm's file `released` beside JOBS_JSON says, and writes each result as a file of its own. The file is
effect and memory in one: it appears whole, and its existence is what the ledger asks for. A result that would be
written a second time leaves a trace in `twice`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import time
from pathlib import Path

from engine.bench.storm.pipelines import order
from engine.config import load_config
from engine.errors import BrokerUnreachable, Busy, RecedeError
from engine.process.logs import log_to_stderr
from engine.protocol import AnimationOptions, BaldOptions, Job, Result
from engine.queue import Queue, open_queue

DEADLINE_S = 3000.0
PATIENCE_S = 120.0
LEAVE_S = 60.0
RELEASED, RELEASE_PERIOD_S = "released", 0.1


class OutcomeFolder:
    """A ledger of which the entries are the outcomes themselves."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __contains__(self, job_id: str) -> bool:
        return (self.folder / job_id).exists()

    def reserve(self, job_id: str) -> None:
        """Nothing to reserve: without room the draft cannot be written, which comes first."""

    def add(self, job_id: str) -> None:
        """Nothing to add: writing the outcome has done it."""

    async def write(self, result: Result) -> None:
        """Make the outcome's file appear, once."""
        outcome = result.failure.code if result.failure else "ok"
        draft = self.folder.parent / f"draft-{os.getpid()}-{result.job_id}"
        draft.write_text(outcome)
        try:
            os.link(draft, self.folder / result.job_id)
        except FileExistsError:
            with (self.folder.parent / "twice").open("a") as file:
                file.write(f"{result.job_id}\n")
        draft.unlink()


async def main(config_path: Path, jobs_path: Path, folder: Path) -> None:
    """Hand in what is open, and stay until everything has an outcome."""
    jobs = json.loads(jobs_path.read_text())
    outcomes = OutcomeFolder(folder)
    while True:
        try:
            queue = await open_queue(load_config(config_path).queue, "storm", ledger=outcomes, patience_s=PATIENCE_S)
            break
        except RecedeError:
            await asyncio.sleep(1.0)
    try:
        await queue.results(outcomes.write)
        for number, job in enumerate(jobs):
            while number >= _released(jobs_path.parent):
                await asyncio.sleep(RELEASE_PERIOD_S)
            await _hand_in(queue, job, outcomes)
        while any(job["job_id"] not in outcomes for job in jobs):
            await asyncio.sleep(0.1)
        # Every result has arrived; stay until the broker has been told to delete it.
        deadline_s = time.monotonic() + LEAVE_S
        while time.monotonic() < deadline_s:
            with contextlib.suppress(RecedeError):
                if not any((await queue.stored()).values()):
                    break
            await asyncio.sleep(0.1)
    finally:
        await queue.close()


def _released(folder: Path) -> int:
    """How many jobs may be handed in."""
    with contextlib.suppress(OSError, ValueError):
        return int((folder / RELEASED).read_text())
    return 0


async def _hand_in(queue: Queue, job: dict[str, object], outcomes: OutcomeFolder) -> None:
    what = dict(job)
    user, job_id = str(what.pop("user")), str(what["job_id"])
    if job_id in outcomes:
        return
    photo = order(**what)  # type: ignore[arg-type]  # as the storm wrote it
    packed = Job(job_id, user, "storm", photo, BaldOptions(), AnimationOptions(), time.time() + DEADLINE_S)
    while job_id not in outcomes:
        try:
            await queue.submit(packed, patience_s=PATIENCE_S)
            return
        except Busy:
            await asyncio.sleep(0.2)
        except BrokerUnreachable:
            await asyncio.sleep(0.5)


if __name__ == "__main__":
    log_to_stderr(as_json=True)
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])))
