"""``recede train``: make the engine's own assets anew, from the pretrained parts alone."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from engine.cli import train_attributes
from engine.cli.arguments import Parser, add_common_arguments, add_generator_argument, at_least
from engine.cli.output import check_folder
from engine.cli.progress import ProgressBar
from engine.errors import BadOption
from engine.protocol import StageProgress

if TYPE_CHECKING:
    from engine.models import Parts

SUFFIX = ".safetensors"
DESCRIPTION = """\
Fit one of the assets that come with the engine to faces that its generator invents; no photo is needed. Beside the
asset goes its card, a JSON file that says how it was made and how good it is, and that is also printed."""
EXAMPLES = """\
examples:
  recede train encoder
  recede train feature-parser --samples 100 -o mine.safetensors
  recede train bald-direction --per-kind 20 --seed 1
  recede train encoder --generator mine.pt    for a generator with a W space of its own (docs/generator.md)
"""
ENCODER = "The linear map that guesses a photo's latent, where the search for it starts."
FEATURE_PARSER = "The linear map from the generator's activations to what each pixel is: hair, skin, background, ..."
BALD_DIRECTION = """\
The step in latent space where taking the hair off starts, for short and for long hair: the mean of many edits, each
found for one face by a descent of its own. By far the slowest of the three."""

Report = Callable[[str, float], None]


def add_parser(subparsers: argparse._SubParsersAction[Parser]) -> None:
    """Register the command."""
    parser = subparsers.add_parser(
        "train",
        help="make the engine's own assets anew",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    kinds = parser.add_subparsers(title="assets", metavar="ASSET", required=True)

    encoder = kinds.add_parser("encoder", help="first guess of a photo's latent", description=ENCODER)
    encoder.set_defaults(run=run_encoder)
    encoder.add_argument(
        "--samples", metavar="N", type=at_least(20), default=1200, help="faces to fit to (default: 1200)"
    )
    add_training_arguments(encoder)

    feature_parser = kinds.add_parser(
        "feature-parser", help="classes from the generator's activations", description=FEATURE_PARSER
    )
    feature_parser.set_defaults(run=run_feature_parser)
    feature_parser.add_argument(
        "--samples", metavar="N", type=at_least(10), default=400, help="faces to fit to (default: 400)"
    )
    add_training_arguments(feature_parser)

    bald_direction = kinds.add_parser("bald-direction", help="where the bald edit starts", description=BALD_DIRECTION)
    bald_direction.set_defaults(run=run_bald_direction)
    bald_direction.add_argument(
        "--per-kind",
        metavar="N",
        type=at_least(5),
        default=10,
        help="faces with short and with long hair to take the hair off (default: 10 of each)",
    )
    add_training_arguments(bald_direction)

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


def run_encoder(arguments: argparse.Namespace) -> int:
    """Fit the encoder."""

    def fit(parts: Parts, out: Path, report: Report) -> dict[str, object]:
        from engine.training.encoder import train_encoder

        return train_encoder(
            parts.generator,
            parts.parser,
            parts.statistics,
            out,
            samples=arguments.samples,
            seed=arguments.seed,
            report=report,
        )

    return _run(arguments, "encoder", fit)


def run_feature_parser(arguments: argparse.Namespace) -> int:
    """Fit the feature parser."""

    def fit(parts: Parts, out: Path, report: Report) -> dict[str, object]:
        from engine.training.feature_parser import train_feature_parser

        return train_feature_parser(
            parts.generator,
            parts.parser,
            parts.statistics,
            out,
            samples=arguments.samples,
            seed=arguments.seed,
            report=report,
        )

    return _run(arguments, "feature_parser", fit)


def run_bald_direction(arguments: argparse.Namespace) -> int:
    """Find the bald direction."""

    def fit(parts: Parts, out: Path, report: Report) -> dict[str, object]:
        from engine.training.bald_direction import train_bald_direction

        return train_bald_direction(
            parts.generator,
            parts.parser,
            parts.statistics,
            parts.face_tools,
            out,
            per_kind=arguments.per_kind,
            seed=arguments.seed,
            report=report,
        )

    return _run(arguments, "bald_direction", fit)


def _run(
    arguments: argparse.Namespace, name: str, fit: Callable[[Parts, Path, Report], dict[str, object]]
) -> int:
    """Check where the asset goes before any work, load, fit, print the card."""
    out: Path | None = arguments.output
    if out is not None:
        if out.suffix != SUFFIX:
            raise BadOption(f"'{out}' does not end with {SUFFIX}, the format of assets: give it that ending.")
        check_folder(out)

    from engine.models import load_parts
    from engine.training.asset import note_in_card

    with ProgressBar(silent=arguments.json) as progress:
        parts = load_parts(arguments.device, progress, generator=arguments.generator)
        out = out or parts.assets.trained_into / f"{name}{SUFFIX}"
        card = fit(parts, out, lambda stage, fraction: progress(StageProgress(stage, fraction)))
    if arguments.generator:
        card |= note_in_card(out, {"trained_with": parts.generator.fingerprint()})
    if arguments.json:
        print(json.dumps({"asset": str(out), "card": card}, ensure_ascii=False))
    else:
        print(json.dumps(card, indent=2, ensure_ascii=False))
        print(f"{out}: {out.stat().st_size / 1024:.0f} KiB")
    return 0
