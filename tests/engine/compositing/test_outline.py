"""Reach by angle."""

from __future__ import annotations

import numpy as np
import pytest

from engine.compositing.outline import ANGLES, outline_of, polar, reach_at
from engine.head import head_frame
from tests.support.schematic_face import face_points

U, V = head_frame(face_points((150, 200), 140)).coordinates(300)


def test_a_disks_outline_is_its_radius_all_around() -> None:
    outline = outline_of(np.hypot(U, V) < 0.7, U, V)
    assert outline.shape == (ANGLES,)
    np.testing.assert_allclose(outline, 0.7, atol=0.03)


def test_ragged_edges_come_out_smooth() -> None:
    angle = np.arctan2(V, U)
    ragged = outline_of(np.hypot(U, V) < 0.6 + 0.04 * np.sin(40 * angle), U, V)
    assert np.abs(np.diff(ragged)).max() < 0.01
    assert 0.56 < ragged.min() < ragged.max() < 0.66


def test_what_is_hidden_on_one_side_is_guessed_from_the_rest_and_nothing_at_all_is_no_error() -> None:
    half = outline_of((np.hypot(U, V) < 0.7) & (U > 0), U, V)
    np.testing.assert_allclose(half, 0.7, atol=0.05)
    empty = outline_of(np.zeros_like(U, bool), U, V)
    assert np.isfinite(empty).all()
    assert (empty > 0).all()


def test_polar_coordinates_start_at_the_right_and_go_over_the_top() -> None:
    distance, angle = polar(np.array([0.5, 0, -0.5, 0.3], np.float32), np.array([0, 0.5, 0, 0.3], np.float32))
    np.testing.assert_allclose(distance[:3], 0.5, rtol=1e-6)
    np.testing.assert_allclose(angle, (0, 90, 180, 45), atol=1e-4)


def test_the_reach_at_an_angle_is_read_between_degrees() -> None:
    outline = np.arange(ANGLES, dtype=np.float32)
    assert reach_at(outline, np.array([12.5], np.float32))[0] == pytest.approx(12.5)
