"""The far temple of turned heads."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.compositing import Setting
from engine.compositing.far_temple import far_temple, with_far_temple
from engine.compositing.view import View
from engine.face import ibug
from engine.imaging.ops import Mask, Plane, dilate, erode
from engine.parsing import FaceClass
from tests.support.schematic_head import RENDERED_SKIN, SchematicHead, draw_head, with_class


@pytest.fixture(scope="module")
def bald() -> SchematicHead:
    return draw_head(with_hair=False)


@pytest.fixture(scope="module")
def turned(bald: SchematicHead) -> Setting:
    """As if it looked to the picture's right, with hair on top alone, so that the far temple's edge is seen."""
    landmarks = bald.landmarks.copy()
    landmarks[ibug.NOSE_ROOT] += 0.25 * bald.axes.width_px * bald.axes.right
    top = bald.photo.is_any(FaceClass.SKIN) & (bald.setting.v > 0.35)
    return replace(bald.setting, photo=with_class(bald.photo, top, FaceClass.HAIR), landmarks=landmarks)


@pytest.fixture(scope="module")
def drawn(bald: SchematicHead) -> Mask:
    """Where the head is."""
    return np.asarray(bald.render_classes != FaceClass.BACKGROUND, bool)


def smoothed(setting: Setting, render: View, head: Plane) -> tuple[View, Plane]:
    return with_far_temple(setting, far_temple(setting), render, head)


def as_plane(mask: Mask) -> Plane:
    return mask.astype(np.float32)


def test_a_step_is_filled_with_skin(bald: SchematicHead, turned: Setting, drawn: Mask) -> None:
    step = drawn & (turned.u > 0.40) & (turned.v > 0.10) & (turned.v < 0.22)
    picture = bald.render.picture.copy()
    picture[step] = picture[0, 0]
    stepped = with_class(bald.render, step, FaceClass.BACKGROUND).with_picture(picture)
    render, head = smoothed(turned, stepped, as_plane(drawn & ~step))
    inner = erode(step, 3)
    assert inner.sum() > 50
    assert head[inner].min() > 0.8
    assert np.abs(render.picture[inner] - np.array(RENDERED_SKIN, np.float32)).mean() < 10


def test_what_stands_off_beyond_the_edge_that_the_photo_shows_goes(
    bald: SchematicHead, turned: Setting, drawn: Mask
) -> None:
    edge = turned.u[drawn & (np.abs(turned.v - 0.3) < 0.02)].max()
    block = (turned.u > edge - 0.02) & (turned.u < edge + 0.1) & (np.abs(turned.v - 0.3) < 0.08)
    wider = with_class(bald.render, block, FaceClass.SKIN)
    _, head = smoothed(turned, wider, as_plane(drawn | block))
    beyond = block & ~dilate(drawn, 8)
    assert beyond.sum() > 50
    assert head[beyond].max() < 0.2
    assert head[erode(drawn, 4) & (turned.v > 0)].min() > 0.9


def test_where_the_temple_begins_on_the_head_its_outline_has_no_notch(
    bald: SchematicHead, turned: Setting, drawn: Mask
) -> None:
    leaning = drawn & (turned.v < 0.6 - turned.u)  # as steep as where the head leans
    render = with_class(bald.render, drawn & ~leaning, FaceClass.BACKGROUND)
    _, head = smoothed(turned, render, as_plane(leaning))
    begins = (turned.u > 0.05) & (turned.u < 0.2) & (turned.v > 0.3)
    rim = erode(leaning, 1) & begins & ~erode(leaning, 6)
    assert rim.sum() > 50
    assert head[rim].min() > 0.5


def test_hair_at_the_far_side_keeps_its_edge(bald: SchematicHead, turned: Setting, drawn: Mask) -> None:
    lock = (turned.u > 0.40) & (turned.u < 0.56) & (np.abs(turned.v - 0.25) < 0.08)
    haired = with_class(bald.render, lock, FaceClass.HAIR)
    head = as_plane(drawn | lock)
    _, after = smoothed(turned, haired, head)
    np.testing.assert_allclose(after[lock], head[lock], atol=0.01)


def test_a_head_that_looks_straight_ahead_stays_as_it_is(bald: SchematicHead, drawn: Mask) -> None:
    head = as_plane(drawn)
    render, same = smoothed(bald.setting, bald.render, head)
    assert render is bald.render
    assert same is head


def test_a_neighbour_s_cheek_beside_it_is_no_temple(bald: SchematicHead, turned: Setting, drawn: Mask) -> None:
    cheek = (turned.u > 0.60) & (turned.u < 0.75) & (np.abs(turned.v - 0.2) < 0.15)
    beside = replace(turned, photo=with_class(turned.photo, cheek, FaceClass.SKIN))
    alone, together = (smoothed(setting, bald.render, as_plane(drawn))[1] for setting in (turned, beside))
    np.testing.assert_allclose(together, alone, atol=0.01)


def test_where_somebody_hides_the_temple_the_head_goes_on_behind_them(
    bald: SchematicHead, turned: Setting, drawn: Mask
) -> None:
    """Their hair, not the background, ends the forehead that is seen."""
    somebody = (turned.u > 0.25) & (turned.v < 0.36)
    hidden = replace(turned, photo=with_class(turned.photo, somebody, FaceClass.CLOTH))
    _, head = smoothed(hidden, bald.render, as_plane(drawn))
    assert head[erode(drawn, 4) & (turned.v > 0)].min() > 0.9


def test_beside_another_head_nothing_is_told(bald: SchematicHead, turned: Setting, drawn: Mask) -> None:
    step = drawn & (turned.u > 0.40) & (turned.v > 0.10) & (turned.v < 0.22)
    axes = bald.axes
    other = replace(axes, origin=axes.origin + 0.8 * axes.width_px * axes.right)
    head = as_plane(drawn & ~step)
    assert smoothed(replace(turned, others=(other,)), bald.render, head)[1] is head


def test_above_an_ear_nothing_is_filled(bald: SchematicHead, turned: Setting, drawn: Mask) -> None:
    ear = ~drawn & (turned.u > 0.45) & (turned.u < 0.58) & (np.abs(turned.v + 0.02) < 0.1)
    eared = with_class(bald.render, ear, FaceClass.LEFT_EAR)
    head = as_plane(drawn | ear)
    _, after = smoothed(turned, eared, head)
    above = ~dilate(drawn, 3) & (turned.u > 0.40) & (turned.v > 0.10) & (turned.v < 0.3)
    assert ear.sum() > 100
    assert after[above].max() < 0.5


def test_a_temple_that_a_fringe_parts_from_the_forehead_stays(
    bald: SchematicHead, turned: Setting, drawn: Mask
) -> None:
    fringe = (turned.u > 0.22) & (turned.u < 0.34) & (turned.v > -0.1)
    fringed = replace(turned, photo=with_class(turned.photo, fringe, FaceClass.HAIR))
    _, head = smoothed(fringed, with_class(bald.render, fringe, FaceClass.HAIR), as_plane(drawn))
    assert head[erode(drawn, 4) & (turned.u > 0.38) & (turned.v > 0)].min() > 0.9
