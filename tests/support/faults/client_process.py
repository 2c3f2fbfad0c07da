"""The asking side as a process that may be killed at any moment.

`python -m tests.support.faults.client_process CONFIG_TOML JOBS_JSON OUTCOMES_FOLDER`: hands in every job that has no
outcome yet and writes each result as a file of its own. The file is effect and memory in one: it appears whole, and
its existence is what the ledger asks for. A result that would be written a second time leaves a trace in `twice`.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
import time
from pathlib import Path

from engine.config import load_config
from engine.errors import BrokerUnreachable, Busy
from engine.protocol import AnimationOptions, BaldOptions, Job, Result
from engine.queue import open_queue
from engine.server.logs import set_up_logs
from tests.support.faults.harness import order

log = logging.getLogger("client")


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
            queue = await open_queue(load_config(config_path).queue, "bot", ledger=outcomes, patience_s=120.0)
            break
        except BrokerUnreachable:
            await asyncio.sleep(1.0)
    await queue.results(outcomes.write)
    try:
        open_jobs = [job for job in jobs if job["id"] not in outcomes]
        for job in open_jobs:
            while job["id"] not in outcomes:
                _, photo = order(job["do"], job["id"], seconds=job["seconds"], bytes=job["bytes"], pad="x" * job["pad"])
                packed = Job(
                    job["id"], job["user"], "bot", photo, BaldOptions(), AnimationOptions(), time.time() + 3000
                )
                try:
                    await queue.submit(packed, patience_s=120.0)
                    break
                except Busy:
                    await asyncio.sleep(0.2)
                except BrokerUnreachable:
                    await asyncio.sleep(0.5)
        while any(job["id"] not in outcomes for job in jobs):
            await asyncio.sleep(0.1)
        for _ in range(600):  # every result has arrived; stay until the broker has been told to delete it
            try:
                if not any((await queue.stored()).values()):
                    break
            except BrokerUnreachable:
                pass
            await asyncio.sleep(0.1)
    finally:
        await queue.close()


if __name__ == "__main__":
    set_up_logs(as_json=True)
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])))
