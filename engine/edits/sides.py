"""Hair at the sides of a drawn head, which the end of the way to a horseshoe must still show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from engine.compositing.setting import Setting
from engine.compositing.view import View
from engine.parsing.classes import HAIR_CLASSES


@dataclass(frozen=True)
class SideSettings:
    """How much hair stays at the sides, set by eye. Lengths and heights are face widths, from the midline and over the
    brows."""

    # The sides lie between these distances and heights.
    aside: tuple[float, float] = (0.40, 0.62)
    heights: tuple[float, float] = (-0.12, 0.18)
    # Of what the head before has of hair there so much (0..1) is left at least: fine white hair is lost at once.
    least_share: float = 0.4
    # Less than this share of the sides is none.
    least_hair: float = 0.05
    # Else the way ends at one of these shares of itself, the first that shows enough.
    earlier: tuple[float, ...] = (0.93, 0.87)


def side_hair(setting: Setting, render: View, settings: SideSettings = SideSettings()) -> float:
    """How much of a head's sides is hair in a render, of those where the photo has hair (0..1)."""
    aside, (low, high) = np.abs(setting.u), settings.heights
    sides = (aside > settings.aside[0]) & (aside < settings.aside[1]) & (setting.v > low) & (setting.v < high)
    sides &= setting.matte.solid
    return float(render.is_any(*HAIR_CLASSES)[sides].mean()) if sides.any() else 0.0


def with_side_hair(
    setting: Setting,
    before: View,
    bald: View,
    earlier: Callable[[float], View],
    settings: SideSettings = SideSettings(),
) -> View:
    """The bald render, or an earlier one of its way where it has lost at once the side hair of the one before.

    earlier: draws the head at a share (0..1) of that way.
    """
    there = side_hair(setting, before, settings)
    if there < settings.least_hair:
        return bald
    for share in settings.earlier:
        if side_hair(setting, bald, settings) >= settings.least_share * there:
            break
        bald = earlier(share)
    return bald
