"""Gaps between locks at the edge of drawn hair."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.compositing import Setting
from engine.compositing.locks import with_locks
from engine.compositing.view import View
from engine.imaging.ops import Mask, Plane, dilate, distance_to
from engine.parsing import FaceClass
from tests.support.schematic_head import RENDERED_BACKGROUND, RENDERED_HAIR, SchematicHead

PALE = (205.0, 205.0, 215.0)


@pytest.fixture(scope="module")
def render(head: SchematicHead) -> View:
    """As haired as the photo, before a pale wall."""
    haired = head.on_the_way[0]
    picture = haired.picture.copy()
    picture[haired.is_any(FaceClass.BACKGROUND)] = PALE
    return replace(haired, picture=picture)


@pytest.fixture(scope="module")
def whole(render: View) -> Plane:
    return (~render.is_any(FaceClass.BACKGROUND)).astype(np.float32)


def edge(render: View, setting: Setting, low: float, high: float) -> Mask:
    """A stretch of hair at the edge above the head, so far inside of it (pixels of a face 500 wide)."""
    inside = distance_to(render.is_any(FaceClass.BACKGROUND)) / setting.unit_px
    place = render.is_any(FaceClass.HAIR) & (np.abs(setting.u) < 0.15) & (setting.v > 0.3)
    return np.asarray(place & (inside > low) & (inside < high), bool)


def painted(render: View, where: Mask, colour: tuple[float, float, float]) -> View:
    picture = render.picture.copy()
    picture[where] = colour
    return replace(render, picture=picture)


def test_what_shows_the_wall_s_colour_at_the_hair_s_edge_is_no_hair(
    setting: Setting, render: View, whole: Plane
) -> None:
    gap = edge(render, setting, 4, 20)
    head = with_locks(setting, painted(render, gap, PALE), whole)
    assert head[gap].mean() < 0.2
    assert head[edge(render, setting, 32, 60)].mean() > 0.95


def test_plain_hair_stays_as_it_was_drawn(setting: Setting, render: View, whole: Plane) -> None:
    away = ~dilate(render.is_any(FaceClass.BACKGROUND), 6 * setting.unit_px)
    np.testing.assert_allclose(with_locks(setting, render, whole)[away], whole[away], atol=0.02)


def test_a_light_streak_deep_in_the_hair_is_none(setting: Setting, render: View, whole: Plane) -> None:
    streak = edge(render, setting, 60, 70)
    if not streak.any():
        streak = edge(render, setting, 46, 60)
    head = with_locks(setting, painted(render, streak, PALE), whole)
    assert head[streak].mean() > 0.95


def test_loose_bits_are_not_left_behind(setting: Setting, render: View, whole: Plane) -> None:
    """A gap all around a small lock lets it float."""
    gap = edge(render, setting, 0, 30)
    lock = edge(render, setting, 8, 16) & (np.abs(setting.u) < 0.03)
    assert lock.any()
    head = with_locks(setting, painted(render, gap & ~lock, PALE), whole)
    assert head[lock].mean() < 0.3


def test_hair_like_its_background_keeps_its_edge(setting: Setting, render: View, whole: Plane) -> None:
    alike = painted(render, render.is_any(FaceClass.BACKGROUND), RENDERED_HAIR)
    np.testing.assert_allclose(with_locks(setting, alike, whole), whole, atol=0.02)


def test_a_face_is_never_taken_for_a_gap(setting: Setting, render: View, whole: Plane) -> None:
    skin = render.is_any(FaceClass.SKIN)
    head = with_locks(setting, painted(render, skin, RENDERED_BACKGROUND), whole)
    assert head[skin].min() > 0.95


def test_right_below_what_is_carried_on_above_a_render_no_gap_is_told(
    setting: Setting, render: View, whole: Plane
) -> None:
    """What is carried on has none, and would lie on top of them like a lid."""
    gap = edge(render, setting, 4, 20)
    below = replace(setting, above_px=int(np.nonzero(gap.any(1))[0].max()))
    assert with_locks(below, painted(render, gap, PALE), whole)[gap].min() > 0.95


def test_thin_hair_beside_skin_has_no_gaps(setting: Setting, render: View, whole: Plane) -> None:
    """Skin that is seen through it lies between the colours of hair and wall."""
    thin = edge(render, setting, 4, 20)
    probabilities = render.probabilities.copy()
    inner = edge(render, setting, 24, 400)[::2, ::2]
    probabilities[:, inner] = 0
    probabilities[FaceClass.SKIN, inner] = 1
    head = with_locks(setting, replace(painted(render, thin, PALE), probabilities=probabilities), whole)
    assert head[thin & (np.abs(setting.u) < 0.1)].min() > 0.95


def test_a_highlight_within_the_hair_does_not_open_to_the_wall(setting: Setting, render: View, whole: Plane) -> None:
    highlight = edge(render, setting, 14, 24)
    assert with_locks(setting, painted(render, highlight, PALE), whole)[highlight].mean() > 0.95
