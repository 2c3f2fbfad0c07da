"""Outlines of drawn hair pass its single hairs by turns: a head cut out along a line would look like one."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from engine.compositing.drawn import DrawnHead
from engine.imaging.ops import Plane, distance_to, smooth_over, smoothstep


@dataclass(frozen=True)
class FrayingSettings:
    """How far hair stands out and how, set by eye. Lengths in `_px` are pixels of a face 500 wide."""

    # By so much for a hair of the strongest order; its edge is so soft.
    reach_px: float = 5.0
    edge_px: float = 1.2
    # Only where the head's rim, so wide, is hair: between none and all of these shares of it.
    rim_px: float = 6.0
    rim_hair: tuple[float, float] = (0.6, 0.95)
    # For hair on its way to that rim it is told from so far around, and still where that much of it is far off.
    passing_px: float = 25.0
    least_weight: float = 1e-6


def of_hair(head: DrawnHead, order: Plane, unit_px: float, settings: FrayingSettings = FrayingSettings()) -> Plane:
    """The order (H,W, -1..1) in which hairs fall until a head is there, none where its outline is bare: what still
    stood there would hang in the air."""
    share = smooth_over(head.hair, head.head, settings.passing_px * unit_px, settings.least_weight)
    return np.asarray(order * smoothstep(share, *settings.rim_hair), np.float32)


def frayed(head: DrawnHead, order: Plane, unit_px: float, settings: FrayingSettings = FrayingSettings()) -> DrawnHead:
    """A head whose hair ends by turns. order: H,W, -1..1, which hairs fall first."""
    inside = head.head > 0.5
    hairy = smoothstep(smooth_over(head.hair, head.head, settings.rim_px * unit_px), *settings.rim_hair)
    depth = distance_to(~inside) - distance_to(inside)
    stands_out = np.asarray(depth - settings.reach_px * unit_px * np.minimum(order, 0), np.float32)
    edge = settings.edge_px * unit_px
    ends = np.maximum(head.head, smoothstep(stands_out, -edge, edge) * hairy)
    hair = np.where(ends > head.head, np.maximum(head.hair, ends * hairy), head.hair)
    return replace(head, head=np.asarray(ends, np.float32), hair=np.asarray(hair, np.float32))
