"""Becomes the engine: `python -m bot.runtime.engine_child PARENT_PID MODULE ARGUMENT…`.

In between, it asks the kernel for SIGTERM when the bot dies (Linux), so that an engine drains instead of outliving the
bot that would supervise it, and steps back behind the bot, whose answers have seconds where a picture has minutes.
"""

from __future__ import annotations

import os
import signal
import sys

from engine.process.parent import ending_with

NICENESS = 5


def main() -> None:
    """Entry point; does not return."""
    parent_pid, module, *arguments = sys.argv[1:]
    ending_with(int(parent_pid), signal.SIGTERM)()
    os.nice(NICENESS)
    os.execv(sys.executable, [sys.executable, "-m", module, *arguments])


if __name__ == "__main__":
    main()
