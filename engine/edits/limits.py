"""Generated hair kept inside its attribute's region, as the finished picture shows it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from engine.compositing import over
from engine.compositing.view import View
from engine.edits.layers import Reveal
from engine.edits.portrait import Portrait
from engine.edits.regions import hair_limit

# What is cut off may change what the parser sees in the rest: it is asked again so often at most.
MAX_CUTS = 5


def within_hair(portrait: Portrait, view: View, reveal: Reveal, max_cuts: int = MAX_CUTS) -> Reveal:
    """The layer without what the parser does not take for hair, or its rim, once it lies over the view."""
    for _ in range(max_cuts):
        after = portrait.seen_again(over(view.picture, reveal.overlay(1.0)))
        limit = hair_limit(view, after, portrait.face_px)
        if not ((reveal.alpha > 0) & (limit == 0)).any():
            break
        reveal = replace(reveal, alpha=np.asarray(reveal.alpha * limit, np.float32))
    return reveal
