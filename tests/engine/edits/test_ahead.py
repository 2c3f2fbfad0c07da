"""Which spots of a head go bald first."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from engine.compositing import DrawnHeads, Setting, draw_heads
from engine.edits.ahead import Ahead, RecessionSettings, ahead_of_the_rest
from engine.edits.balding import balding
from engine.face import ibug
from tests.support.schematic_head import SchematicHead, at, draw_head

# Heads on the way, as the presets draw them.
WAY = 5


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
def ahead(setting: Setting, heads: DrawnHeads) -> Ahead:
    return ahead_of_the_rest(setting, heads.heads[-1], WAY, np.zeros_like(setting.v))


def test_at_first_temples_lead_the_midline_and_the_forelock_waits(setting: Setting, ahead: Ahead) -> None:
    early = ahead.at(1)
    temple, beside, forelock = (early[at(setting, *place)] for place in ((0.31, 0.44), (0.18, 0.44), (0.0, 0.44)))
    assert temple > 0.5
    assert temple > beside > forelock
    assert forelock < 0


def test_later_the_forelock_is_ahead_too_and_at_the_ends_nothing_is(setting: Setting, ahead: Ahead) -> None:
    later = ahead.at(3)
    assert later[at(setting, 0.0, 0.44)] > 0.2
    assert later[at(setting, 0.31, 0.44)] > later[at(setting, 0.0, 0.44)]
    assert not ahead.at(0).any()
    assert not ahead.at(WAY).any()


def test_in_a_turned_face_all_lies_about_the_midline_as_it_is_seen(setting: Setting, heads: DrawnHeads) -> None:
    landmarks = setting.landmarks.copy()
    landmarks[ibug.NOSE_ROOT] += 0.25 * setting.axes.width_px * setting.axes.right
    aside = replace(setting, landmarks=landmarks)
    turned = ahead_of_the_rest(aside, heads.heads[-1], WAY, np.zeros_like(setting.v)).at(1)
    row = turned[at(setting, 0.0, 0.44)[0]]
    u = setting.u[at(setting, 0.0, 0.44)[0]]
    assert abs(float(u[row.argmin()]) - 0.25) < 0.03
    near, far = (float(u[np.where(side, row, -1).argmax()]) - 0.25 for side in (u < 0.25, u > 0.25))
    assert near < -0.35
    assert 0.1 < far < 0.2


def test_no_spot_goes_back_on_its_way(ahead: Ahead) -> None:
    places = [position + ahead.at(position) for position in np.linspace(0, WAY, 51)]
    assert min(float((later - earlier).min()) for earlier, later in pairwise(places)) > -1e-3


def test_what_hangs_over_the_forehead_goes_from_its_ends_up_before_the_temples(setting: Setting, ahead: Ahead) -> None:
    early = ahead.at(1)
    for u in (-0.2, 0.0, 0.2):
        ends, middle, root = (float(early[at(setting, u, v)]) for v in (0.02, 0.16, 0.30))
        assert ends > middle + 0.5 > root + 1
        assert ends > WAY * RecessionSettings().temple_lead


def test_what_hangs_does_not_end_on_one_line(setting: Setting, heads: DrawnHeads) -> None:
    """On a line, bangs ended in a bar; locks and single strands end at heights of their own."""
    rng = np.random.default_rng(0)
    strands = np.where(rng.random(setting.v.shape[1]) > 0.5, 0.45, -0.45)[None] * np.ones_like(setting.v)
    for order, least in ((np.zeros_like(setting.v), 0.02), (strands.astype(np.float32), 0.03)):
        early = ahead_of_the_rest(setting, heads.heads[-1], WAY, order).at(1)
        before_face = (np.abs(setting.u) < 0.2) & (early > WAY * 0.6)
        highest = np.array([setting.v[before_face[:, x], x].max() for x in np.flatnonzero(before_face.any(0))])
        assert len(highest) > 50
        assert highest.std() > least


def test_nothing_is_ahead_of_the_ways_end(ahead: Ahead) -> None:
    """Beyond it, it would be a head of the way to no hair at all that is seen."""
    for position in (0.5, 2.0, 4.0, WAY, WAY + 1.0):
        assert position + ahead.at(position).max() <= max(position, WAY) + 1e-5


def test_both_sides_go_alike_and_beside_the_face_nothing_is_ahead_below_the_brows(
    setting: Setting, heads: DrawnHeads
) -> None:
    even = RecessionSettings(lock_ends=0.0)
    early = ahead_of_the_rest(setting, heads.heads[-1], WAY, np.zeros_like(setting.v), even).at(1)
    for v in (0.2, 0.35, 0.5):
        assert abs(float(early[at(setting, -0.31, v)]) - float(early[at(setting, 0.31, v)])) < 0.1
    assert not early[(setting.v < 0) & (np.abs(setting.u) > 0.42)].any()


def test_own_hair_before_the_forehead_is_gone_when_the_drawn_hair_there_is(setting: Setting, heads: DrawnHeads) -> None:
    """Before the first head is reached, too: it stood there as a grey ghost."""
    layer = balding(setting, heads, 2)
    fringe = (layer.own_hair > 0.9) & (layer.ahead.temples > 0.9) & (layer.heads[0] > 0.9) & (layer.hair[1] < 0.02)
    assert fringe.sum() > 100
    assert layer.hair_left(0.7)[fringe].mean() < 0.1
