"""Heads that lie within one another: none of them has less of a head than one with less hair."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.compositing.person import HeadSettings
from engine.imaging.ops import LEAST_SEEN, Mask, Plane, blur, bounding_box, distance_to, erode


def with_bald_core(
    heads: Sequence[Plane], haired: Mask, bald: int, unit_px: float, settings: HeadSettings
) -> list[Plane]:
    """Heads (H,W, 0..1) with the middle of the bald one, whatever a parser saw in them, and those with less hair with
    its skin. haired: H,W, where the bald one has hair; bald: its index; unit_px: pixels per 1/500 face width."""
    core = erode(heads[bald] > 0.5, settings.core_px * unit_px)
    core_share = blur(core, settings.core_edge_px * unit_px)
    bare = erode(core & ~haired, settings.core_px * unit_px)
    bare_share = blur(bare, settings.core_edge_px * unit_px)
    more, less = heads[:bald], heads[bald + 1 :]
    return [
        *(np.maximum(head, core_share) for head in more),
        heads[bald],
        *(np.maximum(head, bare_share) for head in less),
    ]


def nested(heads: Sequence[Plane], hairs: Sequence[Plane], bald: int, sides: Plane) -> tuple[list[Plane], list[Plane]]:
    """Heads up to the bald one (H,W, 0..1), none narrower at own sides (H,W, 0..1) than those after it, and their hair:
    what a later one has beyond the outline of one with more hair would stand there as a notch, and as a corner below.
    Where it is own side in part, the outline lies so far on the way between both: all of it in part would be a veil.
    """
    heads, hairs = list(heads), list(hairs)
    for index in reversed(range(min(bald, len(heads) - 1))):
        more = np.maximum(heads[index + 1] - heads[index], 0)
        more = more * _up_to(sides, heads[index], heads[index + 1], more > LEAST_SEEN)
        hairs[index] = np.maximum(hairs[index], np.minimum(hairs[index + 1], more))
        heads[index] = heads[index] + more
    return heads, hairs


def _up_to(share: Plane, head: Plane, wider: Plane, between: Mask) -> Plane:
    """What lies (H,W, 0..1) up to a share (H,W, 0..1) of the way from a head's outline to a wider one's, there being
    something between them."""
    partly = between & (share > 0) & (share < 1)
    if not partly.any():
        return share
    box = bounding_box(partly, 1)
    inner, outer = distance_to(head[box] > 0.5), distance_to(wider[box] <= 0.5)
    ends = share.copy()
    ends[box] = np.where(share[box] < 1, np.clip(share[box] * (inner + outer) - inner + 0.5, 0, 1), 1)
    return ends
