"""``recede bench realness``: can a classifier tell our bald heads from real ones?"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from engine.cli.arguments import Parser, add_command, add_model_arguments, at_least
from engine.cli.photos import each_photo, photo_names
from engine.cli.progress import ProgressBar
from engine.protocol import BaldOptions
from engine.runtime.files import check_folder, write_files

if TYPE_CHECKING:
    from engine.bench.realness import Head

REALNESS = """\
Train a small classifier to tell frames of year 20 from bald people, on what the parser's trunk sees of the head's upper
half, and cross-validate it by person. Bald are the photos after --real, and the generator's own bald people as it draws
them. Balanced accuracy: .5 cannot tell, 1 tells every one. The lower half of the face, which no edit touches, stands
beside: what is told there, photo from drawing, is not our doing."""
EXAMPLES = """\
examples:
  recede bench realness photos/*.jpg --real bald/*.jpg --json realness.json
"""


def add_parser(kinds: argparse._SubParsersAction[Parser]) -> None:
    """Register the command."""
    parser = add_command(
        kinds,
        "realness",
        help="can a classifier tell our bald heads from real ones?",
        description=REALNESS,
        examples=EXAMPLES,
    )
    parser.set_defaults(run=run)
    parser.add_argument("photos", metavar="PHOTO", type=Path, nargs="+", help="photos, edited at their largest face")
    parser.add_argument("--real", metavar="PHOTO", type=Path, nargs="+", default=[], help="photos of bald people")
    parser.add_argument(
        "--samples", type=at_least(0), default=40, help="drawn bald people, at most (default: %(default)s)"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the drawn people (default: %(default)s)")
    parser.add_argument("--json", metavar="FILE", type=Path, help="also write everything as JSON")
    parser.add_argument("--clean", action="store_true", help="measure the wholly bald head instead of the horseshoe")
    parser.add_argument("--traceback", action="store_true", help="on an unexpected error, show where it happened")
    add_model_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Judge all photos together. One with an error is told and skipped, and makes the exit code 2.

    Raises BadOption for two photos of one name, what engine.models.load.load_models does, and DiskFull.
    """
    if arguments.json is not None:
        check_folder(arguments.json)
    names, real_names = photo_names(arguments.photos), photo_names(arguments.real)

    from engine.bench.realness import drawn_heads, judge_heads, our_head, real_head
    from engine.bench.report import machine
    from engine.models.load import load_models

    options = BaldOptions(clean=arguments.clean, preset=arguments.preset)
    with ProgressBar() as progress:
        models = load_models(arguments.device, progress, generator=arguments.generator)

        def ours(name: str, photo: bytes) -> Head:
            return our_head(models, name, photo, options, progress)

        def theirs(name: str, photo: bytes) -> Head:
            return real_head(models, f"real-{name}", photo)

        real, failed_real = each_photo(real_names, theirs, progress)
        progress.title("the generator's own")
        drawn = drawn_heads(models, arguments.samples, arguments.seed, progress)
        edited, failed = each_photo(names, ours, progress)
    found = judge_heads([*real, *drawn, *edited])
    failed |= failed_real
    print(f"balanced accuracy, upper half of the head: {found.balanced_accuracy:.3f}")
    print(f"the same of the untouched lower half:      {found.control_balanced_accuracy:.3f}")
    print(f"{len(edited)} frames of ours, {len(real)} photos of bald people, {len(drawn)} drawn")
    for name, failure in failed.items():
        print(f"{name}: {failure['sentence']}")
    if arguments.json is not None:
        everything = {
            "preset": options.preset,
            "clean": options.clean,
            "machine": machine(str(models.device)),
            "ours": len(edited),
            "real": len(real),
            "drawn": len(drawn),
            **vars(found),
            "failed": failed,
        }
        write_files({arguments.json: json.dumps(everything, indent=2).encode() + b"\n"})
    return 2 if failed else 0
