"""The command line ``recede``.

Exit codes: 0 fine; 2 an error that has a sentence for the user (engine/errors), a wrong command line included;
130 interrupted; 1 anything else, which is a bug or a broken machine.

A command is a module with ``add_parser(subparsers)``, which also sets ``run``: a function from the parsed arguments
to the exit code. Modules are imported for every ``recede --help``, so that they import what is heavy inside ``run``.
"""

from __future__ import annotations

import argparse
import sys
import traceback
from collections.abc import Callable, Sequence
from io import TextIOWrapper
from typing import TYPE_CHECKING

from engine.cli import attributes, bald, bench, edit, serve, status, train, weights
from engine.cli.arguments import Parser, version
from engine.cli.logs import quiet_logs
from engine.cli.outputs import json_text
from engine.errors import RecedeError
from engine.runtime.allocator import keep_freed_memory
from engine.runtime.threads import spin_briefly

if TYPE_CHECKING:
    from engine.models.load import Parts

EXIT_FINE = 0
EXIT_UNEXPECTED = 1
EXIT_ERROR = 2
EXIT_INTERRUPTED = 130  # 128 + SIGINT, as shells have it

# Adds a command to the others.
Command = Callable[["argparse._SubParsersAction[Parser]"], None]
COMMANDS: tuple[Command, ...] = (
    bald.add_parser,
    edit.add_parser,
    weights.add_parser,
    bench.add_parser,
    serve.add_parser,
    status.add_parser,
    train.add_parser,
    attributes.add_parser,
)

EXAMPLES = """\
examples:
  recede bald me.jpg                          writes me-bald.gif
  recede bald me.jpg -o me.mp4 --sheet me.png
  recede bald --sample --seed 3               invents a face when no photo is at hand
  recede edit me.jpg --attribute bangs        hair or beard, more or less of it
  recede weights                              which pretrained parts are here, and their terms
"""


def parser(commands: Sequence[Command] = COMMANDS) -> Parser:
    """The whole command line."""
    top = Parser(
        prog="recede",
        description="A photo of a face goes bald over twenty years.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"recede {version()}")
    subparsers = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for add in commands:
        add(subparsers)
    return top


def main(argv: Sequence[str] | None = None, parts: Parts | None = None, commands: Sequence[Command] = COMMANDS) -> int:
    """Run one command and give its exit code. ``--help`` and ``--version`` leave by SystemExit, as argparse does.

    parts: what a caller who runs many commands of ``recede train`` has loaded, for them to use instead of loading it
    again; its generator and device then count, and not those of the command line.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    as_json = "--json" in words
    _write_any_name()
    quiet_logs()
    keep_freed_memory()
    spin_briefly()
    try:
        arguments = parser(commands).parse_args(words, argparse.Namespace(parts=parts))
        # Some commands have --json FILE instead, and speak to people all the same.
        as_json = getattr(arguments, "json", False) is True
        run: Callable[[argparse.Namespace], int] = arguments.run
        return run(arguments)
    except RecedeError as error:
        _tell(error.code, error.sentence, as_json)
        return EXIT_ERROR
    except KeyboardInterrupt:
        _tell("interrupted", "Interrupted; no half-written file is left.", as_json)
        return EXIT_INTERRUPTED
    except Exception as error:
        if "--traceback" in words:
            traceback.print_exc()
        sentence = f"Something unexpected happened ({type(error).__name__}: {error}). --traceback shows where."
        _tell("unexpected", sentence, as_json)
        return EXIT_UNEXPECTED


def _write_any_name() -> None:
    """File names that are not UTF-8 go to the terminal as the bytes that they are, whatever the locale."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="surrogateescape")


def _tell(code: str, sentence: str, as_json: bool) -> None:
    if as_json:
        print(json_text({"error": {"code": code, "sentence": sentence}}))
    else:
        print(f"recede: {sentence}", file=sys.stderr)
