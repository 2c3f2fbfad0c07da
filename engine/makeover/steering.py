"""Moving a photo's latent along a boundary until its own score has moved by the strength."""

from __future__ import annotations

import torch

from engine.boundaries import direction, load_boundaries
from engine.compositing.view import View
from engine.makeover.studio import Studio


def steered(studio: Studio, attribute: str, strength: float) -> View:
    """The generator's picture of the face after an edit along the attribute's boundary, on the canvas."""
    step = direction(load_boundaries(), {attribute: strength}, studio.holds, studio.inversion.latent.shape[1])
    return studio.drawn(step[None].to(studio.models.device))


def unmoved(studio: Studio) -> View:
    """The generator's picture of the face as it is, on the canvas."""
    return studio.drawn(torch.zeros(1, 1, 512, device=studio.models.device))
