"""How far out a head may stand above the person below it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.compositing import Setting
from engine.compositing.overhang import OverhangSettings, overhang
from engine.imaging.ops import Mask, Plane

WIDTH = 0.4


@pytest.fixture(scope="module")
def column(setting: Setting) -> Mask:
    """A person as wide everywhere."""
    return np.asarray(np.abs(setting.u) < WIDTH, bool)


def reach(setting: Setting, over: Plane, height: float, side: int = 1) -> float:
    """How far out something may be at a height, on a side."""
    there = (np.abs(setting.v - height) < 0.01) & (over < 0) & (setting.u * side > 0)
    return float(np.abs(setting.u)[there].max())


def test_above_a_person_a_head_may_widen_in_a_slope(setting: Setting, column: Mask) -> None:
    settings = OverhangSettings()
    over = overhang(setting, column | (setting.v > 0.2), settings)
    for height in (0.0, 0.3, 0.5):
        rise = settings.slope * max(height - 0.2, 0)
        assert reach(setting, over, height) == pytest.approx(WIDTH + settings.beyond + rise, abs=0.02)


def test_what_widens_below_does_not_narrow_what_is_above(setting: Setting, column: Mask) -> None:
    over = overhang(setting, column | (np.abs(setting.u) < 0.6) & (setting.v < 0.1))
    assert reach(setting, over, 0.0) > 0.58
    assert reach(setting, over, 0.3) < WIDTH + 0.06


def test_each_side_has_its_own_person_below(setting: Setting, column: Mask) -> None:
    over = overhang(setting, column | (setting.u < 0) & (setting.u > -0.6))
    assert reach(setting, over, 0.3, -1) > 0.6 > reach(setting, over, 0.3) + 0.1


def test_neither_others_nor_what_lies_beyond_the_photo_is_the_person(setting: Setting, column: Mask) -> None:
    other = (setting.u > 0.5) & (setting.u < 0.7)
    outside = setting.u < -WIDTH
    inside = replace(setting, photo=replace(setting.photo, real=~outside))
    over = overhang(inside, column | other | outside)
    for side in (-1, 1):
        assert reach(setting, over, 0.2, side) < WIDTH + 0.06


def test_below_the_face_nothing_is_too_wide(setting: Setting, column: Mask) -> None:
    assert (overhang(setting, column)[setting.v < OverhangSettings().lowest - 0.01] < 0).all()
