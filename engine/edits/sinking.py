"""Hair that hangs comes to lie on the head as it gets less: what stands off at the sides moves in."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, median_filter

from engine.compositing.drawn import DrawnHeads
from engine.compositing.setting import Setting
from engine.edits.layers import Warp
from engine.imaging.ops import Mask, Picture, Plane, blur, bounding_box, channel_mean, distance_to, mixed, smoothstep
from engine.parsing import FaceClass
from engine.runtime.cached_property import cached_property

# More than so much of a pixel counts as all of it.
HALF = 0.5
# An outline is told over so many levels, so that a single strand does not count.
MEDIAN_LEVELS = 5


@dataclass(frozen=True)
class SinkingSettings:
    """How far hair at the sides moves in, set by eye. Face widths from the midline and over the brows."""

    # Heights are told in steps of so much, and what is found in them is so smooth (a Gaussian's sigma).
    lowest: float = -1.3
    highest: float = 0.9
    step: float = 0.02
    smooth: float = 0.06
    # At these heights over the brows hair lies no further than so much beyond the head, whose width counts below the
    # ears as at them, above these heights of it.
    heights: tuple[float, ...] = (-1.0, -0.8, -0.6, -0.4, -0.2, 0.0, 0.15, 0.3)
    beyond: tuple[float, ...] = (0.9, 0.55, 0.32, 0.18, 0.10, 0.05, 0.03, 0.02)
    head_above: float = -0.1
    # Above these heights own hair falls, and does not move.
    falls_above: tuple[float, float] = (0.3, 0.5)
    # What lies so far inwards stays, what is further out moves the more; no more than to this share of its width.
    inner: float = 0.42
    curve: float = 1.3
    least_width: float = 0.35
    # Where no background lies within so much beside it, but cloth, a shoulder or somebody else, hair stays as it is;
    # and where it ends so near to the photo's edge, behind which it may go on.
    beside: float = 0.08
    background: tuple[float, float] = (0.6, 0.9)
    photo_ends: tuple[float, float] = (0.02, 0.05)
    # A single lock that reaches the edge over less than half of so much height does not count.
    lock: float = 0.4
    # It begins and is done at these shares of the way to the horseshoe.
    way: tuple[float, float] = (0.15, 0.9)
    # On the way from the horseshoe to no hair at all it lies down altogether until this share of it: no further than so
    # much beyond the bare head, at any height, and no more than to this share of its width.
    lies_down: float = 0.6
    lying_beyond: float = 0.03
    lying_width: float = 0.2
    # Where it goes on beyond the photo it then ends within so much of the edge, strand by strand.
    edge: tuple[float, float] = (0.02, 0.14)
    edge_strands: float = 0.12
    # A pixel is hair between these shares of a matte, whose inside is none of 1.
    matte: tuple[float, float] = (0.25, 0.6)
    # And off the head as far as it differs from what is behind it (levels of 0..255): what does not, between two locks,
    # would move with them.
    differs: tuple[float, float] = (8.0, 30.0)
    # Moved by so many pixels hair is laid anew over what is behind it; by less it is still the photo.
    moved_px: tuple[float, float] = (0.0, 2.0)


@dataclass(frozen=True)
class Sinking:
    """own: H,W, 0..1, the photo's hair; across: H,W, head coordinate to the right; further: H,W, by how many face
    widths what is seen at a spot at the horseshoe stood further out in the photo; lying: the same when it lies down;
    inside: H,W, 0..1, none at the photo's edge."""

    own: Plane
    across: Plane
    further: Plane
    lying: Plane
    inside: Plane
    settings: SinkingSettings = SinkingSettings()

    @cached_property
    def _boxes(self) -> tuple[tuple[slice, slice], ...]:
        """Where anything moves at all, on either side of the head."""
        moves = np.maximum(self.further, self.lying) > 0
        sides = (moves & (self.across < 0), moves & (self.across > 0))
        return tuple(bounding_box(side) for side in sides if side.any())

    @cached_property
    def _face_width(self) -> tuple[float, float]:
        """How many pixels right and down a face width is."""
        slope_x, slope_y = (float(np.median(np.diff(self.across, axis=axis))) for axis in (1, 0))
        square = max(slope_x**2 + slope_y**2, 1e-12)
        return slope_x / square, slope_y / square

    def warped(self, warp: Warp) -> Sinking:
        """On other pixels."""
        own, across, further, lying, inside = map(warp, (self.own, self.across, self.further, self.lying, self.inside))
        return Sinking(own, across, further, lying, inside, self.settings)

    def laid(
        self, photo: Picture, drawn: Picture, change: Plane, own: Plane, way: float, beyond: float = 0.0
    ) -> tuple[Picture, Plane]:
        """Picture (H,W,3) and alpha (H,W, 0..1) of a moment at a share of the way to the horseshoe, and of that beyond.

        drawn: H,W,3, what is seen where own hair is not; change: H,W, 0..1, where it may be; own: H,W, 0..1, where own
        hair stays.
        """
        alpha = np.asarray(change * (1 - own), np.float32)
        share = float(smoothstep(np.full(1, way, np.float32), *self.settings.way)[0])
        if share <= 0 or not self._boxes:
            return drawn, alpha
        right, below = self._face_width
        lies = np.float32(smoothstep(np.full(1, beyond, np.float32), 0, self.settings.lies_down)[0])
        picture = drawn.copy()
        # Where both boxes lie, both say the same: neither looks at what the other has laid.
        for box in self._boxes:
            moved = np.float32(share) * self.further[box]
            moved = moved + lies * (self.lying[box] - moved) if lies > 0 else moved
            out = np.sign(self.across[box]) * moved
            there_y, there_x = np.mgrid[box].astype(np.float32)
            source = (there_x + out * np.float32(right), there_y + out * np.float32(below))
            hair = np.asarray(cv2.remap(self.own, *source, cv2.INTER_LINEAR) * own[box], np.float32)
            if lies > 0:
                hair *= 1 - lies * (1 - cv2.remap(self.inside, *source, cv2.INTER_LINEAR))
            strands = np.asarray(cv2.remap(photo, *source, cv2.INTER_LINEAR), np.float32)
            again = smoothstep(np.abs(out) * np.float32(np.hypot(right, below)), *self.settings.moved_px)
            laid = mixed(drawn[box], strands, hair)
            before, after = change[box] * (1 - own[box]) * (1 - again), change[box] * again
            both = np.maximum(before + after, np.float32(1e-6))
            picture[box] = mixed(drawn[box], laid, np.asarray(after / both, np.float32))
            alpha[box] = before + after
        return picture, alpha


def sinking(
    setting: Setting,
    drawn: DrawnHeads,
    way: int,
    locks: Plane,
    soft_px: float,
    settings: SinkingSettings = SinkingSettings(),
) -> Sinking:
    """How the photo's hair moves in until only the horseshoe is left.

    way: its index among the drawn heads; locks: H,W, -1..1, the photo's; soft_px: how soft the edges of a blurred photo
    are (a Gaussian's sigma).
    """
    photo, hair, head = setting.photo, setting.matte.alpha, drawn.heads[way].head > HALF
    hanging = (hair > HALF) & (drawn.change > HALF)
    background = photo.seen(FaceClass.BACKGROUND) & ~setting.people
    further, lying = np.zeros_like(hair), np.zeros_like(hair)
    for side in (-1, 1):
        out = setting.u * np.float32(side)
        sides = _further(out, setting.v, hanging, head, background, photo.real, settings)
        further += np.where(out > 0, sides, 0)
        if len(drawn.heads) > way + 1:
            bare = drawn.heads[-1].head > HALF
            lying += np.where(out > 0, np.maximum(sides, _lying(out, setting.v, hanging, bare, settings)), 0)
    differs = smoothstep(channel_mean(np.abs(photo.picture - drawn.behind)), *settings.differs)
    own = smoothstep(hair, *settings.matte) * np.where(head, 1, differs)
    own = blur(own, soft_px) if soft_px else own
    inside = np.ones_like(hair)
    if len(drawn.heads) > way + 1:
        inside = distance_to(~np.pad(photo.real, 1))[1:-1, 1:-1] / np.float32(setting.axes.width_px)
        inside = smoothstep(inside + settings.edge_strands * locks, *settings.edge)
    further, lying = (np.asarray(plane, np.float32) for plane in (further, lying))
    return Sinking(own, setting.u, further, lying, inside, settings)


def _lying(out: Plane, height: Plane, hair: Mask, bare: Mask, settings: SinkingSettings) -> Plane:
    """The same when it lies down on the bare head (H,W), whatever is beside it: nothing of it will be left."""
    beyond = (settings.lying_beyond,) * len(settings.heights)
    settings = replace(settings, beyond=beyond, least_width=settings.lying_width)
    return _further(out, height, hair, bare, None, None, settings)


def _further(
    out: Plane,
    height: Plane,
    hair: Mask,
    head: Mask,
    background: Mask | None,
    real: Mask | None,
    settings: SinkingSettings,
) -> Plane:
    """Of one side (H,W): by how many face widths further out what is seen in the end stands. out: H,W, from the
    midline."""
    levels = np.arange(settings.lowest, settings.highest, settings.step)
    level = np.clip(((height - settings.lowest) / settings.step).astype(np.int32), 0, len(levels) - 1)
    reach = _reach(out, level, hair, len(levels))
    skull = _reach(out, level, head & (height > settings.head_above), len(levels))
    skull = np.maximum.accumulate(skull[::-1])[::-1]
    at_most = skull + np.interp(levels, settings.heights, settings.beyond)
    narrowed = settings.inner + settings.least_width * (reach - settings.inner)
    lying = np.minimum(reach, np.maximum(at_most, narrowed))
    in_way = reach - lying
    if background is not None and real is not None:
        in_way *= _free(out, level, reach, background, real, settings)
    in_way *= 1 - np.asarray(smoothstep(levels.astype(np.float32), *settings.falls_above))
    sigma = settings.smooth / settings.step
    moved, lying = gaussian_filter1d(in_way, sigma), gaussian_filter1d(lying, sigma)
    # Between two levels it goes on evenly: steps would be seen in the strands.
    moved, lying = (np.interp(height, levels + settings.step / 2, line).astype(np.float32) for line in (moved, lying))
    share = np.clip((out - settings.inner) / np.maximum(lying - settings.inner, settings.step), 0, 1)
    return np.asarray(moved * share**settings.curve, np.float32)


def _reach(out: Plane, level: NDArray[np.int32], where: Mask, levels: int) -> NDArray[np.float64]:
    """How far out a mask (H,W) reaches on each level; 0 where there is none of it."""
    furthest = np.zeros(levels)
    there = where & (out > 0)
    if there.any():
        # Sorted by level, which short integers are in one pass: a maximum for each place of a list takes five times as
        # long.
        on = level[there].astype(np.int16)
        order = np.argsort(on, kind="stable")
        first = np.flatnonzero(np.diff(on[order], prepend=-1))
        furthest[on[order[first]]] = np.maximum.reduceat(out[there][order], first)
    return median_filter(furthest, MEDIAN_LEVELS)


def _free(
    out: Plane,
    level: NDArray[np.int32],
    reach: NDArray[np.float64],
    background: Mask,
    real: Mask,
    settings: SinkingSettings,
) -> NDArray[np.float64]:
    """Whether nothing but background lies beside the hair, 0..1 for each level."""
    beyond = out - reach[level].astype(np.float32)
    beside = real & (beyond > 0) & (beyond < settings.beside) & (reach[level] > 0)
    count = np.bincount(level[beside], minlength=len(reach))
    free = np.bincount(level[beside], background[beside], minlength=len(reach)) / np.maximum(count, 1)
    room = median_filter(_reach(out, level, real, len(reach)) - reach, round(settings.lock / settings.step))
    return np.asarray(
        smoothstep(free.astype(np.float32), *settings.background)
        * smoothstep(room.astype(np.float32), *settings.photo_ends),
        np.float64,
    )
