"""The private broker's store: how much of the disk it may take, and what becomes of one that no broker bears."""

from __future__ import annotations

import logging
import os
import shutil
import time
from pathlib import Path

from engine.broker.files import remove, size_bytes, write_private
from engine.protocol import MIB

log = logging.getLogger("recede.queue")

# Of what is free on the disk, what was stored before included, the messages take this share at most.
DISK_SHARE = 0.5
LEAST_ROOM_BYTES = MIB  # on a disk that is full: what says so to whoever asks has to fit
# The messages' room grows with the disk's, but not for every file that is deleted there.
LEAST_GROWTH = 1.25
ASIDE_KEPT_S = 3600.0  # long enough to copy it away; there are photos in it


class Store:
    """The store in the broker's folder. most_bytes: what is configured."""

    def __init__(self, folder: Path, most_bytes: int) -> None:
        self._dir = folder
        self._most_bytes = most_bytes

    def told_bytes(self) -> int:
        """How much the messages may take, as it was told last. Raises OSError, ValueError."""
        told = self._dir / "store_bytes"
        return int(told.read_text()) if told.exists() else self._most_bytes

    def tell(self) -> None:
        """Measure how much the messages may take, and tell it. Raises OSError."""
        write_private(self._dir / "store_bytes", str(self._room()))

    def grow(self) -> None:
        """The same where the disk has more to give than when it was told last. Raises OSError."""
        room_bytes = min(self._room(), int((self._dir / "reserved_bytes").read_text()))
        if room_bytes >= LEAST_GROWTH * self.told_bytes():
            write_private(self._dir / "store_bytes", str(room_bytes))

    def reserve(self) -> int:
        """What nats-server is told. It stops serving when its streams were promised more than that, so the number never
        falls as long as there is a store, and is no less than what there may be room for later; the streams' own limits
        follow the room. Raises OSError."""
        path = self._dir / "reserved_bytes"
        before = int(path.read_text()) if path.exists() and (self._dir / "store").exists() else 0
        reserved_bytes = max(self._most_bytes, before)
        write_private(path, str(reserved_bytes))
        return reserved_bytes

    def set_aside(self) -> bool:
        """Move the store away; False where there is none. Who waits for its jobs is told that they are lost."""
        store, aside = self._dir / "store", self._dir / "store-aside"
        if not os.path.lexists(store):
            return False
        remove(aside)
        store.rename(aside)
        os.utime(aside)
        log.error(
            "the broker does not start on its store, which is kept as %s for an hour; it begins with a fresh one",
            aside,
            extra={"event": "store_set_aside"},
        )
        return True

    def clear_aside(self) -> None:
        """Remove one that was moved away long enough ago."""
        aside = self._dir / "store-aside"
        if os.path.lexists(aside) and time.time() - aside.lstat().st_mtime > ASIDE_KEPT_S:
            remove(aside)

    def _room(self) -> int:
        """How many bytes the messages may take: what is configured, and no more than a share of the disk."""
        held_bytes = sum(size_bytes(path) for path in (self._dir / "store").rglob("*"))
        share_bytes = int(DISK_SHARE * (shutil.disk_usage(self._dir).free + held_bytes))
        return min(self._most_bytes, max(share_bytes, LEAST_ROOM_BYTES))
