"""How the outline of one head becomes the next one's: it moves like an edge, where a cross-fade would be smoke."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from engine.imaging.ops import Mask, Picture, Plane, blur, dilate, distance_to, luminance, smoothstep, soft

# A head's outline moves to the next one's, this soft (pixels of a face 500 wide) and frayed by strands (shares of the
# way between two heads). Strands off the photo's hair go first, within this share of the way.
OUTLINE_EDGE_PX, OUTLINE_STRANDS, STRAYS_GO = 9.0, 0.02, 0.3
# A head's soft edge reaches so far (pixels of a face 500 wide); it goes within this share of the way.
SOFT_EDGE_PX, SOFT_EDGE_GOES = 10.0, 0.12
# Strands are what is narrower than the first of these (canvas pixels, as a Gaussian's sigma), told against the contrast
# around, over the second; in a contrast of so few levels there are hardly any to see, only a camera's noise and a
# JPEG's squares.
STRANDS_PX, CONTRAST_PX, NOISE_LEVELS = 9.0, 25.0, 6.0
# Locks are told from a sensor's noise at this size (pixels of a face 500 wide).
LOCK_PX = 3.0


@dataclass(frozen=True)
class Outline:
    """How one head's outline becomes the next one's: where only one of the two shows the head, the change goes through
    the spot like an edge. moves: H,W, 0..1, whether it does; when, length: H,W, the share of the way at which it comes,
    and that it takes."""

    moves: Plane
    when: Plane
    length: Plane

    def eased(self, share: Plane) -> Plane:
        """How much of the next head is seen (H,W, 0..1) at a share of the way (H,W, 0..1)."""
        along = (share - self.when) / np.maximum(self.length, np.float32(1e-3))
        passed = smoothstep(np.asarray(along, np.float32), 0, 1)
        return np.asarray(share + (passed - share) * self.moves, np.float32)


def outlines(heads: Sequence[Mask], locks: Plane, unit_px: float) -> tuple[Outline, ...]:
    """From each head (H,W) to the next, the first of them with the photo's own hair.

    locks: H,W, -1..1, which go later. Strands that neither of the first two has go at once.
    """
    frayed = np.asarray(OUTLINE_STRANDS * locks, np.float32)
    moving = [_outline(one, next_, frayed, unit_px) for one, next_ in pairwise(heads)]
    first, strays = moving[0], blur(~heads[0] & ~heads[1], 2)
    moving[0] = Outline(
        np.maximum(first.moves, strays), first.when * (1 - strays), np.maximum(first.length, STRAYS_GO * strays)
    )
    return tuple(moving)


def _outline(before: Mask, after: Mask, frayed: Plane, unit_px: float) -> Outline:
    """Between two outlines the middle one is as far from both. frayed: H,W, by how much single strands go later."""
    goes = before & ~after
    # How far from the outline that the edge leaves, and from the one that it comes to.
    left = np.where(goes, _depth(before), distance_to(before))
    right = np.where(goes, distance_to(after), _depth(after))
    width = np.maximum(left + right, 1)
    length = np.clip(OUTLINE_EDGE_PX * unit_px / width, 0.05, 1.0)
    when = np.clip(left / width + frayed, 0, 1) * (1 - length)
    # The soft edge beyond the outline that is left would stay behind as a line.
    beyond = dilate(goes, SOFT_EDGE_PX * unit_px) & ~before & ~after
    when, length = np.where(beyond, 0, when), np.where(beyond, SOFT_EDGE_GOES, length)
    moves = soft(dilate(before ^ after, 2) | beyond, 1.5)
    return Outline(moves, np.asarray(when, np.float32), np.asarray(length, np.float32))


def _depth(mask: Mask) -> Plane:
    """How many pixels each pixel lies inside of a mask, which ends where the picture does."""
    return distance_to(~np.pad(mask, 1))[1:-1, 1:-1]


def strand_texture(photo: Picture) -> Plane:
    """Local contrast, -1..1, of mean 0: what tells strands from the gaps between them."""
    grey = luminance(photo)
    fine = grey - blur(grey, STRANDS_PX)
    usual = np.sqrt(blur(fine * fine, CONTRAST_PX)) + np.float32(NOISE_LEVELS)
    return np.asarray(np.clip(fine / usual, -1, 1), np.float32)


def lock_texture(photo: Picture, unit_px: float) -> Plane:
    """The same without a sensor's noise."""
    return blur(strand_texture(photo), LOCK_PX * unit_px)
