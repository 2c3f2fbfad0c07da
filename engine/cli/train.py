"""``recede train``: make the engine's own assets again, from the pretrained parts alone."""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from engine.attributes.custom import SUFFIX
from engine.cli import train_attributes
from engine.cli.arguments import Parser, add_command, add_common_arguments, add_generator_argument, at_least
from engine.cli.in_process import parts_here
from engine.cli.progress import ProgressBar
from engine.runtime.files import check_file

DESCRIPTION = """\
Fit one of the assets that come with the engine to faces that its generator invents; no photo is needed. Beside the
asset goes its card, a JSON file that says how it was made and how good it is, and that is also printed."""
EXAMPLES = """\
examples:
  recede train encoder --shards samples
  recede train feature-parser --samples 100 -o mine.safetensors
  recede train bald-direction --per-kind 20 --seed 1
  recede train bald-direction --generator mine.pt    for a generator with a W space of its own (docs/generator.md)
"""
ENCODER = "The network that guesses a photo's latent, where the search for it starts."
FEATURE_PARSER = "The linear map from the generator's activations to what each pixel is: hair, skin, background, ..."
ON_HAIR = "What tells bows, clips and letters on hair from hair, by what the face parser's trunk sees there."
ON_HAIR_CLOSE = (
    "The same for pins and pearls, on hair that is seen from closer. It starts from on-hair, which comes first."
)
PICTURE_HEAD = "The small network that estimates the picture from the generator's activations at 128 px."
BALD_DIRECTION = """\
The steps in latent space where the ways to a horseshoe and to no hair start, for short and for long hair: the mean of
many edits, each found for one face by a descent of its own. By far the slowest."""
BALD_START = """\
The linear map from a face's latent and hair to the step with which the search for its horseshoe begins. It starts from
the steps of bald-direction, which come first."""


@dataclass(frozen=True)
class Trainer:
    """How to fit one asset: `train_NAME` of `engine.training.NAME`.

    options: what of the command line it takes besides seed; parts: names in engine.models.load.Parts of what it takes.
    """

    asset: str
    options: tuple[str, ...]
    parts: tuple[str, ...] = ("networks",)


TRAINERS = {
    "encoder": Trainer("encoder", ("shards", "epochs")),
    "picture-head": Trainer("picture_head", ("steps",), ("generator", "statistics")),
    "feature-parser": Trainer("feature_parser", ("samples",)),
    "on-hair": Trainer("on_hair", ("faces", "drawings")),
    "on-hair-close": Trainer("on_hair_close", ("faces", "drawings")),
    "bald-direction": Trainer("bald_direction", ("per_kind",), ("networks", "face_tools")),
    "bald-start": Trainer("bald_start", ("faces",), ("networks", "face_tools", "assets")),
}


def add_parser(subparsers: argparse._SubParsersAction[Parser]) -> None:
    """Register the command."""
    parser = add_command(
        subparsers, "train", help="make the engine's own assets again", description=DESCRIPTION, examples=EXAMPLES
    )
    kinds = parser.add_subparsers(title="assets", metavar="ASSET", required=True)

    encoder = kinds.add_parser("encoder", help="first guess of a photo's latent", description=ENCODER)
    encoder.set_defaults(run=run, trainer=TRAINERS["encoder"])
    encoder.add_argument(
        "--shards", metavar="DIR", type=Path, required=True, help="the sample set that `recede train sample` made"
    )
    encoder.add_argument("--epochs", metavar="N", type=at_least(1), default=3, help="passes over it (default: 3)")
    add_training_arguments(encoder)

    picture_head = kinds.add_parser(
        "picture-head", help="small pictures for a third of the work", description=PICTURE_HEAD
    )
    picture_head.set_defaults(run=run, trainer=TRAINERS["picture-head"])
    picture_head.add_argument(
        "--steps", metavar="N", type=at_least(1), default=700, help="batches of four faces (default: 700)"
    )
    add_training_arguments(picture_head)

    feature_parser = kinds.add_parser(
        "feature-parser", help="classes from the generator's activations", description=FEATURE_PARSER
    )
    feature_parser.set_defaults(run=run, trainer=TRAINERS["feature-parser"])
    feature_parser.add_argument(
        "--samples", metavar="N", type=at_least(10), default=400, help="faces to fit to (default: 400)"
    )
    add_training_arguments(feature_parser)

    on_hair = kinds.add_parser("on-hair", help="what lies on hair", description=ON_HAIR)
    on_hair.set_defaults(run=run, trainer=TRAINERS["on-hair"])
    on_hair.add_argument(
        "--faces", metavar="N", type=at_least(20), default=500, help="faces to draw things on (default: 500)"
    )
    on_hair.add_argument(
        "--drawings", metavar="N", type=at_least(64), default=2200, help="pictures to fit to (default: 2200)"
    )
    add_training_arguments(on_hair)

    on_hair_close = kinds.add_parser("on-hair-close", help="the same, seen from closer", description=ON_HAIR_CLOSE)
    on_hair_close.set_defaults(run=run, trainer=TRAINERS["on-hair-close"])
    on_hair_close.add_argument(
        "--faces", metavar="N", type=at_least(20), default=320, help="faces to draw things on (default: 320)"
    )
    on_hair_close.add_argument(
        "--drawings", metavar="N", type=at_least(64), default=2600, help="pictures to fit to (default: 2600)"
    )
    add_training_arguments(on_hair_close)

    bald_direction = kinds.add_parser("bald-direction", help="where the bald edit starts", description=BALD_DIRECTION)
    bald_direction.set_defaults(run=run, trainer=TRAINERS["bald-direction"])
    bald_direction.add_argument(
        "--per-kind",
        metavar="N",
        type=at_least(5),
        default=10,
        help="faces with short and with long hair to take the hair off (default: 10 of each)",
    )
    add_training_arguments(bald_direction)

    bald_start = kinds.add_parser("bald-start", help="the same, for each face its own", description=BALD_START)
    bald_start.set_defaults(run=run, trainer=TRAINERS["bald-start"])
    bald_start.add_argument(
        "--faces", metavar="N", type=at_least(20), default=240, help="people with hair to fit to (default: 240)"
    )
    add_training_arguments(bald_start)

    train_attributes.add_parsers(kinds)


def add_training_arguments(parser: argparse.ArgumentParser) -> None:
    """--generator, --seed, -o, --device and what all commands have."""
    add_generator_argument(parser)
    parser.add_argument("--seed", metavar="N", type=at_least(0), default=0, help="of the invented faces (default: 0)")
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        type=Path,
        help="the asset (default: in place of the engine's own, or where the engine looks with --generator FILE: in "
        "the folder FILE-assets beside it)",
    )
    parser.add_argument(
        "--device", default="auto", help="auto (default: a GPU if there is one), cpu, cuda, cuda:1, ..."
    )
    add_common_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Check where the asset goes before any work, load, fit, print the card.

    Raises BadOption for a place that cannot be written, TrainingError, what `parts_here` does, and DiskFull.
    """
    trainer: Trainer = arguments.trainer
    out: Path | None = arguments.output
    if out is not None:
        check_file(out, SUFFIX, "the format of assets")

    from engine.training.asset import note_in_card
    from engine.training.attributes.sampling import check_drawn_by

    with ProgressBar(silent=arguments.json) as progress:
        parts = parts_here(arguments, progress)
        out = out or parts.assets.trained_into / f"{trainer.asset}{SUFFIX}"
        if "shards" in trainer.options:
            check_drawn_by(parts.generator, arguments.shards)
        train = getattr(import_module(f"engine.training.{trainer.asset}"), f"train_{trainer.asset}")
        card = train(
            *(getattr(parts, name) for name in trainer.parts),
            out,
            **{name: getattr(arguments, name) for name in trainer.options},
            seed=arguments.seed,
            tell=progress.at,
        )
    if arguments.generator:
        card |= note_in_card(out, {"trained_with": parts.generator.fingerprint()})
    if arguments.json:
        print(json.dumps({"asset": str(out), "card": card}, ensure_ascii=False))
    else:
        print(json.dumps(card, indent=2, ensure_ascii=False))
        print(f"{out}: {out.stat().st_size / 1024:.0f} KiB")
    return 0
