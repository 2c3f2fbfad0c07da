"""What lies over a photo at one moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.imaging.ops import Picture, Plane

# Colours that are weighted by a share (0..1) of a pixel are divided by it, at least by this.
LEAST_ALPHA = 1e-4


@dataclass(frozen=True)
class Overlay:
    """picture: H,W,3 in 0..255; alpha: H,W, 0..1, how much of it replaces what lies below."""

    picture: Picture
    alpha: Plane


def merged(overlays: Sequence[Overlay]) -> Overlay:
    """Several overlays, first below, as one (Porter and Duff 1984, "over")."""
    below = overlays[0]
    for above in overlays[1:]:
        alpha = 1 - (1 - below.alpha) * (1 - above.alpha)
        mixed = below.picture * (below.alpha * (1 - above.alpha))[..., None] + above.picture * above.alpha[..., None]
        picture = mixed / np.maximum(alpha, LEAST_ALPHA)[..., None]
        below = Overlay(np.asarray(picture, np.float32), alpha.astype(np.float32))
    return below


def over(photo: Picture, overlay: Overlay) -> Picture:
    """An overlay laid over a picture (H,W,3) of the same size."""
    return np.asarray(photo + (overlay.picture - photo) * overlay.alpha[..., None], np.float32)
