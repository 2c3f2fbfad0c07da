"""Where Recede keeps what outlives a process: the bot's memory, the broker's store, locks."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import platformdirs

from engine.errors import StateUnusable
from engine.runtime.home import at_home

STATE_VARIABLE = "RECEDE_STATE"
# A photo and an animation of the largest size at the broker, and room for its own files.
LEAST_FREE_BYTES = 64 * 2**20
# The broker keeps some for itself, so that it refuses before the last byte is taken.
FULL_BELOW_BYTES = 4 * 2**20
FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_OTHERWISE = f"or name another folder with the environment variable {STATE_VARIABLE}"


def state_dir() -> Path:
    """The user's state directory for Recede (RECEDE_STATE names another), made for the user's eyes alone.

    Raises StateUnusable.
    """
    path = _named()
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise _below_a_file(path) or unusable(path, error) from error
    _check_access(path)
    return path


def check_state_dir() -> Path:
    """Where `state_dir` is or would be; makes nothing. Raises StateUnusable where it could not be made or used."""
    path = _named()
    in_the_way = _below_a_file(path)
    if in_the_way is not None:
        raise in_the_way
    present = _present(path)
    _check_access(present)
    free_bytes = shutil.disk_usage(present).free
    if free_bytes < LEAST_FREE_BYTES:
        raise StateUnusable(
            f"The disk of the state folder {path} is nearly full ({free_bytes >> 20} MiB left, "
            f"{LEAST_FREE_BYTES >> 20} are needed): make room, {_OTHERWISE}."
        )
    return path


def full_disk(path: Path) -> StateUnusable | None:
    """The error for a state folder on whose disk not even a small message fits any more, None where one does."""
    try:
        free_bytes = shutil.disk_usage(path).free
    except OSError:
        return None
    return unusable(path, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))) if free_bytes < FULL_BELOW_BYTES else None


def unusable(path: Path, error: OSError) -> StateUnusable:
    """What an error of the system's in the state folder at `path` means."""
    if error.errno in FULL:
        return StateUnusable(f"The disk of the state folder {path} is full: make room, {_OTHERWISE}.")
    why = error.strerror or error
    return StateUnusable(f"The state folder {path} cannot be used ({why}): correct its permissions, {_OTHERWISE}.")


def _named() -> Path:
    path = at_home(os.environ.get(STATE_VARIABLE), lambda: platformdirs.user_state_path("recede", appauthor=False))
    if path is None:
        raise StateUnusable(f"There is no home folder to keep settings and the queue in: set HOME, {_OTHERWISE}.")
    try:
        str(path).encode("utf-8")
    except UnicodeEncodeError as error:
        shown = str(path).encode("utf-8", "backslashreplace").decode("utf-8")
        raise StateUnusable(
            f"The state folder {shown} has a name that is not UTF-8, which the broker cannot read: rename it, "
            f"{_OTHERWISE}."
        ) from error
    return path


def _present(path: Path) -> Path:
    """The folder itself, or else the nearest one above it that is there."""
    return next(folder for folder in (path, *path.absolute().parents) if os.path.lexists(folder))


def _below_a_file(path: Path) -> StateUnusable | None:
    """The error for a folder in whose place, or above which, a file is; None where none is."""
    present = _present(path)
    if present.is_dir():
        return None
    if present == path:
        return StateUnusable(f"The state folder {path} is a file: remove it, {_OTHERWISE}.")
    return StateUnusable(f"The state folder {path} would lie in {present}, which is a file: remove it, {_OTHERWISE}.")


def _check_access(folder: Path) -> None:
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        raise unusable(folder, PermissionError(errno.EACCES, os.strerror(errno.EACCES)))
