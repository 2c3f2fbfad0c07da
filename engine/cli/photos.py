"""Photos that a command is given: read and checked, or one after the other where many are measured."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from engine.cli.arguments import told_bytes
from engine.cli.progress import ProgressBar
from engine.errors import BadOption, PhotoError, PhotoTooManyBytes, RecedeError
from engine.runtime.files import check_folder

Measured = TypeVar("Measured")


def checked_photo(path: Path) -> bytes:
    """The bytes of a photo that can be decoded.

    Raises PhotoError where there is no such file, PhotoTooManyBytes, and what engine.photo.read_photo does.
    """
    from engine.photo import PhotoLimits, read_photo

    if not path.exists():
        raise PhotoError(f"There is no file '{path}': check its name and folder.")
    if not path.is_file():
        raise PhotoError(f"'{path}' is not a file: give the path of a photo.")
    size, limit = path.stat().st_size, PhotoLimits().max_bytes
    if size > limit:
        raise PhotoTooManyBytes(
            f"'{path}' has {told_bytes(size)}, and {told_bytes(limit)} is the limit: save it smaller.",
            size_bytes=size,
            max_bytes=limit,
        )
    try:
        data = path.read_bytes()
    except PermissionError:
        raise PhotoError(f"'{path}' may not be read by you: change its permissions.") from None
    # Decoded here as well, because a broken photo should be refused before weights are fetched and loaded for it.
    read_photo(data)
    return data


def each_photo(
    names: Mapping[str, Path], measure: Callable[[str, bytes], Measured], progress: ProgressBar
) -> tuple[list[Measured], dict[str, dict[str, str]]]:
    """What `measure` finds, photo by photo; and for each photo with a RecedeError its code and sentence, by name."""
    measured: list[Measured] = []
    failed: dict[str, dict[str, str]] = {}
    for name, path in names.items():
        progress.title(name)
        try:
            measured.append(measure(name, checked_photo(path)))
        except RecedeError as error:
            failed[name] = {"code": error.code, "sentence": error.sentence}
    return measured, failed


def photo_names(paths: list[Path]) -> dict[str, Path]:
    """Photos by the name that stands in the table. Raises BadOption where two would share one."""
    names: dict[str, Path] = {}
    for path in paths:
        name = path.stem
        if name in names:
            raise BadOption(f"'{names[name]}' and '{path}' have the same name: rename one of them.")
        names[name] = path
    return names


def begun(arguments: argparse.Namespace) -> dict[str, Path]:
    """The photos by name, once it is clear that the results can be written. Raises BadOption, and OSError where the
    folder for the sheets cannot be made."""
    if arguments.json is not None:
        check_folder(arguments.json)
    names = photo_names(arguments.photos)
    if arguments.sheets is not None:
        arguments.sheets.mkdir(parents=True, exist_ok=True)
    return names
