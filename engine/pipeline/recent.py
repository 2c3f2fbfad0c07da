"""What has been prepared of the last photos, and the last answers' pictures: in this process's memory alone, for a
while, and for whoever asked.

Nothing here is ever written anywhere. What is dropped is freed, as all memory of a job is, and not overwritten.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from engine.protocol import MIB

# Of each worker. One face of a photo of 1024 px takes about 140 MiB with everything that was drawn of it.
MOST_PHOTOS = 4
MOST_BYTES = 512 * MIB
# Of each worker. The pictures of an answer as Discord gets it, 24 of 640 px, take 28 MiB.
MOST_ANSWERS = 4
MOST_ANSWER_BYTES = 128 * MIB

Value = TypeVar("Value")


@dataclass(frozen=True)
class Key:
    """asker: the account that asked, as in a Job; what: hash of the photo's file, or the answer's job; options: those
    that matter for what is prepared."""

    asker: str
    what: str
    options: Hashable = ()


@dataclass
class Loan(Generic[Value]):
    """What a job works with. value: what is known already, None for nothing; the job puts there what may be kept, and
    how large that is. revoked: it is not to be kept."""

    value: Value | None
    size_bytes: int = 0
    revoked: bool = False


@dataclass(frozen=True)
class _Entry(Generic[Value]):
    value: Value
    size_bytes: int
    until_s: float


class Recent(Generic[Value]):
    """The store, for any number of threads. keep_s: how long anything is kept after the job that used it last, 0 for
    not at all; clock: seconds that only grow."""

    def __init__(
        self,
        keep_s: float,
        *,
        most: int = MOST_PHOTOS,
        most_bytes: int = MOST_BYTES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.keep_s = keep_s
        self._most = most
        self._most_bytes = most_bytes
        self._clock = clock
        self._changed = threading.Condition()
        self._entries: dict[Key, _Entry[Value]] = {}
        self._loans: list[tuple[Key, Loan[Value]]] = []

    def __contains__(self, key: Key) -> bool:
        """Whether anything is kept under a key, and nobody works with it."""
        with self._changed:
            return key in self._entries

    @contextmanager
    def lent(self, key: Key) -> Iterator[Loan[Value]]:
        """What is kept under a key, for one job, during which nobody else gets it: who comes meanwhile waits.

        It is kept from then on, unless the job raises (a cancelled one leaves nothing) or has been told to forget it.
        """
        loan = Loan[Value](None)
        with self._changed:
            self._loans.append((key, loan))
            self._changed.wait_for(lambda: next(other for whose, other in self._loans if whose == key) is loan)
            self.sweep()
            entry = self._entries.pop(key, None)
            loan.value = None if entry is None else entry.value
        del entry  # what is forgotten meanwhile is not to hang on this frame
        try:
            yield loan
        except BaseException:
            loan.revoked = True
            raise
        finally:
            with self._changed:
                self._loans = [(whose, other) for whose, other in self._loans if other is not loan]
                self._keep(key, loan)
                loan.value = None
                self._changed.notify_all()

    def find(self, key: Key) -> Value | None:
        """What is kept under a key, to be looked at by any number at once, and kept for as long again; None for
        nothing."""
        self.sweep()
        with self._changed:
            entry = self._entries.pop(key, None)
            if entry is None:
                return None
            self._entries[key] = replace(entry, until_s=self._clock() + self.keep_s)
            return entry.value

    def forget(self, askers: Iterable[str]) -> None:
        """Drop what these accounts asked for, what a job works with at this moment included."""
        gone = set(askers)
        with self._changed:
            self._entries = {key: entry for key, entry in self._entries.items() if key.asker not in gone}
            for key, loan in self._loans:
                loan.revoked |= key.asker in gone

    def sweep(self) -> float | None:
        """Drop what has been kept long enough; returns in how many seconds there will be more, None for nothing."""
        with self._changed:
            now_s = self._clock()
            self._entries = {key: entry for key, entry in self._entries.items() if entry.until_s > now_s}
            return min((entry.until_s - now_s for entry in self._entries.values()), default=None)

    def watch(self) -> None:
        """Drop everything when its time is over, for ever: the work of a thread of its own."""
        while True:
            with self._changed:
                self._changed.wait(self.sweep())

    def _keep(self, key: Key, loan: Loan[Value]) -> None:
        if loan.value is None or loan.revoked or self.keep_s <= 0 or loan.size_bytes > self._most_bytes:
            return
        self._entries.pop(key, None)
        self._entries[key] = _Entry(loan.value, loan.size_bytes, self._clock() + self.keep_s)
        while len(self._entries) > self._most or self._held_bytes() > self._most_bytes:
            del self._entries[next(iter(self._entries))]  # the first one is the oldest

    def _held_bytes(self) -> int:
        return sum(entry.size_bytes for entry in self._entries.values())
