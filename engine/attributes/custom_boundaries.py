"""Boundaries of the user's own, beside the ones that come with the engine."""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import torch

from engine.attributes.boundaries import BOUNDARIES_ASSET, Boundaries, load_boundaries
from engine.attributes.custom import SUFFIX, custom_directory, custom_names
from engine.errors import ForeignBoundary, WeightsCorrupt

log = logging.getLogger("recede.engine")


def load_all_boundaries(
    generator_hash: str, path: Path = BOUNDARIES_ASSET, asked_for: Collection[str] = ()
) -> Boundaries:
    """A generator's boundaries and the user's own as one.

    Those of the user's own that were fitted in another W space, or are damaged, are left out; one of the names
    `asked_for` among them raises ForeignBoundary or WeightsCorrupt. path: of the generator's boundaries. Raises the
    same for those.
    """
    boundaries = load_boundaries(path, generator_hash)
    for name in custom_names():
        try:
            own = load_boundaries(custom_directory() / f"{name}{SUFFIX}")
            if own.generator_hash == generator_hash:
                boundaries = joined(boundaries, own)
                continue
        except (WeightsCorrupt, RuntimeError, IndexError) as error:  # torch's, for another shape
            log.warning("your attribute '%s' is damaged and left out", name, extra={"event": "own_boundary_damaged"})
            if name in asked_for:
                raise WeightsCorrupt(
                    f"Your attribute '{name}' is damaged: run `recede train attribute {name}` to fit it again.",
                    name=name,
                ) from error
            continue
        if name in asked_for:
            raise ForeignBoundary(
                f"Your attribute '{name}' was fitted in the W space of another generator, where its direction means "
                f"nothing: run `recede train attribute {name}` with this generator (--generator FILE) to fit it again.",
                name=name,
            )
    return boundaries


def joined(boundaries: Boundaries, own: Boundaries) -> Boundaries:
    """Both sets; what the second has and the first has not is added, with no measured effects."""
    rows = [row for row, name in enumerate(own.names) if name not in boundaries.names]
    unmeasured = torch.full((len(rows), *boundaries.effects.shape[1:]), float("nan"))
    steps = boundaries.steps
    if steps is not None:
        steps = torch.cat([steps, torch.zeros(len(rows), *steps.shape[1:])])
    return replace(
        boundaries,
        names=(*boundaries.names, *(own.names[row] for row in rows)),
        normals=torch.cat([boundaries.normals, own.normals[rows]]),
        intercepts=torch.cat([boundaries.intercepts, own.intercepts[rows]]),
        directions=torch.cat([boundaries.directions, own.directions[rows]]),
        effects=torch.cat([boundaries.effects, unmeasured]),
        gains=torch.cat([boundaries.gains, own.gains[rows]]),
        steps=steps,
        population={**own.population, **boundaries.population},
    )
