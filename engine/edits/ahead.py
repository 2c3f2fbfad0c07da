"""Which spots of a head go bald first: temples, and what hangs over the forehead, are ahead of the rest of the path."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.compositing.drawn import DrawnHead
from engine.compositing.setting import Setting
from engine.imaging.ops import Plane, distance_to, smoothstep


@dataclass(frozen=True)
class RecessionSettings:
    """Where hair goes first, set by eye. Lengths and heights are face widths, from the midline and over the brows."""

    # How far ahead on the path the temples are of the rest, and the forelock behind, in shares of the way to the
    # horseshoe: the Norwood scale's M. Their places and half widths.
    temple_lead: float = 0.48
    temple_place: float = 0.30
    temple_width: float = 0.16
    forelock_lag: float = 0.10
    forelock_width: float = 0.13
    # That holds above the first of these heights, and on the crown above the second no longer.
    above: tuple[float, float] = (0.05, 0.20)
    crown_above: tuple[float, float] = (0.55, 0.75)
    # What hangs over the forehead is as far ahead as the temples: below the first of these heights, above the second no
    # more than it would be anyway, and before the face alone, within these half widths. It would else end as one lock
    # before the eyes.
    hanging_below: tuple[float, float] = (0.24, 0.42)
    hanging_half_widths: tuple[float, float] = (0.30, 0.42)
    # Nothing is where hair is seen beside the bald head, which goes from the middle to the sides with its outline: so
    # deep inside of the outline it begins, and holds.
    outline_depths: tuple[float, float] = (0.0, 0.08)
    # Single strands fall by so much earlier or later than their surroundings, in heads.
    strand_spread: float = 0.5


def ahead_of_the_rest(
    setting: Setting, horseshoe: DrawnHead, settings: RecessionSettings = RecessionSettings()
) -> Plane:
    """By how much (H,W) each spot is ahead of the rest, below 0 behind it, in shares of the way to this head."""
    u, v = np.abs(setting.u), setting.v
    temples = settings.temple_lead * np.exp(-(((u - settings.temple_place) / settings.temple_width) ** 2))
    forelock = settings.forelock_lag * np.exp(-((u / settings.forelock_width) ** 2))
    ahead = (temples - forelock) * smoothstep(v, *settings.above) * (1 - smoothstep(v, *settings.crown_above))
    hangs = (1 - smoothstep(v, *settings.hanging_below)) * (1 - smoothstep(u, *settings.hanging_half_widths))
    ahead = ahead + np.maximum(settings.temple_lead - ahead, 0) * hangs
    depth = distance_to(horseshoe.head < 0.5) / np.float32(setting.axes.width_px)
    return np.asarray(ahead * smoothstep(depth, *settings.outline_depths), np.float32)
