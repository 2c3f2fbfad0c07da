"""``recede attributes``: what can be edited and held, in which range, and how well it is known."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

from engine.attributes.custom import SUFFIX, custom_directory, custom_names
from engine.attributes.table import TABLE, attribute_named
from engine.cli.arguments import Parser, add_common_arguments
from engine.errors import WeightsError
from engine.protocol import MAX_STRENGTH

if TYPE_CHECKING:
    from engine.attributes.boundaries import Boundaries

DESCRIPTION = """\
The attributes that `recede edit` changes, from -3 to 3 standard deviations among people at large, and those that it can
hold. The score is what the engine measures; the accuracy is that of the boundary on clear cases and on all others."""


def add_parser(subparsers: argparse._SubParsersAction[Parser]) -> None:
    """Register the command."""
    parser = subparsers.add_parser("attributes", help="what can be edited and held", description=DESCRIPTION)
    parser.set_defaults(run=run)
    parser.add_argument("name", metavar="NAME", nargs="?", help="one of them, with all that is known of it")
    add_common_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """List all, or tell of one. Raises BadOption for a name that there is not, WeightsError for damaged boundaries."""
    from engine.attributes.boundaries import load_boundaries

    own = custom_names()
    names = [*TABLE, *own] if arguments.name is None else [arguments.name]
    if arguments.name is not None:
        attribute_named(arguments.name, own)
    try:
        shipped = load_boundaries()
    except WeightsError:
        shipped = None
    rows = {}
    for name in names:
        attribute = attribute_named(name, own)
        damaged = False
        try:
            boundaries = load_boundaries(custom_directory() / f"{name}{SUFFIX}") if name in own else shipped
            figures = {} if boundaries is None else _figures(name, boundaries)
        except (WeightsError, AssertionError, KeyError, TypeError):
            if name not in own:
                raise
            damaged, figures = True, {}
        rows[name] = {
            "meaning": "damaged: fit it again with recede train attribute" if damaged else attribute.meaning,
            "unit": attribute.unit,
            "edited": attribute.editable,
            "range": [-MAX_STRENGTH, MAX_STRENGTH] if attribute.editable else None,
            "region": attribute.region,
            "holds": list(attribute.holds),
            **figures,
        }
    if arguments.json:
        print(json.dumps({"attributes": rows}, ensure_ascii=False))
        return 0
    for name, row in rows.items():
        scale = "-3..3" if row["edited"] else "held "
        accuracy = f"{row['validation_accuracy']:.0%} / {row['balanced_accuracy']:.0%}" if "mean" in row else ""
        population = f"{row['mean']:.2f} ± {row['sd']:.2f} {row['unit']}" if "mean" in row else str(row["unit"])
        print(f"{name:18} {scale}  {row['meaning']:48} {population:36} {accuracy}")
    return 0


def _figures(name: str, boundaries: Boundaries) -> dict[str, object]:
    report = boundaries.card.get("report")
    assert isinstance(report, dict)
    row = report["attributes"][name]
    mean, sd = boundaries.population[name]
    return {
        "mean": round(mean, 3),
        "sd": round(sd, 3),
        "validation_accuracy": row["validation_accuracy"],
        "balanced_accuracy": row["remaining_balanced_accuracy"],
    }
