"""Files of the broker's folder, which only the user can read."""

from __future__ import annotations

import os
import shutil
from pathlib import Path


def write_private(path: Path, text: str) -> None:
    """Write a file that only the user can read, whole or not at all."""
    draft = path.with_suffix(path.suffix + ".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    draft.replace(path)


def remove(path: Path) -> None:
    """Remove a file or a folder with what is in it; nothing happens where it is gone."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def size_bytes(path: Path) -> int:
    """How long a file is; 0 where it is gone."""
    try:
        return path.stat().st_size
    except OSError:  # a broker that is being ended removes files
        return 0
