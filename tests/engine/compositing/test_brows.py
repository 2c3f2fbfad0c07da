"""Drawn brows stay where the person's are, as dark as theirs, and nowhere else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from engine.compositing import Setting
from engine.compositing.brows import BROWS, brow_gain, without_other_brows
from engine.compositing.light import MAX_LOG_GAIN, with_gain
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


def test_drawn_brows_become_as_dark_as_the_persons_own(head: SchematicHead) -> None:
    own = head.photo.is_any(*BROWS)
    drawn = own.astype(np.float32)
    faint = np.where(own[..., None], head.photo.picture + 60, head.photo.picture).astype(np.float32)
    gain = brow_gain(head.photo.picture, faint, own, drawn)
    assert not gain[~own].any()
    darkened = with_gain(faint, gain)
    real, made = (np.median(picture[own], 0) for picture in (head.photo.picture, darkened))
    np.testing.assert_allclose(made, real, atol=6)


def test_too_few_brows_tell_no_gain_and_none_is_beyond_its_limit(head: SchematicHead) -> None:
    own = head.photo.is_any(*BROWS)
    drawn = own.astype(np.float32)
    white = np.where(own[..., None], 255, head.photo.picture).astype(np.float32)
    assert not brow_gain(head.photo.picture, white, np.zeros_like(own), drawn).any()
    dark = np.zeros_like(head.photo.picture)
    assert np.abs(brow_gain(dark, white, own, drawn)).max() == np.float32(MAX_LOG_GAIN)
