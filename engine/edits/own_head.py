"""The person as they are, drawn once: what a descent sets out from, and the first head of the way."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from engine.generator.picture import to_uint8
from engine.latent.descent import FINE_SIZE_PX, Before, judged
from engine.latent.inversion import Inversion


@dataclass(frozen=True)
class OwnHead:
    """picture: S,S,3 uint8, what an inversion draws; before: what is judged of it, by the size of its pictures."""

    picture: NDArray[np.uint8]
    before: Before


def own_head(inversion: Inversion) -> OwnHead:
    """What an inversion draws before any step, in one pass where its generator has all sizes on its way."""
    generator = inversion.generator
    whole_px, judged_px = generator.full_size_px, (generator.coarse_size_px, FINE_SIZE_PX)
    with torch.no_grad():
        drawn = generator.at_sizes(inversion.latent, (*judged_px, whole_px))
    return OwnHead(to_uint8(drawn[whole_px].picture), judged(drawn, judged_px))
