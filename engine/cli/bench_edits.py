"""``recede bench edits``: what attribute edits change, and what not."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from engine.cli.arguments import Parser, add_model_arguments
from engine.cli.photos import begun, each_photo
from engine.cli.progress import ProgressBar
from engine.runtime.files import write_files

EDITS = """\
Edit each photo along every attribute at strengths -2, -1, 1 and 2 and measure, at full size: how far the attribute's
own score moves, in standard deviations; how much the face stays the same person's; and whether anything changed outside
of the attribute's region."""


def add_parser(kinds: argparse._SubParsersAction[Parser]) -> None:
    """Register the command."""
    parser = kinds.add_parser("edits", help="what attribute edits change, and what not", description=EDITS)
    parser.set_defaults(run=run)
    parser.add_argument("photos", metavar="PHOTO", type=Path, nargs="+", help="photos, edited at their largest face")
    parser.add_argument("--attributes", metavar="NAMES", help="only these, with commas (default: all)")
    parser.add_argument("--json", metavar="FILE", type=Path, help="also write everything as JSON")
    parser.add_argument(
        "--sheets", metavar="DIR", type=Path, help="also write a contact sheet for each attribute, photo by strength"
    )
    parser.add_argument("--sheet-format", choices=("png", "jpeg"), default="png", help="of the sheets (default: png)")
    parser.add_argument("--traceback", action="store_true", help="on an unexpected error, show where it happened")
    add_model_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Measure photo by photo. A photo with an error is told and skipped, and makes the exit code 2.

    Raises BadOption for two photos of one name or an attribute that there is not, what engine.models.load.load_models
    does, and DiskFull.
    """
    names = begun(arguments)

    from engine.animation.sheet import jpeg, png
    from engine.attributes.table import check_attributes
    from engine.bench import edits
    from engine.bench.report import machine
    from engine.models.load import load_models
    from engine.protocol import EDIT_ATTRIBUTES, AttributeEdit, EditOptions

    attributes = EDIT_ATTRIBUTES
    if arguments.attributes is not None:
        attributes = tuple(name.strip() for name in arguments.attributes.split(",") if name.strip())
        check_attributes(EditOptions(tuple(AttributeEdit(name, 1.0) for name in attributes)))
    with ProgressBar() as progress:
        models = load_models(arguments.device, progress)
        judge = edits.load_judge(models)

        def measure(name: str, photo: bytes) -> edits.PhotoEdits:
            return edits.measure_photo(models, judge, name, photo, attributes, arguments.preset, progress)

        measured, failed = each_photo(names, measure, progress)
    if arguments.sheets is not None:
        encoded, ending = (png, "png") if arguments.sheet_format == "png" else (jpeg, "jpg")
        sheets = edits.sheets_of(measured)
        write_files({arguments.sheets / f"{name}.{ending}": encoded(sheet) for name, sheet in sheets.items()})
    if measured:
        print(edits.table(measured))
    for name, failure in failed.items():
        print(f"{name}: {failure['sentence']}")
    if arguments.json is not None:
        everything = {
            "preset": arguments.preset,
            "machine": machine(str(models.device)),
            **edits.report_json(measured, failed),
        }
        write_files({arguments.json: json.dumps(everything, indent=2).encode() + b"\n"})
    return 2 if failed else 0
