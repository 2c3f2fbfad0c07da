"""Going bald: one way from the photo over the generator's balding heads, the person's own hair on it as long as it can.

The heads lie on one straight latent path, so the light and the style of the hair stay the same between them. A moment
is a position on that path. Own hair stays where the head of that moment still has hair all around; at its edges, and
where it has fallen, that head is seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.compositing.drawn import DrawnHead, DrawnHeads
from engine.compositing.overlay import Overlay
from engine.compositing.setting import Setting
from engine.edits.layers import Warp
from engine.edits.outline import Outline, lock_texture, outlines, strand_texture
from engine.imaging.ops import Mask, Picture, Plane, blur, distance_to, smoothstep
from engine.latent.norwood import left_at

# How far ahead on the path the temples are of the rest, and the forelock behind, in shares of the way to the
# horseshoe: the Norwood scale's M. Their places and half widths are in face widths from the midline.
TEMPLE_LEAD, TEMPLE_PLACE, TEMPLE_WIDTH = 0.45, 0.30, 0.13
FORELOCK_LAG, FORELOCK_WIDTH = 0.14, 0.13
# That holds above the first of these heights over the brows, and on the crown above the second no longer.
TEMPLE_ABOVE, CROWN_ABOVE = (0.05, 0.20), (0.45, 0.65)
# Nor does it where hair is seen beside the bald head, which goes from the middle to the sides with its outline: so deep
# (face widths) inside of the outline it begins, and holds.
OUTLINE_DEPTHS = (0.0, 0.08)
# Single strands fall by so much earlier or later than their surroundings, in heads.
STRAND_SPREAD = 0.35
# Own hair stays where, this far around (pixels of a face 500 wide), this share of the drawn head is hair.
INSIDE_PX, INSIDE = 14.0, (0.72, 0.97)
INSIDE_STRANDS = 0.06
# Own hair on the head that the path's first one does not have falls until this position, the furthest off its hair
# first, over a rim of this share of the way; single strands by so much earlier or later.
FALLEN_POSITION, FALLING_RIM, FALLING_STRANDS = 0.9, 0.2, 0.05
FURTHEST_PERCENTILE = 99.0
# What lies on that hair falls last, in this share of the order, its rim first and what is so deep in it (face widths)
# at the end: all at once it would be a jump.
ON_SHARE, ON_DEPTH = 0.4, 0.15
# Beside and below the ears own hair stays as it is until the horseshoe, at these heights over the brows so far (face
# widths) beyond its head, where the outline of hair that hangs comes down from the skull in one slope, and on its face
# so far off its hair. Over how much that ends, by locks of so many lengths.
KEPT_HEIGHTS = (-1.0, -0.6, -0.3, -0.15, -0.02, 0.05, 0.1, 0.2, 0.3)
KEPT_BEYOND = (1.2, 0.6, 0.34, 0.22, 0.14, 0.10, 0.07, 0.02, -0.07)
KEPT_INWARD = (1.2, 0.6, 0.28, 0.14, 0.04, 0.0, -0.07, -0.07, -0.07)
KEPT_EDGE, KEPT_STRANDS, KEPT_STRANDS_INWARD = 0.04, 0.012, 0.04
# Beyond the head it reaches so far over the head's rim (face widths), where a drawn head shows what is behind it.
KEPT_OVER_RIM = 0.06
# How baldness is told: by hair left in this half width of the midline above the brows (face widths), and beside it
# by how much of the picture changes, so that no year is much longer than another.
TOP_HALF_WIDTH = 0.48
HAIR_SHARE_OF_PACE = 0.6
PACE_STEPS = 33
PACE_SHRINK = 6


@dataclass(frozen=True)
class Balding:
    """A layer over the canvas.

    photo: H,W,3; own_hair, change: H,W, 0..1, the photo's hair and where it may be replaced; heads: the drawn pictures
    along the path; hair: their hair; ahead: H,W, by how many heads a spot is ahead of the rest; strands: H,W, -1..1;
    spread: H,W, by how many heads single strands are ahead; out: H,W, 0..1, outside of the first head; off: H,W, 0..1,
    how far off its hair, 1 the furthest own hair; gaps: H,W, 0..1, background between own locks; kept: H,W, how far
    inside (face widths) of what stays until the horseshoe, negative outside; outlines: between neighbouring heads; way:
    index of the horseshoe; unit_px: pixels per 1/500 face width; positions: on the path (in heads), at even steps of
    the layer's progress, the last one its end.
    """

    photo: Picture
    own_hair: Plane
    change: Plane
    heads: tuple[NDArray[np.uint8] | Picture, ...]
    hair: tuple[Plane, ...]
    ahead: Plane
    strands: Plane
    spread: Plane
    out: Plane
    off: Plane
    gaps: Plane
    kept: Plane
    outlines: tuple[Outline, ...]
    way: int
    unit_px: float
    positions: NDArray[np.float64]

    @property
    def cover(self) -> Plane:
        """Where hair may fall."""
        return self.change

    def overlay(self, progress: float) -> Overlay:
        """The head at a moment, where it replaces the photo's."""
        steps = np.linspace(0, 1, len(self.positions))
        return self.at(float(np.interp(progress, steps, self.positions)))

    def at(self, position: float) -> Overlay:
        """The same at a position on the path, 0 for the photo."""
        return self.moment(position)[0]

    def hair_left(self, position: float) -> Plane:
        """H,W, 0..1: hair that is seen at a position, own or drawn."""
        return self.moment(position)[1]

    def moment(self, position: float) -> tuple[Overlay, Plane]:
        """Both at once."""
        if position <= 0:
            return Overlay(self.photo, np.zeros_like(self.change)), self.own_hair
        picture, hair = self._drawn(position)
        alpha = np.asarray(self.change * (1 - self._own(position, hair)), np.float32)
        left = self.own_hair * (1 - alpha) + np.minimum(hair, self.own_hair) * alpha
        return Overlay(picture, alpha), np.asarray(left, np.float32)

    def warped(self, warp: Warp, scale: float) -> Balding:
        """On other pixels."""
        return replace(
            self,
            photo=warp(self.photo),
            own_hair=warp(self.own_hair),
            change=warp(self.change),
            heads=tuple(warp(head.astype(np.float32)) for head in self.heads),
            hair=tuple(warp(hair) for hair in self.hair),
            ahead=warp(self.ahead),
            strands=warp(self.strands),
            spread=warp(self.spread),
            out=warp(self.out),
            off=warp(self.off),
            gaps=warp(self.gaps),
            kept=warp(self.kept),
            outlines=tuple(Outline(*map(warp, (o.moves, o.when, o.length))) for o in self.outlines),
            unit_px=self.unit_px * scale,
        )

    def _drawn(self, position: float) -> tuple[Picture, Plane]:
        """The picture between two neighbouring heads, each spot at its own place on the path, and its hair."""
        last = len(self.heads) - 1
        # At the photo, and from the horseshoe on, every spot is where the path is.
        begun = float(np.clip(min(position, self.way - position), 0, 1))
        place = np.clip(position + (self.ahead + self.spread) * begun, 0, last)
        shares = [np.zeros_like(self.change) for _ in self.heads]
        low, high = float(place.min()), float(place.max())
        for index, outline in enumerate(self.outlines):
            if low <= index + 1 and high >= index:
                here = (place >= index) & ((place < index + 1) | (index + 1 == last))
                eased = outline.eased(np.clip(place - index, 0, 1))
                shares[index] += here * (1 - eased)
                shares[index + 1] += here * eased
        picture, hair = np.zeros_like(self.photo), np.zeros_like(self.change)
        for head, its_hair, share in zip(self.heads, self.hair, shares, strict=True):
            if share.any():
                picture += head * share[..., None]
                hair += its_hair * share
        return picture, hair

    def _own(self, position: float, hair: Plane) -> Plane:
        kept = self.kept
        if position > self.way:
            # The outermost goes first, and all of it until the next head.
            most = float(self.kept[self.change > 0].max(initial=0)) + KEPT_EDGE
            kept = kept - np.float32(most * min(position - self.way, 1.0))
        kept = smoothstep(np.asarray(kept, np.float32), 0, KEPT_EDGE)
        inside = blur(np.maximum(hair, kept * self.own_hair), INSIDE_PX * self.unit_px) + INSIDE_STRANDS * self.strands
        own = np.asarray(smoothstep(np.asarray(inside, np.float32), *INSIDE) * (1 - self.gaps), np.float32)
        own = np.maximum(own, kept)
        if position >= 1:
            return np.asarray(own, np.float32)
        # What the first head has no hair for goes as the outline moves over it, or on the head by turns.
        beside = 1 - self.outlines[0].eased(np.full_like(self.out, position))
        reach = (1 + FALLING_RIM + 2 * FALLING_STRANDS) * (1 - position / FALLEN_POSITION) - FALLING_STRANDS
        not_yet = smoothstep(np.asarray(reach - self.off + FALLING_STRANDS * self.strands, np.float32), 0, FALLING_RIM)
        outer = not_yet + (beside - not_yet) * self.out
        return np.asarray(np.maximum(own, outer), np.float32)


def balding(setting: Setting, drawn: DrawnHeads, way: int) -> Balding:
    """The layer of a face, not yet paced. way: index of the horseshoe among the drawn heads."""
    u, v = np.abs(setting.u), setting.v
    temples = TEMPLE_LEAD * np.exp(-(((u - TEMPLE_PLACE) / TEMPLE_WIDTH) ** 2))
    forelock = FORELOCK_LAG * np.exp(-((u / FORELOCK_WIDTH) ** 2))
    ahead = way * (temples - forelock) * smoothstep(v, *TEMPLE_ABOVE) * (1 - smoothstep(v, *CROWN_ABOVE))
    depth = distance_to(drawn.heads[way].head < 0.5) / np.float32(setting.axes.width_px)
    ahead = ahead * smoothstep(depth, *OUTLINE_DEPTHS)
    strands, locks = strand_texture(setting.photo.picture), lock_texture(setting.photo.picture, setting.unit_px)
    first, *later = (head.head > 0.5 for head in drawn.heads)
    moving = outlines([first | setting.matte.solid, *later], locks, setting.unit_px)
    return Balding(
        photo=setting.photo.picture,
        own_hair=setting.matte.alpha,
        change=drawn.change,
        heads=tuple(head.picture for head in drawn.heads),
        hair=tuple(head.hair for head in drawn.heads),
        ahead=np.asarray(ahead, np.float32),
        strands=strands,
        # Off the head strands do not get fewer, the outline moves.
        spread=STRAND_SPREAD * strands * (1 - np.max([outline.moves for outline in moving], 0)),
        out=1 - drawn.heads[0].head,
        off=_off(setting.matte.alpha > 0.5, drawn.heads[0].hair > 0.5, setting.axes.width_px),
        gaps=setting.gaps,
        kept=_kept(setting, drawn.heads[way], locks),
        outlines=moving,
        way=way,
        unit_px=setting.unit_px,
        positions=np.array([0.0, float(len(drawn.heads) - 1)]),
    )


def _kept(setting: Setting, horseshoe: DrawnHead, locks: Plane) -> Plane:
    """How far (H,W, face widths) each spot lies inside of what does not change until the horseshoe: so far beyond its
    head, and on it so far off its hair. Negative outside."""
    hair, head = horseshoe.hair > 0.5, horseshoe.head > 0.5
    if not hair.any():
        return np.full_like(setting.v, -1)
    outward = np.interp(setting.v, KEPT_HEIGHTS, KEPT_BEYOND) + KEPT_STRANDS * locks
    inward = np.interp(setting.v, KEPT_HEIGHTS, KEPT_INWARD) + KEPT_STRANDS_INWARD * locks
    width_px = np.float32(setting.axes.width_px)
    over_rim = np.minimum(outward, KEPT_OVER_RIM - distance_to(~head) / width_px)
    on_head = np.maximum(inward - distance_to(hair) / width_px, over_rim)
    kept = np.where(head, on_head, outward - distance_to(head) / width_px)
    return np.asarray(kept, np.float32)


def _off(own: Mask, drawn: Mask, width_px: float) -> Plane:
    """How far each spot lies off drawn hair: 1 for the furthest own hair, 0 deep in the drawn."""
    if not drawn.any():
        return np.full(own.shape, ON_SHARE, np.float32)
    distance, depth = distance_to(drawn), distance_to(~drawn)
    furthest = float(np.percentile(distance[own], FURTHEST_PERCENTILE)) if own.any() else 0.0
    outside = ON_SHARE + (1 - ON_SHARE) * np.clip(distance / max(furthest, 1.0), 0, 1)
    inside = ON_SHARE * np.clip(1 - depth / (ON_DEPTH * width_px), 0, 1)
    return np.asarray(np.where(drawn, inside, outside), np.float32)


def paced(layer: Balding, top: Mask, end: float, *, stage: float = 7.0) -> Balding:
    """The layer with positions at which hair is lost evenly from its beginning to its end.

    top: H,W, where hair counts; end: position that stands for the last stage; stage: Norwood stage, 1 to 7, at which
    the layer ends. The share of hair left is solved for, so the same stage looks as bald on everyone.
    """
    small, counted = _reduced(layer, top)
    positions = np.linspace(0, end, PACE_STEPS)
    moments = [small.moment(float(position)) for position in positions]
    left = np.minimum.accumulate([float((hair * counted).sum()) for _, hair in moments])
    lost = (left[0] - left) / max(float(left[0] - left[-1]), 1e-6)
    pictures = [_over(small.photo, overlay) for overlay, _ in moments]
    moved = np.cumsum([0.0, *(float(np.abs(b - a).mean()) for a, b in pairwise(pictures))])
    pace = HAIR_SHARE_OF_PACE * lost + (1 - HAIR_SHARE_OF_PACE) * moved / max(float(moved[-1]), 1e-6)
    pace = np.maximum.accumulate(pace + 1e-6 * np.arange(PACE_STEPS))
    goal = 1 - left_at(stage)
    # The last position at which no more than the stage's share is gone.
    rising = np.maximum.accumulate(lost + 1e-6 * np.arange(PACE_STEPS))
    stop = float(np.interp(goal, rising, pace)) if goal < 1 else float(pace[-1])
    return replace(layer, positions=np.interp(np.linspace(0, stop, PACE_STEPS), pace, positions))


def top_of_head(u: Plane, v: Plane) -> Mask:
    """Where hair on top of the head is counted, in head coordinates."""
    return np.asarray((v > 0) & (np.abs(u) < TOP_HALF_WIDTH), bool)


def _over(photo: Picture, overlay: Overlay) -> Picture:
    return np.asarray(photo + (overlay.picture - photo) * overlay.alpha[..., None], np.float32)


def _reduced(layer: Balding, top: Mask) -> tuple[Balding, Plane]:
    height, width = layer.change.shape
    size = (width // PACE_SHRINK, height // PACE_SHRINK)

    def small(values: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_AREA), np.float32)

    return layer.warped(small, 1 / PACE_SHRINK), small(top.astype(np.float32))


def shares_of_the_way(heads: int) -> Sequence[float]:
    """Even shares, 0 to 1, at which heads are drawn."""
    return [float(share) for share in np.linspace(0, 1, heads)]
