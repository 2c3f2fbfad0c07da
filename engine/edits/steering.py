"""Moving a photo's latent along a boundary until its own score has moved by the strength."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
from torch.nn import functional as F

from engine.attributes.boundaries import BOUNDARIES_ASSET, Boundaries, direction, load_boundaries
from engine.attributes.calibration import CalibrationSettings, calibrated_factor
from engine.attributes.custom_boundaries import load_all_boundaries
from engine.attributes.scoring import NAMES, SCORE_SIZE_PX, Scorer, load_scorer, score_pictures
from engine.attributes.scoring.hair import TEXTURES
from engine.attributes.table import TABLE
from engine.compositing.view import View
from engine.edits.portrait import Portrait
from engine.generator import LATENT_SIZE, LatentStatistics
from engine.generator.picture import to_uint8

# What gives hair another texture leaves its shape as it is, besides what the table says.
SHAPE_HOLDS = ("bald", "receding_hairline", "bangs", "long_hair")


@dataclass(frozen=True)
class SteeringSettings:
    """How far a photo's step along a boundary may be stretched; limits by eye."""

    # Its factor at most, and the squared Mahalanobis distance of the latents that it may lead to (a fair sample has 1):
    # further out the generator draws a pattern instead of hair, whatever the score makes of it.
    max_stretch: float = 2.0
    max_mahalanobis: float = 12.0
    # Factors, evenly spread, among which the largest is looked for.
    factors: int = 41
    # How the factor is searched for, and the side of each picture that is drawn and scored for it.
    calibration: CalibrationSettings = field(default_factory=CalibrationSettings)
    drawn_px: int = 512
    # Length of one W+ layer's part of the step with which a search for a shape begins: the long ones that rare
    # attributes need on average begin beyond all faces.
    max_first_length: float = 3.0


def steered(
    portrait: Portrait, attribute: str, strength: float, settings: SteeringSettings = SteeringSettings()
) -> View:
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
    delta = direction(boundaries, {attribute: strength}, holds, w_layers)[None].to(models.device)
    most = furthest(portrait.inversion.latent, delta, models.statistics, settings)
    factor = min(1.0, most)
    if attribute in TABLE:
        with portrait.timed("steering"):
            deviation = boundaries.population[attribute][1]
            factor = _factor(portrait, attribute, strength, delta, deviation, most, settings)
    return portrait.drawn(factor * delta)


def furthest(
    latent: torch.Tensor,
    delta: torch.Tensor,
    statistics: LatentStatistics,
    settings: SteeringSettings = SteeringSettings(),
) -> float:
    """The largest factor, `max_stretch` at most, by which a delta (1,S,512) leads from a latent (1,S,512) to one
    whose squared Mahalanobis distance is at most `max_mahalanobis`."""
    inside = [
        factor
        for factor in np.linspace(0, settings.max_stretch, settings.factors)
        if float(statistics.mahalanobis(latent + float(factor) * delta)) <= settings.max_mahalanobis
    ]
    return float(max(inside, default=0.0))


def boundaries_for(portrait: Portrait, attribute: str) -> Boundaries:
    """All boundaries in the generator's W space. Raises ForeignBoundary and WeightsCorrupt."""
    models = portrait.models
    path = models.assets.path(BOUNDARIES_ASSET.name)
    return load_all_boundaries(models.generator.w_space, path, (attribute, *(portrait.holds or ())))


def _factor(
    portrait: Portrait,
    attribute: str,
    strength: float,
    delta: torch.Tensor,
    deviation: float,
    most: float,
    settings: SteeringSettings,
) -> float:
    """By how much, `most` at most, this photo's delta is to be stretched. deviation: the score's standard deviation
    among samples."""
    scorer = load_scorer(portrait.models.parser, portrait.models.face_tools, with_nets=False)
    before = _score(portrait, scorer, attribute, 0 * delta, settings.drawn_px)
    if np.isnan(before):
        # Nothing to be measured: the step stays what it is on average.
        return min(1.0, most)
    tries = 0

    def moved_by(factor: float) -> float:
        nonlocal tries
        portrait.tell("finding the strength", tries / settings.calibration.tries)
        tries += 1
        after = _score(portrait, scorer, attribute, factor * delta, settings.drawn_px)
        return 0.0 if np.isnan(after) else (after - before) / deviation

    factor = calibrated_factor(moved_by, strength, most=most, settings=settings.calibration)
    portrait.tell("finding the strength", 1.0)
    # Some hair changes for the eye and not for the score.
    return factor or min(1.0, most)


def _score(portrait: Portrait, scorer: Scorer, attribute: str, delta: torch.Tensor, drawn_px: int) -> float:
    """The attribute's score of what the generator draws, so large, at the latent moved by a delta (1,S,512)."""
    with torch.no_grad():
        picture = portrait.inversion.generator(portrait.inversion.latent + delta, drawn_px).picture
        small = F.interpolate(picture.float(), size=(SCORE_SIZE_PX, SCORE_SIZE_PX), mode="area")
    return float(score_pictures(scorer, to_uint8(small)[None])[0, NAMES.index(attribute)])


def first_delta(
    portrait: Portrait,
    attribute: str,
    strength: float,
    w_layers: int,
    settings: SteeringSettings = SteeringSettings(),
) -> torch.Tensor:
    """Where a search for a shape begins (1,layers,512): at the boundary's step; zeros without boundaries."""
    path = portrait.models.assets.path(BOUNDARIES_ASSET.name)
    if not path.exists():
        return torch.zeros(1, w_layers, LATENT_SIZE, device=portrait.models.device)
    boundaries = load_boundaries(path, portrait.models.generator.w_space)
    delta = direction(boundaries, {attribute: strength}, portrait.holds, w_layers)
    delta = delta * min(1.0, settings.max_first_length / max(float(delta.norm(dim=1).max()), 1e-6))
    return delta[None].to(portrait.models.device)
