"""Children that do not outlive the process that started them."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Callable

# Of Linux's prctl.
SET_PARENT_DEATH_SIGNAL = 1


def ending_with(parent_pid: int, number: signal.Signals) -> Callable[[], None]:
    """What a child calls first, so that it gets the signal when its parent dies, however that dies (Linux), even in the
    middle of native code; it ends at once where the parent is gone already.

    May be called before the child is forked off, so that the child need not load a library then.
    """
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None

    def prepare() -> None:
        if libc is not None:
            libc.prctl(SET_PARENT_DEATH_SIGNAL, int(number))
        if os.getppid() != parent_pid:
            os._exit(1)

    return prepare
