"""Moving a photo's latent along a boundary until its own score has moved by the strength."""

from __future__ import annotations

import torch

from engine.boundaries import BOUNDARIES_ASSET, direction, load_boundaries
from engine.compositing.view import View
from engine.makeover.studio import Studio
from engine.own_boundaries import load_all_boundaries


def steered(studio: Studio, attribute: str, strength: float) -> View:
    """The generator's picture of the face after an edit along the attribute's boundary, on the canvas."""
    models = studio.models
    boundaries = load_all_boundaries(
        models.generator.w_space, models.assets.path(BOUNDARIES_ASSET.name), (attribute, *(studio.holds or ()))
    )
    step = direction(boundaries, {attribute: strength}, studio.holds, studio.inversion.latent.shape[1])
    return studio.drawn(step[None].to(studio.models.device))


def first_step(studio: Studio, attribute: str, strength: float, slots: int) -> torch.Tensor:
    """Where a search for a shape begins (1,slots,512): at the boundary's step; nowhere without boundaries."""
    path = studio.models.assets.path(BOUNDARIES_ASSET.name)
    if not path.exists():
        return torch.zeros(1, slots, 512, device=studio.models.device)
    boundaries = load_boundaries(path, studio.models.generator.w_space)
    step = direction(boundaries, {attribute: strength}, studio.holds, slots)
    return step[None].to(studio.models.device)
