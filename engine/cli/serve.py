"""`recede serve`: the engine process."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from engine.server.options import add_options, run

if TYPE_CHECKING:
    from engine.cli.arguments import Parser


def add_parser(subparsers: argparse._SubParsersAction[Parser]) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "serve",
        help="run the engine process, which takes jobs off the queue",
        description="Run the engine: models stay warm, jobs come off the queue. SIGTERM or Ctrl-C lets running jobs "
        "finish; a second one gives them back to the queue.",
    )
    add_options(parser)
    parser.set_defaults(run=run)
