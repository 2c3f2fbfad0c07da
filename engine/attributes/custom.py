"""Which attributes of their own the user has installed, and where."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

from engine.errors import StateUnusable
from engine.runtime.home import at_home

SUFFIX = ".safetensors"
FOLDER = "boundaries"


def custom_directory() -> Path:
    """Where they are installed: boundaries/ in the user's data directory for Recede (RECEDE_DATA names another).

    Raises StateUnusable where neither the environment nor the system knows the user's home.
    """
    data = _data_directory()
    if data is None:
        raise StateUnusable(
            "There is no home folder to install attributes in: set HOME, or name a folder with the environment "
            "variable RECEDE_DATA."
        )
    return data / FOLDER


def custom_names() -> tuple[str, ...]:
    """Names of what is installed there."""
    data = _data_directory()
    return () if data is None else tuple(sorted(path.stem for path in (data / FOLDER).glob(f"*{SUFFIX}")))


def _data_directory() -> Path | None:
    return at_home(os.environ.get("RECEDE_DATA"), lambda: platformdirs.user_data_path("recede", appauthor=False))
