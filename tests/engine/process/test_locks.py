"""Locks that the kernel drops with their holder."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from engine.process.locks import FileLock

HOLDER = """
import sys
from pathlib import Path
from engine.process.locks import FileLock
lock = FileLock(Path(sys.argv[1]))
print(lock.try_acquire(), flush=True)
sys.stdin.read()
"""


def test_a_second_holder_has_to_wait_for_the_first(tmp_path: Path) -> None:
    first, second = FileLock(tmp_path / "lock"), FileLock(tmp_path / "lock")
    assert first.try_acquire()
    assert first.try_acquire()  # the holder may ask again
    assert not second.acquire(0.05)
    first.release()
    assert not first.held
    with second:
        assert second.held
        assert not first.try_acquire()
    assert first.try_acquire()


def test_a_killed_process_lets_go(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path / "lock")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "True\n"
        lock = FileLock(tmp_path / "lock")
        assert not lock.try_acquire()
        holder.kill()
    assert lock.try_acquire()


def test_a_lock_whose_file_was_removed_guards_nothing_for_the_next(tmp_path: Path) -> None:
    first, second = FileLock(tmp_path / "lock"), FileLock(tmp_path / "lock")
    assert first.try_acquire()
    (tmp_path / "lock").unlink()
    assert second.try_acquire()
