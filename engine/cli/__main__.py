"""``python -m engine.cli`` is ``recede`` where the script is not installed."""

import sys

from engine.cli import main

if __name__ == "__main__":
    sys.exit(main())
