"""Moving a photo's latent along a boundary until its own score has moved by the strength."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn import functional as F

from engine.attributes.boundaries import BOUNDARIES_ASSET, Boundaries, calibrated_factor, direction, load_boundaries
from engine.attributes.custom_boundaries import load_all_boundaries
from engine.attributes.scoring import NAMES, SCORE_SIZE_PX, Scorer, load_scorer, score_pictures
from engine.attributes.table import TABLE
from engine.compositing.view import View
from engine.edits.portrait import Portrait
from engine.generator import LatentStatistics
from engine.generator.picture import to_uint8

# What gives hair another texture leaves its shape as it is, besides what the table says.
SHAPE_HOLDS = ("bald", "receding_hairline", "bangs", "long_hair")
TEXTURES = ("wavy", "straight")
# A photo's step may be stretched by this much, and lead to latents of this squared Mahalanobis distance (a fair sample
# has 1): further out the generator draws a pattern instead of hair, whatever the score makes of it.
MAX_STRETCH, MAX_MAHALANOBIS = 2.0, 12.0
TRIES = 5
# Length of one layer's part of a first step: the long ones that rare attributes need on average begin beyond all faces.
MAX_FIRST_STEP = 3.0
# The generator's picture from which it is scored.
DRAWN_PX = 512


def steered(portrait: Portrait, attribute: str, strength: float) -> View:
    """The generator's picture of the face after an edit along the attribute's boundary, on the canvas.

    The step is stretched or shortened until the picture's own score has moved by `strength` standard deviations, as far
    as it can and the generator bears. Attributes of the user's own have no score that a picture could be asked for:
    they move by what the strength is on average.
    """
    models = portrait.models
    boundaries = boundaries_for(portrait, attribute)
    w_layers = portrait.inversion.latent.shape[1]
    holds = portrait.holds
    if holds is None and attribute in TEXTURES:
        holds = (*TABLE[attribute].holds, *SHAPE_HOLDS)
    step = direction(boundaries, {attribute: strength}, holds, w_layers)[None].to(models.device)
    most = furthest(portrait.inversion.latent, step, models.statistics)
    factor = min(1.0, most)
    if attribute in TABLE:
        with portrait.timed("steering"):
            factor = _factor(portrait, attribute, strength, step, boundaries.population[attribute][1], most)
    return portrait.drawn(factor * step)


def furthest(latent: torch.Tensor, step: torch.Tensor, statistics: LatentStatistics) -> float:
    """The largest factor, MAX_STRETCH at most, by which a step (1,S,512) leads from a latent (1,S,512) to one
    whose squared Mahalanobis distance is at most MAX_MAHALANOBIS."""
    inside = [
        factor
        for factor in np.linspace(0, MAX_STRETCH, 41)
        if float(statistics.mahalanobis(latent + float(factor) * step)) <= MAX_MAHALANOBIS
    ]
    return float(max(inside, default=0.0))


def boundaries_for(portrait: Portrait, attribute: str) -> Boundaries:
    """All boundaries in the generator's W space. Raises ForeignBoundary and WeightsCorrupt."""
    models = portrait.models
    path = models.assets.path(BOUNDARIES_ASSET.name)
    return load_all_boundaries(models.generator.w_space, path, (attribute, *(portrait.holds or ())))


def _factor(portrait: Portrait, attribute: str, strength: float, step: torch.Tensor, unit: float, most: float) -> float:
    """By how much, `most` at most, this photo's step is to be stretched. unit: the score's standard deviation among
    samples."""
    scorer = load_scorer(portrait.models.parser, portrait.models.face_tools, with_nets=False)
    before = _score(portrait, scorer, attribute, 0 * step)
    if np.isnan(before):
        # Nothing to be measured: the step stays what it is on average.
        return min(1.0, most)
    tries = 0

    def moved_by(factor: float) -> float:
        nonlocal tries
        portrait.tell("finding the strength", tries / TRIES)
        tries += 1
        after = _score(portrait, scorer, attribute, factor * step)
        return 0.0 if np.isnan(after) else (after - before) / unit

    factor = calibrated_factor(moved_by, strength, most=most, tries=TRIES)
    portrait.tell("finding the strength", 1.0)
    # Some hair changes for the eye and not for the score.
    return factor or min(1.0, most)


def _score(portrait: Portrait, scorer: Scorer, attribute: str, step: torch.Tensor) -> float:
    """The attribute's score of what the generator draws at the latent moved by a step (1,S,512)."""
    with torch.no_grad():
        picture = portrait.inversion.generator(portrait.inversion.latent + step, DRAWN_PX).picture
        small = F.interpolate(picture.float(), size=(SCORE_SIZE_PX, SCORE_SIZE_PX), mode="area")
    return float(score_pictures(scorer, to_uint8(small)[None])[0, NAMES.index(attribute)])


def first_step(portrait: Portrait, attribute: str, strength: float, w_layers: int) -> torch.Tensor:
    """Where a search for a shape begins (1,layers,512): at the boundary's step; nowhere without boundaries."""
    path = portrait.models.assets.path(BOUNDARIES_ASSET.name)
    if not path.exists():
        return torch.zeros(1, w_layers, 512, device=portrait.models.device)
    boundaries = load_boundaries(path, portrait.models.generator.w_space)
    step = direction(boundaries, {attribute: strength}, portrait.holds, w_layers)
    step = step * min(1.0, MAX_FIRST_STEP / max(float(step.norm(dim=1).max()), 1e-6))
    return step[None].to(portrait.models.device)
