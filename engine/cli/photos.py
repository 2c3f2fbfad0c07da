"""Photos one after the other, for commands that measure many."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from engine.cli.progress import ProgressBar
from engine.errors import BadOption, RecedeError
from engine.runtime.files import check_folder

Measured = TypeVar("Measured")


def each_photo(
    names: Mapping[str, Path], measure: Callable[[str, bytes], Measured], progress: ProgressBar
) -> tuple[list[Measured], dict[str, dict[str, str]]]:
    """What `measure` finds, photo by photo; and for each photo with an error its code and sentence, by name."""
    from engine.cli.bald import checked_photo

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
    """The photos by name, once it is clear that the results can be written. Raises BadOption."""
    if arguments.json is not None:
        check_folder(arguments.json)
    names = photo_names(arguments.photos)
    if arguments.sheets is not None:
        arguments.sheets.mkdir(parents=True, exist_ok=True)
    return names
