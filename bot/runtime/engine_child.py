"""Becomes the engine: `python -m bot.runtime.engine_child PARENT_PID MODULE ARGUMENT…`.

In between, it asks the kernel for SIGTERM when the bot dies (Linux), so that an engine drains instead of outliving the
bot that would supervise it, and steps back behind the bot, whose answers have seconds where a picture has minutes.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

NICENESS = 5


def main() -> None:
    """Entry point; does not return."""
    parent_pid, module, *arguments = sys.argv[1:]
    if sys.platform == "linux":
        set_parent_death_signal = 1
        ctypes.CDLL(None).prctl(set_parent_death_signal, int(signal.SIGTERM))
    if os.getppid() != int(parent_pid):
        sys.exit(0)
    os.nice(NICENESS)
    os.execv(sys.executable, [sys.executable, "-m", module, *arguments])


if __name__ == "__main__":
    main()
