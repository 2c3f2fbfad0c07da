"""Generated hair kept inside its attribute's region, as the finished picture shows it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from engine.compositing.view import View
from engine.makeover.layers import Reveal, over
from engine.makeover.regions import hair_limit
from engine.makeover.studio import Studio

# What is cut off may change what the parser sees in the rest.
MAX_CUTS = 5


def within_hair(studio: Studio, view: View, reveal: Reveal) -> Reveal:
    """The layer without what the parser does not take for hair, or its rim, once it lies over the view."""
    for _ in range(MAX_CUTS):
        after = studio.seen_again(over(view.picture, reveal.head(1.0)))
        limit = hair_limit(view, after, studio.unit_px)
        if not ((reveal.alpha > 0) & (limit == 0)).any():
            break
        reveal = replace(reveal, alpha=np.asarray(reveal.alpha * limit, np.float32))
    return reveal
