"""The line of the shoulders behind hair, on the drawn head's body, which begins at a height of -1 out to 1.1."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.compositing import Setting
from engine.compositing.torso import TorsoSettings, chin_height, flared, torso
from engine.imaging.ops import Mask
from engine.parsing import FaceClass
from tests.support.schematic_head import SchematicHead

BEGINS, ENDS = -1.0, 1.1


def hidden(head: SchematicHead, setting: Setting, hung: Mask) -> Setting:
    """The photo with hair somewhere."""
    probabilities = head.photo.probabilities.copy()
    probabilities[:, hung[::2, ::2]] = 0
    probabilities[FaceClass.HAIR, hung[::2, ::2]] = 1
    return replace(setting, photo=replace(head.photo, probabilities=probabilities))


@pytest.fixture(scope="module")
def neck(head: SchematicHead) -> Mask:
    return head.render.is_any(FaceClass.NECK)


def test_between_the_neck_and_a_shoulder_that_is_seen_the_body_falls_ever_flatter(
    head: SchematicHead, setting: Setting, neck: Mask
) -> None:
    u, v = setting.u, setting.v
    seen = hidden(head, setting, np.asarray((v < -0.75) & (u > 0.3) & (u < 0.8), bool))
    # A shoulder that hangs lower, so that there is a way.
    probabilities, low = seen.photo.probabilities, np.asarray((u >= 0.8) & (v > -1.2), bool)[::2, ::2]
    probabilities[:, low] = 0
    probabilities[FaceClass.BACKGROUND, low] = 1
    below = torso(seen, neck)
    heights = [v[below & (np.abs(u - at) < 0.01)].max() for at in (0.36, 0.5, 0.7)]
    assert chin_height(setting) > heights[0] > heights[1] > heights[2] > -1.2
    assert (heights[0] - heights[1]) / 0.14 > 1.2 * (heights[1] - heights[2]) / 0.2


def test_a_side_that_shows_nothing_is_as_the_other_one(head: SchematicHead, setting: Setting, neck: Mask) -> None:
    u, v = setting.u, setting.v
    below = torso(hidden(head, setting, np.asarray((v < -0.75) & (u > 0.3), bool)), neck)
    inside = (v < BEGINS - 0.03) & (u > 0.3) & (u < ENDS - 0.05)
    assert below[inside].all()
    assert not below[(v > BEGINS + 0.03) & (u > 0.55)].any()


def test_beyond_the_last_that_is_seen_a_shoulder_is_round(head: SchematicHead, setting: Setting, neck: Mask) -> None:
    u, v = setting.u, setting.v
    below = torso(hidden(head, setting, np.asarray((v < -0.75) & (u > 0.8), bool)), neck)
    assert below[(v < BEGINS - 0.06) & (np.abs(u - 0.85) < 0.02)].all()
    assert not below[(v > BEGINS - 0.08) & (u > 1.05)].any()
    assert not below[u > 1.2].any()


def test_where_neither_side_shows_a_shoulder_nothing_is_told(head: SchematicHead, setting: Setting, neck: Mask) -> None:
    hung = np.asarray((setting.v < -0.75) & (np.abs(setting.u) > 0.3), bool)
    assert not torso(hidden(head, setting, hung), neck).any()


def test_a_leaf_before_a_shoulder_does_not_raise_it(head: SchematicHead, setting: Setting, neck: Mask) -> None:
    """What lies higher than the line further in is something else, whatever a parser takes it for."""
    u, v = setting.u, setting.v
    probabilities = head.photo.probabilities.copy()
    leaf = np.asarray((np.abs(u - 0.9) < 0.05) & (np.abs(v + 0.98) < 0.02), bool)[::2, ::2]
    probabilities[:, leaf] = 0
    probabilities[FaceClass.CLOTH, leaf] = 1
    below = torso(replace(setting, photo=replace(head.photo, probabilities=probabilities)), neck)
    assert not below[(v > BEGINS + 0.01) & (u > 0.8)].any()


def widening(setting: Setting) -> Mask:
    """A drawn neck that gets as much wider as it goes down, on both sides."""
    down = chin_height(setting) - setting.v
    return np.asarray((down > -0.1) & (np.abs(setting.u) < 0.3 + np.maximum(down, 0)), bool)


def test_a_neck_that_hair_hides_further_down_goes_on_as_wide_as_it_was_getting(setting: Setting) -> None:
    """Straight down from there it would end in a corner."""
    down, u = chin_height(setting) - setting.v, np.abs(setting.u)
    hair = np.asarray((down > 0.1) & (u > 0.2) & (u < 0.9), bool)
    below = flared(setting, widening(setting) & ~hair, hair)
    lower = np.abs(down - 0.25) < 0.02
    assert below[lower & (u > 0.3) & (u < 0.45)].all()
    assert not below[lower & (u > 0.68)].any()
    assert not below[down < 0].any()


def test_where_hair_hides_a_neck_from_the_chin_on_nothing_says_how_wide_it_gets(setting: Setting) -> None:
    hair = np.asarray(np.abs(setting.u) > 0.2, bool)
    assert not flared(setting, widening(setting) & ~hair, hair).any()


def test_a_neck_that_no_hair_hides_is_as_it_is_drawn(setting: Setting) -> None:
    assert not flared(setting, widening(setting), np.zeros_like(setting.v, bool)).any()


def test_what_is_seen_far_below_the_chin_is_no_shoulder(head: SchematicHead, setting: Setting, neck: Mask) -> None:
    """Below long hair an arm's or a chest's edge, further in than the shoulder is: the line would go down to it."""
    u, v = setting.u, setting.v
    settings = replace(TorsoSettings(), most_below_chin=chin_height(setting) - (BEGINS - 0.12))
    seen = hidden(head, setting, np.asarray((v < -0.75) & (u > 0.3), bool))
    probabilities, low = seen.photo.probabilities.copy(), np.asarray((u > 0.4) & (v < BEGINS - 0.1), bool)[::2, ::2]
    probabilities[:, low] = 0
    probabilities[FaceClass.BACKGROUND, low] = 1
    chest = np.asarray((u > 0.5) & (u < 0.8) & (v < BEGINS - 0.2), bool)[::2, ::2]
    probabilities[:, chest] = 0
    probabilities[FaceClass.CLOTH, chest] = 1
    below = torso(replace(seen, photo=replace(seen.photo, probabilities=probabilities)), neck, settings)
    inside = (v < BEGINS - 0.03) & (u > 0.3) & (u < ENDS - 0.05)
    assert inside.any()
    assert below[inside].all()
