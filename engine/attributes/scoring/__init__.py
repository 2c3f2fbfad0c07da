"""How much of each attribute a picture shows: masks, geometry, colour, texture, and two small networks."""

from engine.attributes.scoring.scorer import (
    NAMES,
    Observations,
    Scorer,
    load_scorer,
    observe,
    score_pictures,
    scores_of,
)
from engine.attributes.scoring.view import SCORE_SIZE_PX

__all__ = ["NAMES", "SCORE_SIZE_PX", "Observations", "Scorer", "load_scorer", "observe", "score_pictures", "scores_of"]
