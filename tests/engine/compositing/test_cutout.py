"""Drawn hair cut out of its own background."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.compositing import Setting
from engine.compositing.cutout import cut_out
from engine.compositing.view import View
from engine.imaging.ops import Mask, Plane, dilate, distance_to
from engine.parsing import FaceClass
from tests.support.schematic_head import RENDERED_HAIR, SchematicHead

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


def test_strands_beyond_the_edge_that_a_parser_saw_are_found_again(
    setting: Setting, render: View, whole: Plane
) -> None:
    beyond = distance_to(whole > 0.5) / setting.unit_px
    strand = (beyond > 0) & (beyond < 8) & (np.abs(setting.u) < 0.012) & (setting.v > 0.3)
    _, head = cut_out(setting, painted(render, strand, RENDERED_HAIR), whole)
    beside = (beyond > 3) & (beyond < 8) & (np.abs(setting.u) > 0.06) & (np.abs(setting.u) < 0.12) & (setting.v > 0.3)
    assert head[strand & (beyond < 5)].mean() > 0.4
    assert head[beside].mean() < 0.15


def test_plain_hair_stays_as_it_was_drawn(setting: Setting, render: View, whole: Plane) -> None:
    away = ~dilate(render.is_any(FaceClass.BACKGROUND), 30 * setting.unit_px)
    view, head = cut_out(setting, render, whole)
    np.testing.assert_allclose(head[away], whole[away], atol=0.02)
    np.testing.assert_allclose(view.picture[away], render.picture[away], atol=0.5)


def test_what_is_half_hair_has_the_hair_s_colour_alone(setting: Setting, render: View, whole: Plane) -> None:
    rim = edge(render, setting, 0, 5)
    mixed = tuple((np.array(RENDERED_HAIR) + np.array(PALE)) / 2)
    view, head = cut_out(setting, painted(render, rim, mixed), whole)
    partly = rim & (head > 0.2) & (head < 0.8)
    assert partly.any()
    away = np.linalg.norm(np.median(view.picture[partly], 0) - np.array(RENDERED_HAIR))
    assert away < 0.5 * np.linalg.norm(np.array(mixed) - np.array(RENDERED_HAIR))


def test_its_edge_is_no_sharper_than_a_lens(setting: Setting, render: View, whole: Plane) -> None:
    _, head = cut_out(setting, render, whole)
    column = head[:, int(np.abs(setting.u[0]).argmin())]
    assert np.abs(np.diff(column[: len(column) // 2])).max() < 0.5


def test_a_bald_head_s_skin_keeps_its_edge(setting: Setting, head: SchematicHead) -> None:
    share = (~head.render.is_any(FaceClass.BACKGROUND)).astype(np.float32)
    _, cut = cut_out(setting, head.render, share)
    crown = (np.abs(setting.u) < 0.2) & (setting.v > 0.2)
    np.testing.assert_array_equal(cut[crown], share[crown])


def test_what_lies_far_from_all_hair_changes_nothing(setting: Setting, render: View, whole: Plane) -> None:
    far = ~dilate(render.is_any(FaceClass.HAIR), 140 * setting.unit_px)
    assert far.any()
    view, head = cut_out(setting, render, whole)
    other, other_head = cut_out(setting, painted(render, far, (0.0, 90.0, 0.0)), whole)
    near = dilate(render.is_any(FaceClass.HAIR), 20 * setting.unit_px)
    np.testing.assert_allclose(other_head[near], head[near], atol=0.01)
    np.testing.assert_array_equal(other.picture[far], painted(render, far, (0.0, 90.0, 0.0)).picture[far])
    assert np.abs(view.picture - render.picture)[~far].max() > 1
