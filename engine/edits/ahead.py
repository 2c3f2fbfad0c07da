"""Which spots of a head go bald first: temples, and what hangs over the forehead, are ahead of the rest of the path."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from engine.compositing.drawn import DrawnHead
from engine.compositing.setting import Setting
from engine.edits.ends import strand_ends
from engine.edits.layers import Warp
from engine.face.head_axes import midline_aside
from engine.imaging.ops import Plane, distance_to, smoothstep


@dataclass(frozen=True)
class RecessionSettings:
    """Where hair goes first, set by eye. Lengths and heights are face widths, from the midline and over the brows."""

    # How far ahead on the path the temples are of the rest, in shares of the way to the horseshoe: the Norwood scale's
    # M. Their places and half widths, and the forelock's.
    temple_lead: float = 0.48
    temple_place: float = 0.30
    temple_width: float = 0.16
    forelock_width: float = 0.13
    # That holds above the first of these heights, and on the crown above the second no longer.
    above: tuple[float, float] = (0.05, 0.20)
    crown_above: tuple[float, float] = (0.55, 0.75)
    # What hangs over the forehead goes from its ends up: at the brows it is so far ahead, and ever less up to this
    # height, before the face alone, within these half widths. All at once it would be a veil, and left to the drawn
    # heads it would end as one lock before the eyes.
    hanging_lead: float = 0.9
    hanging_below: float = 0.46
    hanging_half_widths: tuple[float, float] = (0.30, 0.42)
    # It is bangs between these shares of that.
    hanging_shares: tuple[float, float] = (0.0, 0.4)
    # Its ends lie so much higher or lower lock by lock, and strand by strand: on a line they would be a bar.
    lock_ends: float = 0.02
    strand_ends: float = 0.07
    # No forelock is below the first of these heights, above the second all of it.
    forelock_above: tuple[float, float] = (0.24, 0.42)
    # Nothing is where hair is seen beside the bald head, which goes from the middle to the sides with its outline: so
    # deep inside of the outline it begins, and holds.
    outline_depths: tuple[float, float] = (0.0, 0.08)
    # Single strands fall by so much earlier or later than their surroundings, in heads: with more of it the last ones
    # stood on the skin as ticks.
    strand_spread: float = 0.3


@dataclass(frozen=True)
class ForelockSettings:
    """When the forelock goes, set by eye; in shares of the way to the horseshoe."""

    # At first it is so far behind the rest, which makes the M, and between these shares of the way it gets so far
    # ahead: left to the drawn heads alone, it would stand between two bays as a tuft.
    lag: float = 0.10
    lead: float = 0.20
    turns: tuple[float, float] = (0.24, 0.50)
    # Over this last share of the way all that is ahead is caught up with.
    ends: float = 0.6


@dataclass(frozen=True)
class Ahead:
    """Which spots are ahead of the rest of a way of so many heads (way).

    temples: H,W, by how many heads temples are, and what hangs over the forehead; forelock: H,W, 0..1, the forelock;
    hanging: H,W, 0..1, what hangs over the forehead.
    """

    temples: Plane
    forelock: Plane
    hanging: Plane
    way: int
    settings: ForelockSettings = ForelockSettings()

    def at(self, position: float) -> Plane:
        """By how many heads (H,W) each spot is ahead at a position on the path, below 0 behind. Nothing is at its
        ends."""
        settings, share = self.settings, position / self.way
        turned = float(smoothstep(np.full(1, share, np.float32), *settings.turns)[0])
        waits = self.way * ((settings.lag + settings.lead) * turned - settings.lag)
        begun = float(np.clip(min(position, (1 - share) / settings.ends), 0, 1))
        ahead = (self.temples + np.float32(waits) * self.forelock) * np.float32(begun)
        return np.asarray(np.minimum(ahead, np.float32(max(self.way - position, 0))), np.float32)

    def warped(self, warp: Warp) -> Ahead:
        """On other pixels."""
        return replace(self, temples=warp(self.temples), forelock=warp(self.forelock), hanging=warp(self.hanging))


def ahead_of_the_rest(
    setting: Setting,
    horseshoe: DrawnHead,
    way: int,
    strands: Plane,
    settings: RecessionSettings = RecessionSettings(),
) -> Ahead:
    """Which spots of a head are ahead on the way to this head, the one with the number `way`. strands: H,W, -1..1,
    which single ones fall first."""
    u, v = _off_midline(setting), setting.v
    height = smoothstep(v, *settings.above) * (1 - smoothstep(v, *settings.crown_above))
    temples = settings.temple_lead * np.exp(-(((u - settings.temple_place) / settings.temple_width) ** 2)) * height
    before_face = 1 - smoothstep(u, *settings.hanging_half_widths)
    locks = strand_ends(setting.u, np.random.default_rng(0))
    ends = v + settings.lock_ends * locks + settings.strand_ends * strands
    hangs = np.maximum(1 - ends / np.float32(settings.hanging_below), 0) * before_face
    forelock = np.exp(-((u / settings.forelock_width) ** 2)) * height
    forelock = forelock * (1 - before_face * (1 - smoothstep(v, *settings.forelock_above)))
    depth = distance_to(horseshoe.head < 0.5) / np.float32(setting.axes.width_px)
    inside = smoothstep(depth, *settings.outline_depths)
    leads = np.maximum(temples, np.minimum(settings.hanging_lead * hangs, 1))
    hanging = smoothstep(np.asarray(hangs, np.float32), *settings.hanging_shares)
    temples, forelock = (np.asarray(plane * inside, np.float32) for plane in (way * leads, forelock))
    return Ahead(temples, forelock, hanging, way)


def _off_midline(setting: Setting) -> Plane:
    """How far (H,W) each spot is off the face's own midline, in face widths of a face that looks straight ahead: in one
    that is turned, the midline is seen aside, and the half that turned away is narrow."""
    aside = np.float32(midline_aside(setting.landmarks, setting.axes))
    off = setting.u - aside
    return np.asarray(np.where(off > 0, off / (1 - 2 * aside), -off / (1 + 2 * aside)), np.float32)
