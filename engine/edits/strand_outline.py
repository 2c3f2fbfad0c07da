"""Hair that ends in strands before the background: a generator's ends in an outline as smooth as paper's."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.imaging.ops import Plane, blur, smoothstep

# A share of nothing is none.
LEAST = 1e-6


@dataclass(frozen=True)
class StrandOutlineSettings:
    """How an outline of hair ends in strands, set by eye on 18 heads. Lengths are pixels of a face 500 wide, shares are
    0..1."""

    # Strands end within so much of the outline (a Gaussian's sigma), by so much of its soft share earlier or later, and
    # so many times as sharp as that is.
    reach_px: float = 3.5
    strands: float = 0.25
    sharper: float = 1.3
    # That holds where what is around is hair, from none to all between these shares of the head, and where the soft
    # outline is neither none nor all, between these of how much it is both.
    haired: tuple[float, float] = (0.5, 0.95)
    both: tuple[float, float] = (0.05, 0.3)
    # Of less of a head no share is told.
    least: float = 0.02


def in_strands(
    head: Plane, hair: Plane, strands: Plane, unit_px: float, settings: StrandOutlineSettings = StrandOutlineSettings()
) -> tuple[Plane, Plane]:
    """A head and its hair (H,W, 0..1) whose outline ends in strands where it is hair's.

    strands: H,W, -1..1, which single ones end sooner; unit_px: pixels per 1/500 face width.
    """
    wide, around = (blur(plane, settings.reach_px * unit_px) for plane in (head, hair))
    both = 4 * wide * (1 - wide)
    at = np.flatnonzero(both > settings.both[0])
    if not at.size:
        return head, hair
    share, amount = wide.take(at), both.take(at)
    ended = (share - np.float32(0.5) - np.float32(settings.strands) * strands.take(at) * amount) * settings.sharper
    ended = np.clip(ended + np.float32(0.5), 0, 1).astype(np.float32)
    haired = np.asarray(around.take(at) / np.maximum(share, np.float32(settings.least)), np.float32)
    holds = smoothstep(haired, *settings.haired) * smoothstep(amount, *settings.both)
    before = head.take(at)
    after = before + (ended - before) * holds
    # What it gains is hair, and of what it loses hair loses its part.
    its = hair.take(at)
    new_head, new_hair = head.copy(), hair.copy()
    new_head.reshape(-1)[at] = after
    new_hair.reshape(-1)[at] = np.where(after > before, its + after - before, its * after / np.maximum(before, LEAST))
    return new_head, new_hair
