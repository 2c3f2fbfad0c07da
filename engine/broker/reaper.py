"""`python -m engine.broker.reaper FOLDER PID LINGER_S`: stops a private broker that nobody uses any more.

A process of its own, so that whoever used the broker last need not stay.
"""

from __future__ import annotations

import sys
from pathlib import Path

from engine.broker.private import PrivateBroker

if __name__ == "__main__":
    PrivateBroker(Path(sys.argv[1])).stop_after(int(sys.argv[2]), float(sys.argv[3]))
