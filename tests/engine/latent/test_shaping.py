"""Where hair is wanted that was not there."""

from __future__ import annotations

import numpy as np
import pytest

from engine.face.head_axes import HeadAxes, head_axes
from engine.latent.shaping import aim_of, crown, curtain, edit_planes, fringe
from engine.parsing import FaceClass
from tests.support.schematic_face import face_points


@pytest.fixture(scope="module")
def axes() -> HeadAxes:
    return head_axes(face_points((512.0, 480.0), 500.0))


def test_a_deeper_fringe_covers_more_forehead_and_never_the_eyes(axes: HeadAxes) -> None:
    u, v = edit_planes(axes)
    shapes = [fringe(axes, depth) for depth in (0.2, 0.6, 1.0)]
    areas = [float(shape.grow.sum()) for shape in shapes]
    assert 0 < areas[0] < areas[1] < areas[2]
    assert all(shape.grow[v < 0.03].max() == 0 for shape in shapes)
    assert all((shape.grow * shape.clear).max() == 0 for shape in shapes)
    assert shapes[2].grow[(np.abs(u) < 0.1) & (v > 0.1) & (v < 0.4)].min() == 1


def test_a_curtain_hangs_beside_the_face_as_long_as_it_is_told(axes: HeadAxes) -> None:
    u, v = edit_planes(axes)
    short, long = curtain(axes, 0.6), curtain(axes, 1.0)
    assert long.grow.sum() > 1.3 * short.grow.sum()
    assert long.grow[np.abs(u) < 0.38].max() == 0
    assert short.grow[v < -0.62].max() == 0
    assert long.clear[(np.abs(u) < 0.3) & (v > -0.7) & (v < 0.2)].min() == 1


def test_a_crown_s_hair_ends_at_its_hairline_and_rises_above_the_skull(axes: HeadAxes) -> None:
    u, v = edit_planes(axes)
    flat, full = crown(axes, 0.40, 0.0), crown(axes, 0.40, 0.15)
    assert full.grow.sum() > flat.grow.sum()
    assert full.grow[(np.abs(u) < 0.2) & (v < 0.38)].max() == 0
    assert flat.grow[(np.abs(u) < 0.2) & (v > 0.42) & (v < 0.55)].min() == 1


def test_hair_is_wanted_in_the_shape_and_none_below_it_and_the_face_under_it_is_let_go(axes: HeadAxes) -> None:
    probabilities = np.zeros((19, 512, 512), np.float32)
    probabilities[FaceClass.SKIN] = 1
    u, v = axes.coordinates(512, 2.0)
    own = (v > 0.45) & (np.abs(u) < 0.6)
    probabilities[:, own] = 0
    probabilities[FaceClass.HAIR, own] = 1
    shape = fringe(axes, 0.8)
    aim = aim_of(shape, probabilities, face_points((512.0, 480.0), 500.0))
    grow, clear, kept = aim.wanted
    held = aim.held
    np.testing.assert_array_equal(grow.region, shape.grow)
    assert (grow.absent, clear.absent, kept.absent) == (False, True, False)
    assert (grow.settles, clear.settles, kept.settles) == (True, False, False)
    assert not (clear.region * shape.grow).any()
    assert kept.region.any()
    assert not (kept.region * shape.grow).any()
    for region in (held.face, held.surroundings):
        assert region.any()
        assert not region[shape.grow > 0].any()
    assert (held.surroundings >= kept.region).all()
