"""Files that are there as a whole or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from engine.errors import BadOption, DiskFull, RecedeError
from engine.runtime.state import FULL


def check_folder(path: Path) -> None:
    """Raise BadOption where no file of that path could be written, before any work goes into it."""
    folder = path.parent
    if not folder.is_dir():
        raise BadOption(f"The folder '{folder}' does not exist: create it, or choose another output.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise BadOption(f"The folder '{folder}' cannot be written to: choose another output.")
    if path.is_dir():
        raise BadOption(f"'{path}' is a folder: give the name of a file.")


def check_file(path: Path, ending: str, what: str = "") -> None:
    """Raise BadOption where a file of that path has another ending than its format's, or could not be written.

    ending: ".png" for example; what: the format in words.
    """
    if path.suffix != ending:
        told = f"{ending}, {what}" if what else ending
        raise BadOption(f"'{path}' does not end with {told}: give it that ending.")
    check_folder(path)


def write_files(files: Mapping[Path, bytes]) -> None:
    """Write files so that an interruption or a full disk leaves each as it was before, never half-written.

    All are first written beside their destinations under temporary names, then renamed. The temporary files are gone
    afterwards, whatever happens. Raises DiskFull, or BadOption where the system does not let a file be written.
    """
    parts = {path: path.with_name(f".{path.name}.{secrets.token_hex(4)}.part") for path in files}
    try:
        for path, part in parts.items():
            part.write_bytes(files[path])
        for path, part in parts.items():
            part.replace(path)
    except OSError as error:
        raise not_written(next(iter(files)), error) from error
    finally:
        for part in parts.values():
            with contextlib.suppress(OSError):  # the reason why it could not be written counts
                part.unlink(missing_ok=True)


def not_written(path: Path, error: OSError) -> RecedeError:
    """What the system's refusal to write a file means, in a sentence."""
    if error.errno in FULL:
        folder = path.absolute().parent
        return DiskFull(f"The disk of the folder '{folder}' is full: make room, or choose another output.")
    return BadOption(f"'{path}' cannot be written ({error.strerror or error}): choose another output.")
