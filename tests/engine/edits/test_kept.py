"""Own hair that stays until the horseshoe."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.compositing import DrawnHeads, Setting, draw_heads
from engine.edits.kept import KeptSettings, kept_until_bald
from engine.imaging.ops import Plane
from tests.support.schematic_head import SchematicHead, draw_head


@pytest.fixture(scope="module")
def head() -> SchematicHead:
    return draw_head(hanging=True)


@pytest.fixture(scope="module")
def drawn(head: SchematicHead) -> DrawnHeads:
    return draw_heads(head.setting, head.renders, np.random.default_rng(0))


@pytest.fixture(scope="module")
def even_locks(head: SchematicHead) -> Plane:
    return np.zeros_like(head.setting.v)


def test_beyond_the_head_it_reaches_further_the_lower_it_is(
    head: SchematicHead, drawn: DrawnHeads, even_locks: Plane
) -> None:
    setting: Setting = head.setting
    kept = kept_until_bald(setting, drawn.heads[1], even_locks) > 0
    reaches = [float(np.abs(setting.u)[kept & (np.abs(setting.v - v) < 0.01)].max()) for v in (0.05, -0.1, -0.25)]
    assert reaches[0] < reaches[1] < reaches[2]


def test_its_end_is_frayed_by_locks(head: SchematicHead, drawn: DrawnHeads, even_locks: Plane) -> None:
    longer, settings = np.ones_like(even_locks), KeptSettings()
    even, frayed = (kept_until_bald(head.setting, drawn.heads[1], locks) for locks in (even_locks, longer))
    beyond = drawn.heads[1].head < 0.5
    np.testing.assert_allclose((frayed - even)[beyond], settings.strands, atol=1e-5)


def test_towards_its_upper_end_it_reaches_over_the_heads_rim_as_little_as_beyond_it(
    head: SchematicHead, drawn: DrawnHeads, even_locks: Plane
) -> None:
    """Its end is a wedge: as wide as anywhere it was a block in mid-air."""
    setting, settings = head.setting, KeptSettings()
    on_head = (kept_until_bald(setting, drawn.heads[1], even_locks) > 0) & (drawn.heads[1].head > 0.5)
    row = int(np.argmin(np.abs(setting.v[:, setting.v.shape[1] // 2] - 0.21)))
    beyond = float(np.interp(0.21, settings.heights, settings.beyond))
    assert 0 < on_head[row].sum() / 2 <= beyond * setting.axes.width_px + 2
    assert beyond < settings.over_rim / 3


def test_where_the_horseshoe_has_no_hair_nothing_stays(
    head: SchematicHead, drawn: DrawnHeads, even_locks: Plane
) -> None:
    bald = replace(drawn.heads[1], hair=np.zeros_like(even_locks))
    assert (kept_until_bald(head.setting, bald, even_locks) < 0).all()


def test_beside_a_temple_without_hair_nothing_stays_above_the_brows(
    head: SchematicHead, drawn: DrawnHeads, even_locks: Plane
) -> None:
    """A turned head shows none of its horseshoe beyond the far temple: own hair there would float."""
    setting, horseshoe = head.setting, drawn.heads[1]
    near_alone = replace(horseshoe, hair=np.where(setting.u > 0, horseshoe.hair, 0))
    both, near = (kept_until_bald(setting, drawn_head, even_locks) > 0 for drawn_head in (horseshoe, near_alone))
    far_temple, below = (setting.u < 0) & (setting.v > 0), (setting.u < 0) & (setting.v < -0.25)
    assert (both & far_temple).any()
    assert not (near & far_temple).any()
    assert (near & below & (horseshoe.head < 0.5)).any()
    np.testing.assert_array_equal(near[setting.u > 0.1], both[setting.u > 0.1])


def test_beside_the_ears_short_hair_does_not_stay_beyond_the_head(head: SchematicHead, even_locks: Plane) -> None:
    """It stood off the head as a dark flake, with hair drawn short further in; hair that hangs would float without."""

    def beyond(of: SchematicHead) -> float:
        horseshoe = draw_heads(of.setting, of.renders, np.random.default_rng(0)).heads[1]
        kept = kept_until_bald(of.setting, horseshoe, even_locks) > 0
        own = (of.setting.matte.alpha > 0.5) & (horseshoe.head < 0.5) & (np.abs(of.setting.v) < 0.1)
        return float(kept[own].mean())

    assert beyond(draw_head()) == 0
    assert beyond(head) > 0.6
