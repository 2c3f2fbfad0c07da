"""Pieces of work side by side, each on its share of the cores.

Small networks leave a second core idle half of the time: on two cores one pass of the generator is 1.3 to 1.6 times as
fast as on one, two passes side by side are twice as fast.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from threading import RLock

import torch

# Each further piece needs its own memory.
MOST_AT_ONCE = 2
_LARGE = RLock()
# A token for each job of this process that is at work.
_JOBS: set[object] = set()


def at_once(device: torch.device) -> int:
    """How many pieces of torch's work are best done side by side: one on a GPU, which takes one after the other."""
    return min(MOST_AT_ONCE, torch.get_num_threads()) if device.type == "cpu" else 1


def wholes_at_once(device: torch.device, *, large: bool = False) -> int:
    """How many whole ways from a crop to its layers are best gone side by side: one more than pieces, which works while
    another waits for the interpreter, or for what it does on a single thread, or has ended first; no more than pieces
    where each holds hundreds of MiB for most of the way (large)."""
    pieces = at_once(device)
    return pieces + 1 if pieces > 1 and not large else pieces


@contextmanager
def side_by_side(workers: int) -> Iterator[ThreadPoolExecutor]:
    """A pool of so many threads, which share torch's threads of whoever calls."""
    threads = torch.get_num_threads()
    each = max(1, threads // workers)
    try:
        with ThreadPoolExecutor(workers, initializer=torch.set_num_threads, initargs=(each,)) as pool:
            yield pool
    finally:
        # What the pool's threads have set holds for them, and for threads that begin later.
        torch.set_num_threads(threads)


def large_piece() -> AbstractContextManager[object]:
    """What to hold for a piece of work that takes hundreds of MiB: other large pieces of this process wait for it, all
    else goes on beside it."""
    return _LARGE


@contextmanager
def at_work() -> Iterator[None]:
    """A job of this process, while the block lasts."""
    token = object()
    _JOBS.add(token)
    try:
        yield
    finally:
        _JOBS.discard(token)


def is_alone() -> bool:
    """Whether no two jobs of this process are at work."""
    return len(_JOBS) < 2


@contextmanager
def leaving_room() -> Iterator[None]:
    """Leaves one of torch's threads, where whoever calls has more, to another job that is at work as the block begins:
    what a job ends with keeps a core busy, and threads that wait for each other on the other one only take time."""
    threads = torch.get_num_threads()
    if not is_alone():
        torch.set_num_threads(max(1, threads - 1))
    try:
        yield
    finally:
        torch.set_num_threads(threads)
