"""Boundaries as small as they can be."""

from __future__ import annotations

import torch

from engine.attributes.boundaries import Boundaries
from engine.attributes.table import LAYER_GROUPS


def boundary(name: str, generator_hash: str) -> Boundaries:
    """One attribute whose direction, drawn from the name's length, is the same for every layer."""
    normal = torch.nn.functional.normalize(torch.randn(1, 512, generator=torch.Generator().manual_seed(len(name))))
    return Boundaries(
        names=(name,),
        normals=normal,
        intercepts=torch.zeros(1),
        directions=normal[:, None].repeat(1, len(LAYER_GROUPS), 1),
        effects=torch.full((1, len(LAYER_GROUPS), 1), float("nan")),
        scored=("bald",),
        gains=torch.ones(1, 2),
        population={name: (0.0, 1.0)},
        generator_hash=generator_hash,
    )
