"""``recede bench table``: measured figures as the tables of README and docs."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from engine.bench.tables import markdown, named_in, with_tables
from engine.cli.arguments import Parser, add_command
from engine.errors import BadOption
from engine.runtime.files import write_files

TABLE = """\
Draw Markdown tables from what `recede bench quality`, `speed` and `parser` have written with `--json`. With --into, put
them where the documents ask for them: between the lines `<!-- recede bench table: NAME.json -->` and
`<!-- end of table -->`."""
EXAMPLES = """\
examples:
  recede bench table docs/bench/quality.json
  recede bench table docs/bench/*.json --into README.md docs/*.md
"""


def add_parser(kinds: argparse._SubParsersAction[Parser]) -> None:
    """Register the command."""
    parser = add_command(
        kinds, "table", help="measured figures as Markdown tables", description=TABLE, examples=EXAMPLES
    )
    parser.set_defaults(run=run)
    parser.add_argument("figures", metavar="FILE.json", type=Path, nargs="+", help="what a bench has written")
    parser.add_argument(
        "--into", metavar="FILE.md", type=Path, nargs="+", default=[], help="documents to bring up to date"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the tables, or write the documents that change.

    Raises BadOption for files that are not what a bench has written, or that no document asks for, and DiskFull.
    """
    figures = {path.name: _read(path) for path in arguments.figures}
    if not arguments.into:
        print("\n\n".join(markdown(found) for found in figures.values()))
        return 0
    documents = {path: _text(path) for path in arguments.into}
    asked = {name for text in documents.values() for name in named_in(text)}
    unasked = sorted(set(figures) - asked)
    if unasked:
        raise BadOption(f"None of these documents asks for {unasked[0]}: mark the place as recede bench table -h says.")
    changed = {path: after for path, text in documents.items() if (after := with_tables(text, figures)) != text}
    write_files({path: text.encode() for path, text in changed.items()})
    for path in changed:
        print(path)
    return 0


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(_text(path))
    except ValueError as error:
        raise BadOption(f"'{path}' holds no JSON: hand in what a bench has written.") from error
    if not isinstance(found, dict):
        raise BadOption(f"'{path}' holds no figures: hand in what a bench has written.")
    return found


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadOption(f"'{path}' cannot be read: {error}.") from error
