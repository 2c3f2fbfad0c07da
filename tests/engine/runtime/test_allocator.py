"""Freed memory stays in the process."""

from __future__ import annotations

import ctypes
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from engine.runtime import allocator

ON_GLIBC = platform.libc_ver()[0] == "glibc"
# The system's setting, the chosen one in brackets: always, madvise or never.
SETTING = Path("/sys/kernel/mm/transparent_hugepage/enabled")
LARGE_PAGES = SETTING.exists() and "[never]" not in SETTING.read_text()

# Writes the same 64 MiB over and over, as a network's layers do, and counts the page faults of doing so.
FAULTS = """
import resource, sys, threading
size_bytes = 2**26  # a name, or the compiler would make the bytes once and for all
from engine.runtime.allocator import keep_freed_memory
if sys.argv[1] != "default":
    assert keep_freed_memory(large_pages=sys.argv[1] == "large")

def fill(rounds):
    for _ in range(rounds):
        b"x" * size_bytes

def count(warm=3, rounds=10):
    fill(warm)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    fill(rounds)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)

if sys.argv[2] == "main":
    count()
elif sys.argv[2] == "first":
    count(0, 1)
else:
    thread = threading.Thread(target=count)
    thread.start()
    thread.join()
"""


def faults(mode: str, thread: str, repository: Path) -> int:
    command = [sys.executable, "-c", FAULTS, mode, thread]
    return int(subprocess.run(command, cwd=repository, capture_output=True, text=True, check=True).stdout)


@pytest.mark.skipif(not ON_GLIBC, reason="only glibc's allocator has these settings")
@pytest.mark.parametrize("thread", ["main", "further"])
def test_memory_that_was_freed_is_used_again_without_page_faults(thread: str, repository: Path) -> None:
    pages = 10 * 2**26 // 4096
    assert faults("kept", thread, repository) < pages / 100 < faults("default", thread, repository)


@pytest.mark.skipif(not (ON_GLIBC and LARGE_PAGES), reason="no large pages here")
def test_new_memory_comes_in_large_pages(repository: Path) -> None:
    """In most processes: the kernel may have none for one, and a heap may lie where it cannot grow."""
    assert min(faults("large", "first", repository) for _ in range(3)) < 2**26 // 4096 / 10


@pytest.mark.skipif(not ON_GLIBC, reason="only glibc's allocator has these settings")
def test_glibc_takes_all_the_settings_and_takes_them_twice(repository: Path) -> None:
    program = "from engine.runtime.allocator import keep_freed_memory as keep; print(keep(), keep())"
    ran = subprocess.run([sys.executable, "-c", program], cwd=repository, capture_output=True, text=True, check=True)
    assert ran.stdout == "True True\n"


def test_without_glibc_nothing_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    class OtherLibrary:
        """Has mallopt, yet means something else by it."""

        def mallopt(self, parameter: int, value: int) -> int:
            raise AssertionError

    monkeypatch.setattr(ctypes, "CDLL", lambda name: OtherLibrary())
    assert allocator.keep_freed_memory() is False


def test_on_a_system_without_a_library_of_the_process_nothing_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_library(name: str | None) -> None:
        raise TypeError("LoadLibrary() argument 1 must be str, not None")

    monkeypatch.setattr(ctypes, "CDLL", no_library)
    assert allocator.keep_freed_memory() is False
