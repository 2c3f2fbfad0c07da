"""What all commands' arguments share."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from importlib import metadata
from typing import NoReturn, get_args

from engine.errors import BadOption
from engine.protocol import MIB, AnimationOptions, Preset

UNITS = {"": 1, "K": 1000, "M": 1000**2, "G": 1000**3, "KI": 1024, "MI": MIB, "GI": 1024 * MIB}


class Parser(argparse.ArgumentParser):
    """An argument parser whose complaints are errors like all others, so that ``--json`` holds for them too."""

    def error(self, message: str) -> NoReturn:
        """Raises BadOption with what argparse complains of."""
        raise BadOption(f"This command line does not work: {message}. '{self.prog} --help' shows what does.")


def version() -> str:
    """Version of the installed package."""
    try:
        return metadata.version("recede")
    except metadata.PackageNotFoundError:
        return "(not installed)"


def add_command(
    subparsers: argparse._SubParsersAction[Parser], name: str, *, help: str, description: str, examples: str
) -> Parser:
    """A command whose --help ends with examples, in the lines in which they are written. help: for the list of all."""
    return subparsers.add_parser(
        name,
        help=help,
        description=description,
        epilog=examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def byte_count(text: str) -> int:
    """Bytes out of '8MiB', '8MB', '500k' or '8388608'. KiB, MiB and GiB are powers of 1024, others of 1000.

    Raises argparse.ArgumentTypeError for what is none of these.
    """
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([KMG]I?)?B?\s*", text.upper())
    if match is None:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number of bytes: write it like 8MiB, 500kB or 8388608")
    number, unit = match.groups()
    return int(float(number) * UNITS[unit or ""])


def told_bytes(count: int) -> str:
    """A number of bytes for people's eyes."""
    return f"{count / MIB:.1f} MiB" if count >= MIB / 10 else f"{count / 1024:.0f} KiB"


def add_film_arguments(
    parser: argparse.ArgumentParser, span: str, size_px: int | None, usual_size: str
) -> argparse._ArgumentGroup:
    """--frames, --size, --max-bytes; returns their group. span: from where to where the frames go; size_px: where
    --size is not given; usual_size: what is said of that."""
    animation = AnimationOptions()
    film = parser.add_argument_group("the animation")
    film.add_argument("--frames", type=int, default=animation.frames, help=f"{span} (default: %(default)s)")
    film.add_argument(
        "--size",
        metavar="PX",
        type=int,
        default=size_px,
        help=f"long side (default: {usual_size}); never larger than the photo",
    )
    film.add_argument(
        "--max-bytes", metavar="N", type=byte_count, default=animation.max_bytes, help="upper limit (default: 8MiB)"
    )
    return film


def add_model_arguments(parser: argparse.ArgumentParser) -> None:
    """--device and --preset."""
    parser.add_argument(
        "--device", default="auto", help="auto (default: a GPU if there is one), cpu, cuda, cuda:1, ..."
    )
    add_generator_argument(parser)
    parser.add_argument(
        "--preset",
        choices=get_args(Preset),
        default="fast",
        help="fast (default); fine: more steps, more likeness; draft: a rough look in half the time",
    )


def add_maker_arguments(parser: argparse.ArgumentParser, implied_by: str) -> None:
    """What a command that makes one photo's file has besides: where that is done, with which models, and what is told.

    implied_by: as in `add_in_process_argument`.
    """
    add_model_arguments(parser)
    add_in_process_argument(parser, implied_by)
    add_common_arguments(parser)


def add_generator_argument(parser: argparse.ArgumentParser) -> None:
    """--generator."""
    parser.add_argument(
        "--generator",
        metavar="FILE",
        default="",
        help="a StyleGAN2 checkpoint (.pkl, .pt, .safetensors) instead of the default generator; see docs/generator.md",
    )


def add_in_process_argument(parser: argparse.ArgumentParser, implied_by: str) -> None:
    """--in-process. implied_by: what else makes the work be done here, with its verb."""
    parser.add_argument(
        "--in-process",
        action="store_true",
        help="load the models here, as [engine] of the configuration says, instead of asking the engine (which is "
        f"started, and stays warm a while); {implied_by} so too",
    )


def add_common_arguments(parser: argparse.ArgumentParser, inherited: bool = False) -> None:
    """--json and --traceback. ``inherited``: the command above has them too, and what was said there holds."""
    default = argparse.SUPPRESS if inherited else False
    parser.add_argument(
        "--json", action="store_true", default=default, help="print one JSON object on stdout and nothing else"
    )
    parser.add_argument(
        "--traceback", action="store_true", default=default, help="on an unexpected error, show where it happened"
    )


def at_least(smallest: int) -> Callable[[str], int]:
    """A type for whole numbers from `smallest` on. It raises argparse.ArgumentTypeError for anything else."""

    def number(text: str) -> int:
        if not text.isdecimal() or int(text) < smallest:
            raise argparse.ArgumentTypeError(f"'{text}' is not a whole number from {smallest} on")
        return int(text)

    return number
