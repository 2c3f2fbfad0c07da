"""Drawn brows stay where the person's are, as dark as theirs, and nowhere else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from engine.compositing import Setting
from engine.compositing.brows import BROWS, BrowSettings, brow_gain, with_brows_as_dark, without_other_brows
from engine.compositing.light import MAX_LOG_GAIN
from engine.compositing.view import View
from engine.imaging.ops import dilate, erode
from engine.parsing import FaceClass
from tests.support.schematic_head import RENDERED_SKIN, SchematicHead


def higher(head: SchematicHead, rows: int) -> SchematicHead:
    """The bald render with its brows so many rows further up."""
    brows = head.render.is_any(*BROWS)
    picture = head.render.picture.copy()
    picture[brows] = RENDERED_SKIN
    moved = np.roll(brows, -rows, axis=0)
    picture[moved] = (80, 60, 50)
    probabilities = head.render.probabilities.copy()
    for places, kind in ((brows, FaceClass.SKIN), (moved, FaceClass.LEFT_BROW)):
        probabilities[:, places[::2, ::2]] = 0
        probabilities[kind, places[::2, ::2]] = 1
    return replace(head, render=replace(head.render, picture=picture, probabilities=probabilities))


def test_a_brow_on_the_persons_own_line_stays(setting: Setting, head: SchematicHead) -> None:
    kept = without_other_brows(setting, head.render)
    brows = erode(head.render.is_any(*BROWS), 1)
    assert np.abs(kept.picture[brows] - head.render.picture[brows]).mean() < 5


def test_a_brow_that_was_drawn_higher_becomes_skin(setting: Setting, head: SchematicHead) -> None:
    moved = higher(head, 24)
    brows = erode(np.roll(head.render.is_any(*BROWS), -24, axis=0), 2)
    assert brows.any()
    assert np.abs(moved.render.picture[brows] - RENDERED_SKIN).min() > 40
    shown = without_other_brows(setting, moved.render).picture
    assert np.abs(shown[brows] - RENDERED_SKIN).max() < 15
    far = ~dilate(moved.render.is_any(*BROWS), 60)
    np.testing.assert_array_equal(shown[far], moved.render.picture[far])


def test_the_line_of_the_brows_is_told_by_landmarks_wherever_hair_hides_them(setting: Setting) -> None:
    points = np.rint(setting.landmarks[17:27]).astype(int)
    assert setting.brow_line[points[:, 1], points[:, 0]].all()
    assert setting.brow_line.mean() < 0.05


def faint(head: SchematicHead) -> View:
    """The bald render with brows of single hairs, half as dark as they were."""
    brows = head.render.is_any(*BROWS)
    hairs = brows & (np.arange(brows.shape[1]) % 6 < 4)
    picture = head.render.picture.copy()
    picture[brows] = RENDERED_SKIN
    picture[hairs] = np.add(RENDERED_SKIN, (80, 60, 50)) / 2
    return head.render.with_picture(picture)


def test_drawn_brows_become_as_dark_as_the_persons_own(setting: Setting, head: SchematicHead) -> None:
    render = faint(head)
    body = with_brows_as_dark(setting, render, render.picture)
    own, drawn = (erode(view.is_any(*BROWS), 1) for view in (head.photo, render))
    real = np.median(head.photo.picture[own], 0)
    before, made = (np.median(picture[drawn], 0) for picture in (render.picture, body))
    assert np.abs(real - before).min() > 25
    np.testing.assert_allclose(made, real, atol=10)


def test_the_skin_between_a_brow_s_hairs_stays_light(setting: Setting, head: SchematicHead) -> None:
    """Darkened with them it made a stencil of the brow."""
    render = faint(head)
    brows = erode(render.is_any(*BROWS), 1)
    body = with_brows_as_dark(setting, render, render.picture)
    between = brows & (np.abs(render.picture - RENDERED_SKIN).max(-1) < 1)
    assert between.sum() > 50
    np.testing.assert_allclose(body[between], render.picture[between], atol=6)
    far = ~dilate(brows, 40)
    np.testing.assert_array_equal(body[far], render.picture[far])


def test_too_few_brows_tell_no_gain_and_none_is_beyond_its_limit(head: SchematicHead) -> None:
    own = head.photo.is_any(*BROWS)
    white = np.where(own[..., None], 255, head.photo.picture).astype(np.float32)
    assert not brow_gain(head.photo.picture, white, np.zeros_like(own), own).any()
    dark = np.zeros_like(head.photo.picture)
    assert np.abs(brow_gain(dark, white, own, own)).max() == np.float32(MAX_LOG_GAIN)


def test_on_a_smaller_canvas_fewer_pixels_tell_how_dark_brows_are(setting: Setting, head: SchematicHead) -> None:
    render = faint(head)
    least = int(min(head.photo.is_any(*BROWS).sum(), (render.is_any(*BROWS) & setting.brow_line).sum()))
    settings = BrowSettings(min_canvas_area=2 * least)
    full, small = (
        with_brows_as_dark(setting, replace(render, scale=scale), render.picture, settings) for scale in (1.0, 0.5)
    )
    np.testing.assert_array_equal(full, render.picture)
    assert np.abs(small - render.picture).max() > 20
