"""Which hairs fall first: on the drawn head, with hair of a known direction."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.compositing import Setting
from engine.compositing.matte import HairMatte
from engine.compositing.strand_order import StrandOrderSettings, strand_order
from engine.imaging.ops import Plane, blur
from tests.support.schematic_head import SIZE_PX

ROWS, COLUMNS = np.mgrid[:SIZE_PX, :SIZE_PX].astype(np.float32)


def haired(setting: Setting, grey: Plane) -> Setting:
    """A photo (H,W) that is hair all over."""
    photo = replace(setting.photo, picture=np.repeat(grey[..., None], 3, 2).astype(np.float32))
    matte = setting.matte
    everywhere = replace(matte, alpha=np.ones_like(matte.alpha), solid=np.ones_like(matte.solid))
    assert isinstance(everywhere, HairMatte)
    other = replace(setting, photo=photo)
    other.__dict__["matte"] = everywhere
    return other


def order_of(setting: Setting, seed: int = 0) -> Plane:
    return strand_order(setting, np.random.default_rng(seed))


def alike(order: Plane, down_px: int, right_px: int) -> float:
    """How alike (-1..1) pixels are that lie so far apart."""
    inner = slice(100, 400)
    there = np.roll(order, (-down_px, -right_px), (0, 1))[inner, inner]
    return float(np.corrcoef(order[inner, inner].ravel(), there.ravel())[0, 1])


def test_some_hairs_are_earlier_and_as_many_later(setting: Setting) -> None:
    order = order_of(setting)
    assert order.shape == setting.photo.picture.shape[:2]
    assert np.abs(order).max() <= 1
    assert abs(float(order.mean())) < 0.02
    assert order.std() > 0.2


def test_the_same_chance_gives_the_same_order(setting: Setting) -> None:
    np.testing.assert_array_equal(order_of(setting), order_of(setting))
    assert not np.array_equal(order_of(setting), order_of(setting, 1))


@pytest.mark.parametrize("slope", [-1, 1])
def test_lines_run_along_the_hair(setting: Setting, slope: int) -> None:
    stripes = haired(setting, np.asarray(90 + 50 * np.sin((COLUMNS - slope * ROWS) / 2.5), np.float32))
    order = order_of(stripes)
    assert alike(order, 3, 3 * slope) > alike(order, 3, -3 * slope) + 0.15


def test_where_nothing_tells_how_hair_runs_lines_run_upwards(setting: Setting) -> None:
    order = order_of(haired(setting, np.full((SIZE_PX, SIZE_PX), 60, np.float32)))
    assert alike(order, 3, 0) > alike(order, 0, 3) + 0.2


def test_hairs_cross_where_in_one_layer_they_lie_side_by_side(setting: Setting) -> None:
    plain = haired(setting, np.full((SIZE_PX, SIZE_PX), 60, np.float32))

    def side_by_side(layers: int) -> float:
        """How much (0..1) lines run one way within a few pixels."""
        order = strand_order(plain, np.random.default_rng(0), StrandOrderSettings(layers=layers))
        down, right = np.gradient(blur(order, 1.0))
        squares = right**2 - down**2, 2 * right * down, right**2 + down**2
        even, odd, all_ = (blur(np.asarray(each, np.float32), 5.0) for each in squares)
        return float((np.hypot(even, odd) / all_)[100:400, 100:400].mean())

    assert side_by_side(3) < 0.85 * side_by_side(1)


def test_dark_hairs_on_skin_do_not_make_its_edge_a_line(setting: Setting) -> None:
    """The hairline is the strongest edge of all; were it a line, hair along it would go or stay as one piece."""
    order, hair = order_of(setting), setting.matte.alpha > 0.5
    inner = hair & ~np.roll(hair, -6, 0)  # its lowest six rows, along the forehead
    middle = inner & (np.abs(setting.u) < 0.15) & (setting.v > 0.2)
    assert middle.sum() > 100
    assert abs(float(order[middle].mean())) < 0.15


def test_lines_are_drawn_only_around_what_is_asked_for_and_are_the_same_there(setting: Setting) -> None:
    asked = np.zeros((SIZE_PX, SIZE_PX), bool)
    asked[150:220, 200:300] = True
    everywhere, around = order_of(setting), strand_order(setting, np.random.default_rng(0), where=asked)
    assert np.abs(around - everywhere)[asked].mean() < 0.01 * everywhere[asked].std()
    assert not around[-10:].any()
    assert everywhere[-10:].any()
