"""``recede edit``: one attribute of a photo's face, or several, more or less."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import get_args

from engine.attributes.custom import custom_names
from engine.attributes.table import check_attributes
from engine.cli.arguments import Parser, add_command, add_film_arguments, add_maker_arguments, told_bytes
from engine.cli.in_process import models_here, wanted_here
from engine.cli.making import made
from engine.cli.outputs import Outputs, check_outputs, files_of, format_of, tell_choices, tell_json
from engine.cli.photos import checked_photo
from engine.cli.progress import ProgressBar
from engine.errors import BadOption
from engine.protocol import (
    EDIT_ATTRIBUTES,
    MAX_STRENGTH,
    AnimationFormat,
    AnimationOptions,
    AttributeEdit,
    EditOptions,
    Rendered,
)
from engine.runtime.files import write_files

DESCRIPTION = f"""\
Change a face's hair or beard and nothing else: the animation goes from the photo to the edit and back; a name that ends
in .png gives a still of the edit. A strength of 2 is clearly there, -2 is the other way round; it goes from
-{MAX_STRENGTH:g} to {MAX_STRENGTH:g}. Without -o, the animation is written into the current folder as NAME-edit.gif.

attributes: {", ".join(EDIT_ATTRIBUTES)}"""
EXAMPLES = """\
examples:
  recede edit me.jpg --attribute bangs --strength 2
  recede edit me.jpg --attribute bald --strength -2 -o hair-again.mp4
  recede edit me.jpg --attribute gray --strength 2 --attribute beard --strength 1.5 -o older.png
"""
DEFAULT_STRENGTH = 2.0
# A still is wanted whole, an animation at a size that can be sent.
STILL_SIZE_PX = 2048


class _Attribute(argparse.Action):
    """--attribute NAME begins an edit, --strength X completes the last one."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: object, option: str | None = None
    ) -> None:
        edits: list[tuple[str, float | None]] = list(getattr(namespace, "edits", None) or [])
        if option in ("--attribute", "-a"):
            edits.append((str(values), None))
        elif not edits:
            parser.error("--strength belongs behind the --attribute that it is for")
        elif edits[-1][1] is not None:
            parser.error(f"{edits[-1][0]} has two strengths")
        else:
            assert isinstance(values, float)
            edits[-1] = (edits[-1][0], values)
        namespace.edits = edits


def add_parser(subparsers: argparse._SubParsersAction[Parser]) -> None:
    """Register the command."""
    parser = add_command(
        subparsers,
        "edit",
        help="change hair or beard: colour, fringe, length, waves, ...",
        description=DESCRIPTION,
        examples=EXAMPLES,
    )
    parser.set_defaults(run=run, edits=[])
    parser.add_argument("photo", metavar="PHOTO", type=Path, help="JPEG, PNG, WebP, GIF, AVIF, BMP or HEIC")
    parser.add_argument(
        "-a", "--attribute", metavar="NAME", action=_Attribute, help="what to change; may be given several times"
    )
    parser.add_argument(
        "-s",
        "--strength",
        metavar="X",
        type=float,
        action=_Attribute,
        help=f"how much, behind its --attribute (default: {DEFAULT_STRENGTH:g})",
    )
    parser.add_argument(
        "--hold", metavar="NAMES", help="attributes to keep as they are, with commas (default: what the table says)"
    )
    parser.add_argument("-o", "--output", metavar="OUT", type=Path, help="the result (default: NAME-edit.gif)")
    parser.add_argument(
        "--format", choices=get_args(AnimationFormat), help="gif (default), webp, mp4 or png, where OUT does not say it"
    )
    parser.add_argument("--sheet", metavar="FILE.png", type=Path, help="also write five moments side by side")
    options = EditOptions((AttributeEdit("bangs", 1.0),))
    parser.add_argument("--face", default=options.faces, help="largest (default), all, or a number from left to right")
    parser.add_argument("--seed", type=int, default=options.seed, help="of all chance (default: 0)")
    usual = f"{AnimationOptions().size_px}, {STILL_SIZE_PX} for a still"
    add_film_arguments(parser, "from photo to edit", None, usual)
    add_maker_arguments(parser, "--device does")


def run(arguments: argparse.Namespace) -> int:
    """Read, render, write. All options and the photo are checked before the models are loaded.

    Raises RequestError and PhotoError before that, then what `models_here` and `made` do, and DiskFull.
    """
    options = edit_options(arguments)
    outputs = choose_outputs(arguments)
    still = outputs.format == "png"
    animation = AnimationOptions(
        format=outputs.format,
        frames=2 if still else arguments.frames,
        size_px=arguments.size or (STILL_SIZE_PX if still else AnimationOptions().size_px),
        max_bytes=arguments.max_bytes,
        counter=False,
        sheet=outputs.sheet is not None,
    )
    photo = checked_photo(arguments.photo)
    with ProgressBar(silent=arguments.json) as progress:
        models = models_here(arguments, progress) if wanted_here(arguments) else None
        rendered = made(models, photo, options, animation, progress)
    write_files(files_of(outputs, rendered))
    tell = tell_json if arguments.json else tell_people
    tell(rendered, outputs, animation)
    return 0


def edit_options(arguments: argparse.Namespace) -> EditOptions:
    """What to edit. Raises BadOption for nothing, for unknown names, and for strengths out of range."""
    if not arguments.edits:
        raise BadOption(f"Say what to change with --attribute: {', '.join(EDIT_ATTRIBUTES)}.")
    edits = tuple(
        AttributeEdit(name, DEFAULT_STRENGTH if strength is None else strength) for name, strength in arguments.edits
    )
    hold = None
    if arguments.hold is not None:
        hold = tuple(name.strip() for name in arguments.hold.split(",") if name.strip())
    options = EditOptions(edits, hold, arguments.face, arguments.preset, arguments.seed)
    check_attributes(options, custom_names())
    return options


def choose_outputs(arguments: argparse.Namespace) -> Outputs:
    """Paths and format out of the arguments.

    Raises BadOption or UnknownFormat where they contradict each other or something could not be written.
    """
    photo: Path = arguments.photo
    output: Path | None = arguments.output
    chosen: AnimationFormat
    if output is None:
        chosen = arguments.format or AnimationOptions().format
        output = Path(f"{photo.stem}-edit.{chosen}")
    else:
        chosen = format_of(output, arguments.format, get_args(AnimationFormat))
    sheet: Path | None = arguments.sheet
    outputs = Outputs(output, chosen, sheet, None)
    check_outputs(outputs, photo)
    if sheet is not None and sheet.resolve() == output.resolve():
        raise BadOption(f"'{sheet}' is where the result goes: choose another name for the sheet.")
    return outputs


def tell_people(rendered: Rendered, outputs: Outputs, options: AnimationOptions) -> None:
    """A few lines on stdout."""
    size = f"{rendered.width_px} x {rendered.height_px} px"
    frames = "" if rendered.format == "png" else f", {rendered.frames} frames"
    print(f"{outputs.animation}: {size}{frames}, {told_bytes(len(rendered.animation))}")
    tell_choices(rendered)
    if rendered.gave_up:
        print(f"  to stay below {told_bytes(options.max_bytes)}: {' '.join(rendered.gave_up)}")
    if outputs.sheet is not None:
        print(f"{outputs.sheet}: five moments from the photo to the edit")
