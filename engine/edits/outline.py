"""How the outline of one head becomes the next one's: it moves like an edge, where a cross-fade would be smoke."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np

from engine.edits.layers import Warp
from engine.imaging.ops import Mask, Plane, blur, dilate, distance_to, smoothstep, soft

THREADS = 2


@dataclass(frozen=True)
class OutlineSettings:
    """How an outline moves, set by eye. Lengths in `_px` are pixels of a face 500 wide, those in `_canvas_px` the
    canvas's; shares are of the way between two heads."""

    # It is so soft: sharper, an outline looks cut out of paper.
    edge_px: float = 7.0
    # No spot changes within a smaller share: it would be seen as a switch.
    least_length: float = 0.05
    # Strands off the photo's hair go first, within this share; such a place ends so softly.
    strays_go: float = 0.3
    strays_edge_canvas_px: float = 2
    # Heads' own soft edges reach so far to either side of their outlines: the moving one comes from beyond the first
    # and ends within the second, or single pixels of a soft edge would stay behind, as teeth. It ends so softly.
    soft_edge_px: float = 10.0
    moves_edge_canvas_px: float = 1.5


@dataclass(frozen=True)
class Outline:
    """How one head's outline becomes the next one's: where only one of the two shows the head, the change goes through
    the spot like an edge. moves: H,W, 0..1, whether it does; when, length: H,W, the share of the way at which it comes,
    and that it takes."""

    moves: Plane
    when: Plane
    length: Plane

    def within(self, box: tuple[slice, slice]) -> Outline:
        """At these rows and columns alone."""
        return Outline(self.moves[box], self.when[box], self.length[box])

    def warped(self, warp: Warp) -> Outline:
        """On other pixels."""
        return Outline(warp(self.moves), warp(self.when), warp(self.length))

    def eased(self, share: Plane) -> Plane:
        """How much of the next head is seen (H,W, 0..1) at a share of the way (H,W, 0..1)."""
        return eased(share, self.moves, self.when, np.maximum(self.length, np.float32(1e-3)))


def eased(share: Plane, moves: Plane, when: Plane, length: Plane | np.float32) -> Plane:
    """How much of the next head is seen (H,W, 0..1) at a share of the way (H,W, 0..1) where a change goes through it
    like an edge (moves: H,W, 0..1), from a share of the way on (when: H,W) and for so much of it (length, above 0)."""
    passed = smoothstep(np.asarray((share - when) / length, np.float32), 0, 1)
    return np.asarray(share + (passed - share) * moves, np.float32)


def outlines(
    heads: Sequence[Mask], unit_px: float, settings: OutlineSettings = OutlineSettings()
) -> tuple[Outline, ...]:
    """From each head (H,W) to the next, the first of them with the photo's own hair.

    Hairs that neither of the first two heads has go at once.
    """
    # NumPy and OpenCV let go of the interpreter's lock while they compute.
    with ThreadPoolExecutor(THREADS) as pool:
        edges = list(pool.map(_edge, heads))
        moved = partial(_outline, unit_px=unit_px, settings=settings)
        moving = list(pool.map(moved, edges[:-1], edges[1:]))
    first, strays = moving[0], blur(~heads[0] & ~heads[1], settings.strays_edge_canvas_px)
    moving[0] = Outline(
        np.maximum(first.moves, strays),
        first.when * (1 - strays),
        first.length + (settings.strays_go - first.length) * strays,
    )
    return tuple(moving)


@dataclass(frozen=True)
class _Edge:
    """A head (H,W), and how many pixels each pixel lies off it and inside of it, which ends where the picture does."""

    head: Mask
    off: Plane
    inside: Plane


def _edge(head: Mask) -> _Edge:
    return _Edge(head, distance_to(head), distance_to(~np.pad(head, 1))[1:-1, 1:-1])


def _outline(one: _Edge, next_: _Edge, unit_px: float, settings: OutlineSettings) -> Outline:
    """Between two outlines the middle one is as far from both."""
    goes = one.head & ~next_.head
    reach_px = settings.soft_edge_px * unit_px
    # How far from the outline that the edge leaves, and from the one that it comes to: both heads' own soft edges lie
    # on the way.
    left, right = one.inside - one.off, next_.off - next_.inside
    near_goes = dilate(goes, reach_px)
    left, right = (np.where(near_goes, side, -side) + reach_px for side in (left, right))
    width = np.maximum(left + right, 1)
    length = np.clip(settings.edge_px * unit_px / width, settings.least_length, 1.0)
    when = np.clip(left / width, 0, 1) * (1 - length)
    moves = soft(near_goes | dilate(next_.head & ~one.head, reach_px), settings.moves_edge_canvas_px)
    return Outline(moves, np.asarray(when, np.float32), np.asarray(length, np.float32))
