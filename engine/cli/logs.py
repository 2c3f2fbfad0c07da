"""Logs of a command: only what a user should act on, as plain lines on stderr."""

from __future__ import annotations

import logging


def quiet_logs() -> None:
    """Show warnings of the engine, and of other libraries only errors; Python's own warnings go the same way."""
    logging.basicConfig(level=logging.ERROR, format="recede: %(message)s")
    logging.getLogger("engine").setLevel(logging.WARNING)
    logging.captureWarnings(True)
