"""Edited faces on the photo's own pixels: invented layers over the astronaut's canvas."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.animation.sizing import resize
from engine.compositing import Overlay, paste
from engine.edits.layers import Reveal, Timed
from engine.edits.portrait import Portrait
from engine.edits.screen import EditedFace, Screen
from engine.face.leaning_panel import LeaningPanel
from engine.face.panel import Panel


@pytest.fixture(scope="module")
def face(portrait: Portrait) -> EditedFace:
    """A red disk, and a blue one above it that comes later."""
    red, blue = disk(portrait, 0.35, (220, 10, 10)), disk(portrait, 0.2, (10, 10, 220))
    return EditedFace(portrait, (Timed(red), Timed(blue, 0.5, 1.0)))


def disk(portrait: Portrait, radius: float, colour: tuple[int, int, int]) -> Reveal:
    """Around the brows, of a radius in face widths."""
    alpha = np.clip((radius - np.hypot(portrait.u, portrait.v)) / 0.03, 0, 1).astype(np.float32)
    picture = np.broadcast_to(np.array(colour, np.float32), (*alpha.shape, 3)).copy()
    return Reveal(picture, alpha, np.zeros_like(alpha))


def test_at_the_start_the_photo_stays_bit_for_bit(face: EditedFace, astronaut: NDArray[np.uint8]) -> None:
    frame = Screen(astronaut, [face]).frame(0.0)
    np.testing.assert_array_equal(frame, astronaut)
    assert frame is not astronaut


@pytest.mark.parametrize("moment", [0.3, 1.0])
def test_nothing_outside_of_the_mask_changes(face: EditedFace, astronaut: NDArray[np.uint8], moment: float) -> None:
    frame = Screen(astronaut, [face]).frame(moment)
    np.testing.assert_array_equal(frame[~face.mask(astronaut.shape)], astronaut[~face.mask(astronaut.shape)])
    assert 0.001 < (frame != astronaut).any(2).mean() <= face.mask(astronaut.shape).mean() < 0.3


@pytest.mark.parametrize("scale", [0.4, 0.8, 1.5])
def test_at_any_size_the_layer_lies_where_it_does_at_full_size(
    face: EditedFace, astronaut: NDArray[np.uint8], scale: float
) -> None:
    side = round(512 * scale)
    small = resize(astronaut, side, side)
    frame = Screen(small, [face], side / 512).frame(1.0)
    whole = resize(Screen(astronaut, [face]).frame(1.0), side, side)
    assert np.abs(frame.astype(int) - whole).mean() < 1
    far = ~(resize(np.repeat(face.mask(astronaut.shape)[..., None] * np.uint8(255), 3, 2), side, side) > 0).any(2)
    assert far.any()
    assert np.abs(frame[far].astype(int) - small[far]).max() == 0


def test_a_frame_is_the_layer_pasted_into_the_photo(face: EditedFace, astronaut: NDArray[np.uint8]) -> None:
    one = replace(face, layers=face.layers[:1])
    layer = face.layers[0].layer
    assert isinstance(layer, Reveal)
    pasted = paste(astronaut, Overlay(layer.picture, layer.alpha), one.placed(astronaut.shape))
    assert np.abs(Screen(astronaut, [one]).frame(1.0).astype(int) - pasted).max() <= 1


def test_the_layer_above_hides_the_one_below(face: EditedFace, astronaut: NDArray[np.uint8]) -> None:
    middle = np.rint(face.portrait.canvas.matrix @ (*face.portrait.setting.axes.origin, 1)).astype(int)
    at = (middle[1], middle[0])
    screen = Screen(astronaut, [face])
    np.testing.assert_allclose(screen.frame(0.5)[at], (220, 10, 10), atol=1)
    np.testing.assert_allclose(screen.frame(1.0)[at], (10, 10, 220), atol=1)


def test_a_face_without_layers_shows_nothing_and_masks_nothing(face: EditedFace, astronaut: NDArray[np.uint8]) -> None:
    bare = replace(face, layers=())
    np.testing.assert_array_equal(Screen(astronaut, [bare]).frame(1.0), astronaut)
    assert not bare.mask(astronaut.shape).any()


def test_a_face_whose_canvas_lies_outside_of_the_photo_changes_nothing(
    face: EditedFace, astronaut: NDArray[np.uint8]
) -> None:
    beside = np.ascontiguousarray(astronaut[:, :100])
    assert face.placed(beside.shape).empty
    np.testing.assert_array_equal(Screen(beside, [face]).frame(1.0), beside)


def test_a_layer_outside_of_the_photo_changes_nothing(face: EditedFace, astronaut: NDArray[np.uint8]) -> None:
    nothing = np.zeros_like(face.portrait.u)
    empty = Reveal(np.zeros((*nothing.shape, 3), np.float32), nothing, nothing)
    screen = Screen(astronaut, [replace(face, layers=(Timed(empty),))])
    np.testing.assert_array_equal(screen.frame(1.0), astronaut)


@pytest.mark.parametrize("scale", [1.0, 0.3])
def test_a_photo_within_a_picture_changes_alone(
    face: EditedFace, astronaut: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch, scale: float
) -> None:
    """Also where the canvas goes further than the photo."""
    panel = Panel(40, 90, 190, 320)
    page = np.full((600, 700, 3), 120, np.uint8)
    page[panel.top : panel.bottom, panel.left : panel.right] = panel.of(astronaut)
    monkeypatch.setattr(face.portrait, "panel", panel)
    whole = replace(face, layers=(Timed(everywhere(face.portrait)),))
    size = round(700 * scale), round(600 * scale)
    frame = Screen(resize(page, *size), [whole], scale).frame(1.0)
    red = (frame == (220, 10, 10)).all(2)
    rows, columns = np.nonzero(red)
    edges = np.array([rows.min(), rows.max() + 1, columns.max() + 1])
    assert np.abs(edges - np.array([panel.top, panel.bottom, panel.right]) * scale).max() <= (0 if scale == 1 else 1)
    np.testing.assert_allclose(whole.face.landmarks - face.portrait.face.landmarks, [[90, 40]] * 68)
    assert not whole.mask(page.shape)[: panel.top].any()


@pytest.mark.parametrize("scale", [1.0, 0.4])
def test_a_print_that_leans_changes_alone(
    face: EditedFace, astronaut: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch, scale: float
) -> None:
    """Also where the canvas goes further than it, and in perspective."""
    corners = np.array([[120.0, 60.0], [600.0, 130.0], [540.0, 560.0], [70.0, 500.0]])
    panel = LeaningPanel(corners, 512, 512)
    page = np.full((600, 700, 3), (40, 160, 60), np.uint8)
    page[:, np.arange(700) % 100 < 50] = (170, 60, 40)  # of more than one colour
    monkeypatch.setattr(face.portrait, "panel", panel)
    whole = replace(face, layers=(Timed(everywhere(face.portrait)),))
    small = resize(page, round(700 * scale), round(600 * scale))
    frame = Screen(small, [whole], scale).frame(1.0)
    changed = (frame != small).any(2)
    shown = panel.shown(slice(0, changed.shape[0]), slice(0, changed.shape[1]), scale)
    assert not changed[shown == 0].any()
    mask = whole.mask(page.shape)
    if scale == 1:
        assert (changed == mask).mean() > 0.999
    # Of what the canvas reaches all that the print shows is red: the head's middle, the upper edge above it.
    matrix = panel.onto(face.portrait.canvas.matrix)
    for v in (0.0, 0.4):
        spot = (
            face.portrait.setting.axes.origin + v * face.portrait.setting.axes.width_px * face.portrait.setting.axes.up
        )
        x, y, depth = matrix @ [*spot, 1.0]
        assert tuple(frame[round(y / depth * scale), round(x / depth * scale)]) == (220, 10, 10)
    np.testing.assert_allclose(whole.face.landmarks, panel.outside(face.portrait.face).landmarks)


def everywhere(portrait: Portrait) -> Reveal:
    red = np.broadcast_to(np.array((220, 10, 10), np.float32), (*portrait.u.shape, 3)).copy()
    return Reveal(red, np.ones_like(portrait.u), np.zeros_like(portrait.u))


def test_on_a_grey_photo_every_layer_is_grey(face: EditedFace, astronaut: NDArray[np.uint8]) -> None:
    grey = np.repeat(astronaut.mean(2, keepdims=True).astype(np.uint8), 3, 2)
    frame = Screen(grey, [face]).frame(1.0)
    assert np.ptp(frame, axis=2).max() == 0
    assert (frame != grey).any()
