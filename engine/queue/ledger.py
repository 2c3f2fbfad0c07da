"""Which jobs' results have been delivered, remembered across restarts of the receiver.

The queue delivers at least once: a receiver that dies between showing a result and confirming it is handed it again.
The ledger is what turns that into once. Its entry has its place on the disk before the result is shown, so that a disk
that fills up meanwhile cannot make it forget; what remains is a receiver that is killed in between.
"""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path
from typing import Protocol

from engine.runtime.state import FULL


class Ledger(Protocol):
    """Remembers job ids."""

    def __contains__(self, job_id: str) -> bool:
        """Whether the job's result has been delivered."""

    def reserve(self, job_id: str) -> None:
        """Make sure that `add` will not fail for want of room. Raises OSError where there is none: the result is then
        not shown, and comes again."""

    def add(self, job_id: str) -> None:
        """Note that it has been delivered; on disk when this returns."""


class MemoryLedger:
    """A ledger for a receiver that is gone for good when its process ends."""

    def __init__(self) -> None:
        self._known: set[str] = set()

    def __contains__(self, job_id: str) -> bool:
        return job_id in self._known

    def reserve(self, job_id: str) -> None:
        """Memory has room."""

    def add(self, job_id: str) -> None:
        """Note it."""
        self._known.add(job_id)


REWRITE_PERIOD = 1000  # entries between two clearings of what is old
TIME_DIGITS = 10


class FileLedger:
    """A ledger in a small text file, one line per job: seconds since 1970, job id.

    A line is written with zeros when the result arrives; once it has been shown, the time is written over them, which
    needs no room on the disk. Entries older than `keep_s` are forgotten now and then; by that age the broker has
    nothing of them left.
    """

    def __init__(self, path: Path, keep_s: float) -> None:
        self._path = path
        self._keep_s = keep_s
        self._known: dict[str, float] = {}
        self._places: dict[str, int] = {}
        self._added = 0
        lines = path.read_text("ascii", "replace").splitlines() if path.exists() else []
        for line in lines:
            at_s, _, job_id = line.partition(" ")
            if at_s.isdecimal() and job_id:
                self._known[job_id] = int(at_s)
        self._rewrite()

    def __contains__(self, job_id: str) -> bool:
        return job_id in self._known

    def reserve(self, job_id: str) -> None:
        """Give the job its place on the disk. Raises OSError where there is none."""
        if job_id in self._places:
            return
        with self._path.open("ab") as file:
            end = file.tell()
            try:
                file.write(_line(0, job_id))
                file.flush()
                os.fsync(file.fileno())
            except OSError:
                with contextlib.suppress(OSError):
                    os.truncate(self._path, end)  # half a line would spoil the next one
                raise
        self._places[job_id] = end

    def add(self, job_id: str) -> None:
        """Note that the job's result has been delivered; on disk when this returns."""
        self.reserve(job_id)
        now_s = time.time()
        self._known[job_id] = now_s
        with self._path.open("r+b") as file:
            file.seek(self._places.pop(job_id))
            file.write(_line(now_s, job_id))
            file.flush()
            os.fsync(file.fileno())
        self._added += 1
        if self._added % REWRITE_PERIOD == 0:
            self._rewrite()

    def _rewrite(self) -> None:
        oldest_s = int(time.time() - self._keep_s)
        self._known = {job_id: at_s for job_id, at_s in self._known.items() if at_s >= oldest_s}
        entries = {**dict.fromkeys(self._places, 0.0), **self._known}
        draft = self._path.with_suffix(".new")
        try:
            with draft.open("wb") as file:
                places = {}
                for job_id, at_s in entries.items():
                    places[job_id] = file.tell()
                    file.write(_line(at_s, job_id))
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self._path)
            self._places = {job_id: places[job_id] for job_id in self._places}
        except OSError as error:
            draft.unlink(missing_ok=True)
            if error.errno not in FULL:  # without room for a shorter one, the long one serves
                raise


def _line(at_s: float, job_id: str) -> bytes:
    return f"{int(at_s):0{TIME_DIGITS}d} {job_id}\n".encode("ascii")
