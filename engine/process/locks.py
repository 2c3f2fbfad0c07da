"""Locks that the kernel drops when their holder dies, however it dies (flock; Linux and macOS)."""

from __future__ import annotations

import os
import time
from pathlib import Path
from types import TracebackType

try:
    import fcntl
except ImportError as error:
    raise ImportError("Recede runs on Linux and macOS. On Windows, install it inside WSL: wsl --install.") from error


class FileLock:
    """An exclusive lock on the file at `path`, which is made when it is missing. Not for sharing between threads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd: int | None = None

    @property
    def held(self) -> bool:
        """Whether this object holds the lock."""
        return self._fd is not None

    def try_acquire(self) -> bool:
        """Take the lock unless somebody else has it."""
        if self._fd is not None:
            return True
        fd = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            return False
        # A lock on a file that has been unlinked meanwhile guards nothing.
        try:
            same = os.fstat(fd).st_ino == self.path.stat().st_ino
        except FileNotFoundError:
            same = False
        if not same:
            os.close(fd)
            return False
        self._fd = fd
        return True

    def acquire(self, timeout_s: float) -> bool:
        """Take the lock, waiting for at most `timeout_s`; False when it stayed taken."""
        deadline_s = time.monotonic() + timeout_s
        while not self.try_acquire():
            if time.monotonic() > deadline_s:
                return False
            time.sleep(0.01)
        return True

    def hand_to_child(self) -> int:
        """The descriptor, for a child that is to hold the lock until it dies; follow with `release`."""
        assert self._fd is not None
        return self._fd

    def release(self) -> None:
        """Let go; a child that was handed the descriptor keeps the lock."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def __enter__(self) -> FileLock:
        while not self.acquire(3600.0):
            pass
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.release()
