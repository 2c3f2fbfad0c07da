"""The head's own axes, and the skull in it."""

from __future__ import annotations

import numpy as np
import pytest

from engine.face import ibug
from engine.face.head_axes import (
    MOST_ASIDE,
    SKULL_HALF_WIDTH,
    SKULL_HEIGHT,
    head_axes,
    midline_aside,
    skull_radius,
)
from tests.support.schematic_face import face_points


@pytest.mark.parametrize("roll", [0.0, 20.0, -35.0])
def test_the_frame_sits_between_the_brows_is_as_wide_as_the_face_and_rolls_with_it(roll: float) -> None:
    axes = head_axes(face_points((140.0, 90.0), 80.0, roll))
    angle = np.radians(roll)
    np.testing.assert_allclose(axes.origin, (140, 90), atol=1e-9)
    np.testing.assert_allclose(axes.right, (np.cos(angle), np.sin(angle)), atol=1e-9)
    np.testing.assert_allclose(axes.up, (np.sin(angle), -np.cos(angle)), atol=1e-9)
    assert axes.width_px == pytest.approx(80)


@pytest.mark.parametrize("roll", [0.0, 30.0])
def test_coordinates_count_face_widths_to_the_right_and_up(roll: float) -> None:
    axes = head_axes(face_points((100.0, 120.0), 50.0, roll))
    u, v = axes.coordinates(256)
    assert u.shape == v.shape == (256, 256)
    assert u.dtype == v.dtype == np.float32
    for expected_u, expected_v in ((0.0, 0.0), (0.5, 0.0), (0.0, 1.0), (-0.4, 0.6)):
        x, y = axes.origin + 50 * (expected_u * axes.right + expected_v * axes.up)
        row, column = round(y), round(x)
        assert abs(u[row, column] - expected_u) < 0.015
        assert abs(v[row, column] - expected_v) < 0.015


def test_a_smaller_view_and_a_part_of_it_agree_with_the_whole() -> None:
    axes = head_axes(face_points((400.0, 500.0), 300.0, 10.0))
    whole = np.stack(axes.coordinates(1024))
    half = np.stack(axes.coordinates(512, 2.0))
    np.testing.assert_allclose(half, whole.reshape(2, 512, 2, 512, 2).mean((2, 4)), atol=1e-5)
    part = np.stack(axes.coordinates((100, 60), corner=(300, 200)))
    np.testing.assert_allclose(part, whole[:, 200:300, 300:360], atol=1e-5)


def test_the_skull_radius_is_one_on_the_outline_and_grows_outwards() -> None:
    u = np.array([SKULL_HALF_WIDTH, 0, -SKULL_HALF_WIDTH, 0.3], np.float32)
    v = np.array([0, SKULL_HEIGHT, 0, 0.3], np.float32)
    radius = skull_radius(u, v)
    np.testing.assert_allclose(radius[:3], 1, atol=1e-6)
    assert 0 < radius[3] < 1
    np.testing.assert_allclose(skull_radius(2 * u, 2 * v), 2 * radius, rtol=1e-5)


def test_below_the_brows_only_the_width_counts() -> None:
    u = np.full(3, 0.2, np.float32)
    assert len(set(skull_radius(u, np.array([0, -0.5, -2], np.float32)).tolist())) == 1


def test_a_taller_skull_takes_in_more() -> None:
    u, v = np.zeros(1, np.float32), np.array([0.62], np.float32)
    assert skull_radius(u, v, 0.7) < 1 < skull_radius(u, v)


@pytest.mark.parametrize("roll", [0.0, 25.0])
def test_a_face_that_looks_ahead_has_its_midline_in_the_middle_and_a_turned_one_aside(roll: float) -> None:
    landmarks = face_points((140.0, 90.0), 80.0, roll)
    axes = head_axes(landmarks)
    assert midline_aside(landmarks, axes) == pytest.approx(0, abs=1e-6)
    landmarks[ibug.NOSE_ROOT] += 0.3 * axes.width_px * axes.right
    assert midline_aside(landmarks, axes) == pytest.approx(0.3)
    landmarks[ibug.NOSE_ROOT] += axes.width_px * axes.right
    assert midline_aside(landmarks, axes) == MOST_ASIDE
