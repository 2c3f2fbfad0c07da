"""Hair at the sides moves in, on the drawn head with hair that stands off."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.compositing import DrawnHeads, Setting
from engine.compositing.overlay import over
from engine.edits.balding import Balding, balding
from engine.imaging.ops import Mask, Picture
from engine.parsing import FaceClass
from tests.support.schematic_head import HAIR, SchematicHead

# Where the hair stands off: beside the ears, further out than all that is drawn.
LOW, HIGH, OUT = -0.3, 0.2, 0.95


@pytest.fixture(scope="module")
def wide(setting: Setting) -> Mask:
    aside = np.abs(setting.u)
    return np.asarray((aside > 0.5) & (aside < OUT) & (setting.v > LOW) & (setting.v < HIGH), bool)


def wide_haired(head: SchematicHead, setting: Setting, heads: DrawnHeads, wide: Mask, beside: Mask | None) -> Balding:
    """beside: where cloth is."""
    picture, probabilities = head.photo.picture.copy(), head.photo.probabilities.copy()
    picture[wide] = HAIR
    for where, kind in ((wide, FaceClass.HAIR), (beside, FaceClass.CLOTH)):
        if where is not None:
            probabilities[:, where[::2, ::2]] = 0
            probabilities[kind, where[::2, ::2]] = 1
    wider = replace(setting, photo=replace(head.photo, picture=picture, probabilities=probabilities))
    return balding(wider, replace(heads, change=wider.change(head.render)), 1)


@pytest.fixture(scope="module")
def layer(head: SchematicHead, setting: Setting, heads: DrawnHeads, wide: Mask) -> Balding:
    return wide_haired(head, setting, heads, wide, None)


def dark(picture: Picture, setting: Setting, side: int, height: float) -> float:
    """How far out, in face widths, hair is seen on a side at a height."""
    row = (np.abs(setting.v - height) < 0.01) & (setting.u * side > 0.4)
    hair = row & (np.abs(picture - HAIR).mean(-1) < 25)
    return float(np.abs(setting.u[hair]).max(initial=0))


def test_what_stands_off_moves_in_on_both_sides_until_the_horseshoe(layer: Balding, setting: Setting) -> None:
    for side in (-1, 1):
        outs = [dark(over(layer.photo, layer.at(position)), setting, side, -0.05) for position in (0.1, 0.6, 1.0)]
        assert outs[0] > OUT - 0.06
        assert outs[0] > outs[1] + 0.03 > outs[2] + 0.06


def test_it_stays_hair_on_the_way_in(layer: Balding, setting: Setting) -> None:
    end = over(layer.photo, layer.at(1.0))
    between = (np.abs(np.abs(setting.u) - 0.58) < 0.02) & (np.abs(setting.v + 0.05) < 0.05)
    assert np.abs(end[between] - HAIR).mean() < 30


def test_before_it_begins_the_photo_is_seen_there(layer: Balding, wide: Mask) -> None:
    begun = over(layer.photo, layer.at(0.1))
    inner = wide & (layer.kept > 0.1)
    assert inner.any()
    np.testing.assert_array_equal(begun[inner], layer.photo[inner])


def test_hair_beside_cloth_does_not_move(
    head: SchematicHead, setting: Setting, heads: DrawnHeads, wide: Mask, layer: Balding
) -> None:
    aside = np.abs(setting.u)
    cloth = (aside >= OUT) & (aside < OUT + 0.2) & (setting.v > LOW - 0.2) & (setting.v < HIGH + 0.2)
    beside = wide_haired(head, setting, heads, wide, np.asarray(cloth, bool))
    middle = wide & (np.abs(setting.v + 0.05) < 0.1)
    assert beside.sinking.further[middle].max() < 0.02 < layer.sinking.further[middle].max()


def test_on_turned_and_smaller_pixels_it_moves_the_same_way(layer: Balding, setting: Setting) -> None:
    turned = layer.warped(lambda plane: np.ascontiguousarray(np.rot90(plane)[::2, ::2]), 0.5)
    here, there = layer.at(1.0), turned.at(1.0)
    expected = np.rot90(over(layer.photo, here))[::2, ::2]
    assert np.abs(over(turned.photo, there) - expected).mean() < 2.0
