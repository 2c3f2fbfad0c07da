"""``recede bench parser``: what the parser still sees in bad pictures."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from engine.cli.arguments import Parser
from engine.cli.photos import each_photo, photo_names
from engine.cli.progress import ProgressBar
from engine.runtime.files import check_folder, write_files

PARSER = """\
Degrade the largest face of each photo as cameras and chats do (blur, enlargement, compression, noise, light, colour)
and measure how well hair and skin are still found, against the clean photo's own parse: before, as the parser is, and
now, as the engine uses it."""


def add_parser(kinds: argparse._SubParsersAction[Parser]) -> None:
    """Register the command."""
    parsing = kinds.add_parser("parser", help="is hair still seen in bad pictures?", description=PARSER)
    parsing.set_defaults(run=run)
    parsing.add_argument("photos", metavar="PHOTO", type=Path, nargs="+", help="clear photos, by their largest face")
    parsing.add_argument("--json", metavar="FILE", type=Path, help="also write everything as JSON")
    parsing.add_argument("--device", default="auto", help="auto (default), cpu, cuda, cuda:1, ...")
    parsing.add_argument("--traceback", action="store_true", help="on an unexpected error, show where it happened")


def run(arguments: argparse.Namespace) -> int:
    """Measure photo by photo. A photo with an error is told and skipped, and makes the exit code 2.

    Raises BadOption for two photos of one name, what engine.models.load.load_parts does, and DiskFull.
    """
    if arguments.json is not None:
        check_folder(arguments.json)
    names = photo_names(arguments.photos)

    from engine.bench.parser import PhotoAgreement, measure_photo, report_json, table
    from engine.bench.report import machine
    from engine.models.load import load_parts

    with ProgressBar() as progress:
        parts = load_parts(arguments.device, progress)

        def measure(name: str, photo: bytes) -> PhotoAgreement:
            return measure_photo(parts, name, photo)

        measured, failed = each_photo(names, measure, progress)
    if measured:
        print(table(measured))
    for name, failure in failed.items():
        print(f"{name}: {failure['sentence']}")
    if arguments.json is not None:
        everything = {"machine": machine(str(parts.device)), **report_json(measured), "failed": failed}
        write_files({arguments.json: json.dumps(everything, indent=2).encode() + b"\n"})
    return 2 if failed else 0
