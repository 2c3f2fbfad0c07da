"""Which spots of a head go bald first."""

from __future__ import annotations

import numpy as np
import pytest

from engine.compositing import DrawnHeads, Setting, draw_heads
from engine.edits.ahead import RecessionSettings, ahead_of_the_rest
from engine.edits.balding import balding
from engine.imaging.ops import Plane
from tests.support.schematic_head import SchematicHead, at, draw_head


@pytest.fixture(scope="module")
def head() -> SchematicHead:
    return draw_head()


@pytest.fixture(scope="module")
def setting(head: SchematicHead) -> Setting:
    return head.setting


@pytest.fixture(scope="module")
def heads(head: SchematicHead) -> DrawnHeads:
    return draw_heads(head.setting, head.renders, np.random.default_rng(0))


@pytest.fixture(scope="module")
def ahead(setting: Setting, heads: DrawnHeads) -> Plane:
    return ahead_of_the_rest(setting, heads.heads[-1])


def test_temples_lead_the_midline_and_the_forelock_waits(setting: Setting, ahead: Plane) -> None:
    temple, beside, forelock = (ahead[at(setting, *place)] for place in ((0.31, 0.44), (0.18, 0.44), (0.0, 0.44)))
    assert temple > 0.05
    assert temple > beside > forelock
    assert forelock < 0


def test_what_hangs_over_the_forehead_goes_all_together_with_the_temples(setting: Setting, ahead: Plane) -> None:
    hanging = [float(ahead[at(setting, u, v)]) for u in (-0.2, 0.0, 0.2) for v in (0.02, 0.1, 0.2)]
    np.testing.assert_allclose(hanging, RecessionSettings().temple_lead, atol=0.02)


def test_both_sides_go_alike_and_beside_the_face_nothing_is_ahead_below_the_brows(
    setting: Setting, ahead: Plane
) -> None:
    for v in (0.2, 0.35, 0.5):
        assert abs(float(ahead[at(setting, -0.31, v)]) - float(ahead[at(setting, 0.31, v)])) < 0.02
    assert not ahead[(setting.v < 0) & (np.abs(setting.u) > 0.42)].any()


def test_own_hair_before_the_forehead_is_gone_when_the_drawn_hair_there_is(setting: Setting, heads: DrawnHeads) -> None:
    """Before the first head is reached, too: it stood there as a grey ghost."""
    layer = balding(setting, heads, 2, np.random.default_rng(0))
    fringe = (layer.own_hair > 0.9) & (layer.ahead > 0.9) & (layer.heads[0] > 0.9) & (layer.hair[1] < 0.02)
    assert fringe.sum() > 100
    assert layer.hair_left(0.7)[fringe].mean() < 0.1


def test_the_forelock_catches_up_with_the_temples_before_the_horseshoe(setting: Setting, heads: DrawnHeads) -> None:
    """And nothing gets hair back meanwhile."""
    layer = balding(setting, heads, 2, np.random.default_rng(0))
    forelock, temple = at(setting, 0.0, 0.44), at(setting, 0.31, 0.44)

    def places(position: float) -> tuple[float, float]:
        later = 1 - layer.hair_left(position)
        return float(later[forelock]), float(later[temple])

    shares = np.array([places(position) for position in np.linspace(0.2, 2, 19)])
    assert (np.diff(shares, axis=0) > -0.02).all()
