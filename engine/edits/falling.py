"""When own hair falls, and which of it first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.compositing.drawn import DrawnHead
from engine.imaging.ops import Mask, Plane, distance_to, smoothstep


@dataclass(frozen=True)
class FallSettings:
    """When own hair falls, set by eye. Shares are of the order in which it does."""

    # It stays where, this far around (pixels of a face 500 wide), this share of the drawn head is hair; single strands
    # by so much earlier or later.
    inside_px: float = 14.0
    inside: tuple[float, float] = (0.55, 0.97)
    inside_strands: float = 0.16
    # But nowhere on bare skin: from none to this share of hair at a spot itself.
    on_hair: tuple[float, float] = (0.0, 0.3)
    # Between these shares of the way to the horseshoe it gives way to drawn hair, in full up to the first of these
    # distances from the horseshoe's skin (face widths), not at all from the second on: own hair that had been long
    # ended there as a black slab with a cut edge, where a generator draws short hair that gets thinner.
    thinned: tuple[float, float] = (0.5, 0.85)
    near_skin: tuple[float, float] = (0.06, 0.14)
    # Own hair on the head that the path's first one does not have falls until this position (in heads), the furthest
    # off its hair first, but for the last few pixels, over a rim of this share; single strands by so much earlier or
    # later.
    fallen_position: float = 0.9
    rim: float = 0.2
    strands: float = 0.05
    furthest_percentile: float = 99.0
    # What is less than this share (0..1) of the first head lies outside of it.
    out: float = 0.2
    # What lies on that hair falls last, in this share of the order, its rim first and what is so deep in it (face
    # widths) at the end: all at once it would be a jump.
    on_share: float = 0.4
    on_depth: float = 0.15
    # Where bangs give way to skin, they do so within this part of the way from one head to the next, strand by strand:
    # over all of it they would be a veil. Higher up what is left of a strand would be a dab.
    bared: tuple[float, float] = (0.2, 0.8)
    # Over so much (face widths) ends what stays until the horseshoe.
    kept_edge: float = 0.04
    # Beyond it, drawn hair ends over so much below what is left of it (face widths).
    drawn_edge: float = 0.10
    # That is so where hair hangs, this far from the midline or so far below the brows, and the less the less it hangs
    # below them: what is short gets thinner all over.
    aside: tuple[float, float] = (0.32, 0.42)
    below: tuple[float, float] = (0.30, 0.40)
    hangs: tuple[float, float] = (0.15, 0.40)
    # Where the last head has a body that those from the horseshoe's on lack, being drawn with hair or background there,
    # by these shares (0..1), it is seen at once below what is left of own hair, but for this first part of the way: the
    # background would show in between. So far below the brows, from none to all: higher up it is a head that is larger.
    body: tuple[float, float] = (0.2, 0.8)
    body_begins: float = 0.1
    body_below: tuple[float, float] = (0.8, 0.95)
    # Own hair before the face, further in than this, is gone sooner, by so much height for each face width: it would be
    # left as needles.
    inner: float = 0.46
    inner_slope: float = 2.0
    # It has ends between these percentiles of its heights, and up to this height; what is higher up goes within this
    # last share of the way, as what is short does within all of it.
    end_percentiles: tuple[float, float] = (1.0, 95.0)
    highest: float = 0.15
    last_share: float = 0.2
    # All these edges are as soft as a photo that is softer than this (canvas pixels); less, they are by themselves.
    least_soft_canvas_px: float = 4.0


def passed_hair(heads: Sequence[DrawnHead]) -> Plane:
    """How much hair (H,W, 0..1) each spot has on the last head that it belongs to; 1 where it belongs to none."""
    passed = np.ones_like(heads[0].head)
    for head in heads:
        passed = np.where(head.head > 0.5, head.hair, passed)
    return passed


def near_skin(horseshoe: DrawnHead, width_px: float, settings: FallSettings) -> Plane:
    """How near (H,W, 0..1) each spot lies to the bare skin of the horseshoe."""
    off = distance_to((horseshoe.head > 0.5) & (horseshoe.hair <= 0.5)) / np.float32(width_px)
    return np.asarray(1 - smoothstep(off, *settings.near_skin), np.float32)


def off_hair(own: Mask, drawn: Mask, width_px: float, settings: FallSettings) -> Plane:
    """How far each spot lies off drawn hair: 1 for the furthest own hair, 0 deep in the drawn."""
    if not drawn.any():
        return np.full(own.shape, settings.on_share, np.float32)
    distance, depth = distance_to(drawn), distance_to(~drawn)
    furthest = float(np.percentile(distance[own], settings.furthest_percentile)) if own.any() else 0.0
    outside = settings.on_share + (1 - settings.on_share) * np.clip(distance / max(furthest, 1.0), 0, 1)
    inside = settings.on_share * np.clip(1 - depth / (settings.on_depth * width_px), 0, 1)
    return np.asarray(np.where(drawn, inside, outside), np.float32)
