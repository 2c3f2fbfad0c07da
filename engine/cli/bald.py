"""``recede bald``: a photo goes bald."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from engine.cli.arguments import Parser, add_command, add_film_arguments, add_maker_arguments, told_bytes
from engine.cli.in_process import models_here, wanted_here
from engine.cli.making import made
from engine.cli.outputs import Outputs, check_outputs, files_of, format_of, tell_choices, tell_json
from engine.cli.photos import checked_photo
from engine.cli.progress import ProgressBar
from engine.errors import BadOption
from engine.protocol import FILM_FORMATS, AnimationOptions, BaldOptions, Rendered
from engine.runtime.files import write_files

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DESCRIPTION = """\
Turn a photo of a face into an animation of that person going bald over twenty years. The whole photo is kept; only
hair changes. Without -o, the animation is written into the current folder as NAME-bald.gif."""
EXAMPLES = """\
examples:
  recede bald me.jpg
  recede bald me.jpg -o me.mp4                  the ending chooses the format: .gif, .webp, .mp4
  recede bald me.jpg --stage 4 --sheet me.png   stop at Norwood stage 4; also five years side by side
  recede bald party.jpg --face all              everyone in the picture; --face 2 is the second from the left
  recede bald --sample --seed 3                 an invented face, which is written beside the animation
"""


def add_parser(subparsers: argparse._SubParsersAction[Parser]) -> None:
    """Register the command."""
    parser = add_command(
        subparsers,
        "bald",
        help="make an animation of a photo's face going bald",
        description=DESCRIPTION,
        examples=EXAMPLES,
    )
    parser.set_defaults(run=run)
    parser.add_argument("photo", metavar="PHOTO", type=Path, nargs="?", help="JPEG, PNG, WebP, GIF, AVIF, BMP or HEIC")
    parser.add_argument("-o", "--output", metavar="OUT", type=Path, help="the animation (default: NAME-bald.gif)")
    parser.add_argument("--format", choices=FILM_FORMATS, help="gif (default), webp or mp4, where OUT does not say it")
    parser.add_argument("--sheet", metavar="FILE.png", type=Path, help="also write years 0, 5, 10, 15, 20 side by side")

    who = parser.add_argument_group("who, and how bald")
    bald = BaldOptions()
    who.add_argument("--sample", action="store_true", help="invent a face instead of reading a photo")
    who.add_argument("--seed", type=int, default=bald.seed, help="of the invented face and of all chance (default: 0)")
    who.add_argument(
        "--face", default=bald.faces, help="largest (default), all, or a number, counted from left to right"
    )
    who.add_argument(
        "--stage", type=int, default=bald.stage, help="Norwood stage 1 to 7 to stop at (default: 7, the horseshoe)"
    )
    who.add_argument("--clean", action="store_true", help="remove the hair at the sides too")

    film = add_film_arguments(parser, "from year 0 to 20", AnimationOptions().size_px, "%(default)s")
    film.add_argument("--no-counter", action="store_true", help="do not draw the year")

    add_maker_arguments(parser, "--sample and --device do")


def run(arguments: argparse.Namespace) -> int:
    """Read, render, write. All options and the photo are checked before the models are loaded.

    Raises RequestError and PhotoError before that, then what `models_here` and `made` do, and DiskFull.
    """
    bald_options = BaldOptions(
        faces=arguments.face,
        stage=arguments.stage,
        clean=arguments.clean,
        preset=arguments.preset,
        seed=arguments.seed,
    )
    outputs = choose_outputs(arguments)
    animation_options = AnimationOptions(
        format=outputs.format,
        frames=arguments.frames,
        size_px=arguments.size,
        max_bytes=arguments.max_bytes,
        counter=not arguments.no_counter,
        sheet=outputs.sheet is not None,
    )
    photo = None if arguments.sample else checked_photo(arguments.photo)

    with ProgressBar(silent=arguments.json) as progress:
        # An invented face needs the models here too.
        models = models_here(arguments, progress) if photo is None or wanted_here(arguments) else None
        if photo is None:
            assert models is not None
            from engine.cli.sample import sample_photo

            photo = png(sample_photo(models, arguments.seed))
        rendered = made(models, photo, bald_options, animation_options, progress)

    files = files_of(outputs, rendered)
    if outputs.face is not None:
        files[outputs.face] = photo
    write_files(files)
    tell = tell_json if arguments.json else tell_people
    tell(rendered, outputs, animation_options)
    return 0


def choose_outputs(arguments: argparse.Namespace) -> Outputs:
    """Paths and format out of the arguments.

    Raises BadOption or UnknownFormat where they contradict each other or something could not be written.
    """
    if arguments.sample == (arguments.photo is not None):
        raise BadOption("Give either a photo or --sample." if arguments.sample else "Give a photo, or --sample.")
    output: Path | None = arguments.output
    if output is None:
        name = f"sample-{arguments.seed}" if arguments.sample else arguments.photo.stem
        chosen = arguments.format or AnimationOptions().format
        output = Path(f"{name}-bald.{chosen}")
    else:
        chosen = format_of(output, arguments.format, FILM_FORMATS)
    sheet: Path | None = arguments.sheet
    face = output.with_name(output.stem.removesuffix("-bald") + "-face.png") if arguments.sample else None
    outputs = Outputs(output, chosen, sheet, face)
    check_outputs(outputs, arguments.photo)
    if sheet is not None and face is not None and sheet.resolve() == face.resolve():
        raise BadOption(f"'{sheet}' is where the invented face goes: choose another name for the sheet.")
    return outputs


def png(picture: NDArray[np.uint8]) -> bytes:
    """An invented face as the bytes of a PNG."""
    from engine.animation.sheet import png as encoded

    return encoded(picture)


def tell_people(rendered: Rendered, outputs: Outputs, options: AnimationOptions) -> None:
    """A few lines on stdout."""
    size = f"{rendered.width_px} x {rendered.height_px} px, {rendered.frames} frames"
    print(f"{outputs.animation}: {size}, {told_bytes(len(rendered.animation))}")
    tell_choices(rendered)
    if rendered.gave_up:
        print(f"  to stay below {told_bytes(options.max_bytes)}: {' '.join(rendered.gave_up)}")
    if outputs.sheet is not None:
        print(f"{outputs.sheet}: years 0, 5, 10, 15, 20")
    if outputs.face is not None:
        print(f"{outputs.face}: the invented face")
