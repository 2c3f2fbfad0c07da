"""How the hairline of one head becomes the next one's: it recedes, where a cross-fade would be a veil over the skin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.compositing.drawn import DrawnHead
from engine.edits.layers import Warp
from engine.edits.outline import eased
from engine.imaging.ops import Mask, Plane, dilate, distance_to, smoothstep, soft


@dataclass(frozen=True)
class HairlineSettings:
    """How a hairline recedes, set by eye on 24 heads. Lengths are pixels of a face 500 wide; shares are of the way
    between two heads."""

    # It does where a band so wide goes at once, from none to all between these widths: in narrower ones hair thins out
    # hair by hair, as a generator draws hairlines.
    bands_px: tuple[float, float] = (20.0, 50.0)
    # It begins and ends so far beyond: single hairs stand on the skin before it, which would stay behind as a line.
    beyond_px: float = 25.0
    # A spot takes so long.
    length: float = 0.5
    # Single strands go by so much sooner or later: on one line the hair would end in a bar, with twice as much in combs
    # and ticks.
    strands: float = 0.15
    # What moves ends so softly against what does not (a Gaussian's sigma).
    edge_px: float = 3.0
    # More than so much of a pixel counts as all of it.
    half: float = 0.5


@dataclass(frozen=True)
class Hairline:
    """From one head to the next. moves: H,W, 0..1, whether it does; when: H,W, the share of the way at which hair
    begins to go; length: the share that it takes."""

    moves: Plane
    when: Plane
    length: float

    def eased(self, share: Plane, box: tuple[slice, slice]) -> Plane:
        """How much of the next head is seen (H,W, 0..1) at a share of the way (H,W, 0..1), at these rows and columns of
        it."""
        return eased(share, self.moves[box], self.when[box], np.float32(self.length))

    def warped(self, warp: Warp) -> Hairline:
        """On other pixels."""
        return Hairline(warp(self.moves), warp(self.when), self.length)


def hairlines(
    heads: Sequence[DrawnHead],
    still: Plane,
    strands: Plane,
    unit_px: float,
    settings: HairlineSettings = HairlineSettings(),
) -> tuple[Hairline, ...]:
    """From each head to the next. still: H,W, 0..1, where none recedes; strands: H,W, -1..1, which single ones fall
    first; unit_px: pixels per 1/500 face width."""
    # All around a head counts as hair: from there it never recedes.
    covered: list[Mask] = [(head.hair > settings.half) | (head.head < settings.half) for head in heads]
    inside = [_inside(mask) / np.float32(unit_px) for mask in covered]
    receding = []
    for index in range(len(heads) - 1):
        goes = covered[index] & ~covered[index + 1]
        moves = soft(dilate(goes, settings.beyond_px * unit_px), settings.edge_px * unit_px)
        moves *= smoothstep(inside[index] - inside[index + 1], *settings.bands_px) * (1 - still)
        # Between both lines the middle one is as far from both.
        left, right = inside[index] + settings.beyond_px, settings.beyond_px - inside[index + 1]
        when = np.clip(left / np.maximum(left + right, 1), 0, 1) * (1 - settings.length) + settings.strands * strands
        receding.append(Hairline(moves, np.clip(when, 0, 1 - settings.length).astype(np.float32), settings.length))
    return tuple(receding)


def _inside(mask: Mask) -> Plane:
    """How many pixels (H,W) each pixel lies inside of a mask, below 0 off it; no more than the picture has."""
    most_px = float(sum(mask.shape))
    return np.minimum(distance_to(~mask), most_px) - np.minimum(distance_to(mask), most_px)
