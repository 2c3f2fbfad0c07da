"""Which jobs' results have been delivered, remembered across restarts of the receiver.

The queue delivers at least once: a receiver that dies between showing a result and confirming it is handed it again.
The ledger is what turns that into once.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Protocol


class Ledger(Protocol):
    """Remembers job ids."""

    def __contains__(self, job_id: str) -> bool:
        """Whether the job's result has been delivered."""

    def add(self, job_id: str) -> None:
        """Note that it has been delivered; on disk when this returns."""


REWRITE_PERIOD = 1000  # entries between two clearings of what is old


class FileLedger:
    """A ledger in a small text file, one line per job: seconds since 1970, job id.

    Entries older than `keep_s` are forgotten now and then; by that age the broker has nothing of them left.
    """

    def __init__(self, path: Path, keep_s: float) -> None:
        self._path = path
        self._keep_s = keep_s
        self._known: dict[str, float] = {}
        self._added = 0
        lines = path.read_text("ascii", "replace").splitlines() if path.exists() else []
        for line in lines:
            at_s, _, job_id = line.partition(" ")
            if at_s.isdecimal() and job_id:
                self._known[job_id] = int(at_s)
        self._rewrite()

    def __contains__(self, job_id: str) -> bool:
        return job_id in self._known

    def add(self, job_id: str) -> None:
        """Note that the job's result has been delivered; on disk when this returns."""
        now_s = time.time()
        self._known[job_id] = now_s
        with self._path.open("a") as file:
            file.write(f"{int(now_s)} {job_id}\n")
            file.flush()
            os.fsync(file.fileno())
        self._added += 1
        if self._added % REWRITE_PERIOD == 0:
            self._rewrite()

    def _rewrite(self) -> None:
        oldest_s = int(time.time() - self._keep_s)
        self._known = {job_id: at_s for job_id, at_s in self._known.items() if at_s >= oldest_s}
        draft = self._path.with_suffix(".new")
        draft.write_text("".join(f"{int(at_s)} {job_id}\n" for job_id, at_s in self._known.items()))
        draft.replace(self._path)
