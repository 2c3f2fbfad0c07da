"""A disk that a test may fill."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk_at(folder: Path, files: int = 0) -> Iterator[Path]:
    """A disk of 64 MiB at `folder`, with room for so many files where that is not 0. Skips the test where none can be
    mounted."""
    folder.mkdir()
    options = "size=64m" + (f",nr_inodes={files}" if files else "")
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("no small disk can be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False)
