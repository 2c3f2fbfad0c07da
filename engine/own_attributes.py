"""Which attributes of their own the user has installed, and where."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

SUFFIX = ".safetensors"


def own_directory() -> Path:
    """Where they are installed: boundaries/ in the user's data directory for Recede (RECEDE_DATA names another)."""
    named = os.environ.get("RECEDE_DATA")
    data = Path(named) if named else platformdirs.user_data_path("recede", appauthor=False)
    return data / "boundaries"


def own_names() -> tuple[str, ...]:
    """Names of what is installed there."""
    return tuple(sorted(path.stem for path in own_directory().glob(f"*{SUFFIX}")))
