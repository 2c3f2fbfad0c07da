"""Where a face's way to baldness ends: the step in latent space to a horseshoe, or to no hair at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray

from engine.edits.own_head import own_head
from engine.face.head_axes import head_axes
from engine.generator.picture import to_uint8
from engine.latent.baldness import FIRST_STEP, FIRST_STEP_ON, held, wanted_at
from engine.latent.descent import Aim, descend, lengthened
from engine.latent.downhill import Downhill, DownhillSettings
from engine.latent.effort import Effort
from engine.latent.inversion import Inversion
from engine.latent.side_hair import with_lower_sides
from engine.models.load import Models
from engine.runtime.side_by_side import large_piece

# From a face's own start little is left to go when its steps become fine: on four photos of six the first fine one,
# as long as the last coarse one, led uphill.
ON_FROM_OWN_START = DownhillSettings(onwards=0.5)


@dataclass(frozen=True)
class BaldEnd:
    """delta: 1,6,512, the step there; person, picture: S,S,3 uint8, what the generator draws before the step, and after
    it, None where it did not."""

    delta: torch.Tensor
    person: NDArray[np.uint8]
    picture: NDArray[np.uint8] | None


def bald_end(
    models: Models,
    inversion: Inversion,
    end: str,
    effort: Effort,
    probabilities: NDArray[np.float32],
    landmarks: NDArray[np.float64],
    tell: Callable[[float], None],
) -> BaldEnd:
    """The way from the person that an inversion draws to one of `latent.baldness.ENDS`.

    probabilities: 19,S,S, and landmarks: 68,2 in crop pixels, of the photo's crop; tell: called with 0..1 as the search
    goes on, and free to raise.
    """
    axes, as_is = head_axes(landmarks), own_head(inversion)
    aim = Aim(wanted_at(end, probabilities, axes), held(probabilities, landmarks, axes), as_is.before)
    networks, latent = models.for_descents(inversion.generator), inversion.latent
    own = models.own_start(end) is not None
    descent = descend(
        networks,
        latent,
        aim,
        models.bald_start(end, latent, probabilities, axes),
        steps=effort.balding_on if own else effort.balding,
        stepper=partial(Downhill, length=FIRST_STEP_ON, settings=ON_FROM_OWN_START)
        if own
        else partial(Downhill, length=FIRST_STEP),
        tell=tell,
    )
    with large_piece():
        longer = lengthened(networks, latent, aim, descent)
        if end == "clean":
            return BaldEnd(longer.delta, as_is.picture, None)
        beyond = models.beyond_horseshoe(probabilities, axes)
        lower = with_lower_sides(networks, latent, longer.delta, beyond, probabilities, axes, shown=longer.picture)
    return BaldEnd(lower.delta, as_is.picture, None if lower.picture is None else to_uint8(lower.picture))
