"""``recede bench worn``: what becomes of things that lie on the hair."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from engine.cli.arguments import Parser, at_least
from engine.cli.photos import each_photo, photo_names
from engine.cli.progress import ProgressBar
from engine.runtime.files import check_folder, write_files

WORN = """\
Draw bands, bows, clips, glasses, headphones, straps, caps, captions, stickers, veils and more on the hair of each
photo's largest face, and count how often that is refused, kept whole in place, or missed; and look at the photo as it
is, which must not be refused. Most of the kinds were learnt from, on generated faces; crowns, ears, sticks, feathers
and veils that hair is seen through were not."""


def add_parser(kinds: argparse._SubParsersAction[Parser]) -> None:
    """Register the command."""
    worn = kinds.add_parser("worn", help="is what lies on the hair kept or refused?", description=WORN)
    worn.set_defaults(run=run)
    worn.add_argument("photos", metavar="PHOTO", type=Path, nargs="+", help="photos of people with bare hair")
    worn.add_argument(
        "--times", metavar="N", type=at_least(1), default=1, help="drawings of each kind on each photo (default: 1)"
    )
    worn.add_argument("--seed", metavar="N", type=at_least(0), default=0, help="of the drawings (default: 0)")
    worn.add_argument("--json", metavar="FILE", type=Path, help="also write everything as JSON")
    worn.add_argument("--device", default="auto", help="auto (default), cpu, cuda, cuda:1, ...")
    worn.add_argument("--traceback", action="store_true", help="on an unexpected error, show where it happened")


def run(arguments: argparse.Namespace) -> int:
    """Measure photo by photo. A photo with an error is told and skipped, and makes the exit code 2.

    Raises BadOption for two photos of one name, what engine.models.load.load_models does, and DiskFull.
    """
    if arguments.json is not None:
        check_folder(arguments.json)
    names = photo_names(arguments.photos)

    from engine.bench.report import machine
    from engine.bench.worn import PhotoVerdicts, measure_photo, table
    from engine.models.load import load_models

    with ProgressBar() as progress:
        models = load_models(arguments.device, progress)

        def measure(name: str, photo: bytes) -> PhotoVerdicts:
            def tell(done: float) -> None:
                progress.at("drawing", done)

            return measure_photo(models, name, photo, times=arguments.times, seed=arguments.seed, tell=tell)

        measured, failed = each_photo(names, measure, progress)
    if measured:
        print(table(measured))
    for name, failure in failed.items():
        print(f"{name}: {failure['sentence']}")
    if arguments.json is not None:
        photos = {one.name: {"refused by itself": one.bare, "drawn": list(one.verdicts)} for one in measured}
        everything = {"machine": machine(str(models.device)), "photos": photos, "failed": failed}
        write_files({arguments.json: json.dumps(everything, indent=2).encode() + b"\n"})
    return 2 if failed else 0
