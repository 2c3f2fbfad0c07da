"""Skin that a parser loses in a head with less hair."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from engine.compositing import Setting
from engine.compositing.kept_skin import with_kept_skin
from engine.compositing.view import View
from engine.imaging.ops import Mask, erode
from engine.parsing import FaceClass
from tests.support.schematic_head import RENDERED_BACKGROUND, SchematicHead


def lacking(render: View, where: Mask) -> View:
    """The same with background where the parser loses it (H,W)."""
    probabilities = render.probabilities.copy()
    probabilities[:, where[::2, ::2]] = 0
    probabilities[FaceClass.BACKGROUND, where[::2, ::2]] = 1
    return replace(render, probabilities=probabilities)


def on_forehead(setting: Setting) -> Mask:
    return np.asarray((np.abs(setting.u - 0.15) < 0.15) & (np.abs(setting.v - 0.3) < 0.12), bool)


def test_what_was_skin_and_is_lost_in_the_background_is_skin(setting: Setting, head: SchematicHead) -> None:
    lost = on_forehead(setting)
    views = (head.on_the_way[1], lacking(head.render, lost))
    assert views[1].is_any(FaceClass.BACKGROUND)[lost].mean() > 0.9
    kept = with_kept_skin(setting, views)[1]
    assert kept.is_any(FaceClass.SKIN)[erode(lost, 4)].mean() > 0.98
    np.testing.assert_allclose(kept.probabilities.sum(0), views[1].probabilities.sum(0), atol=1e-5)


def test_it_stays_lost_for_no_later_head(setting: Setting, head: SchematicHead) -> None:
    lost = on_forehead(setting)
    bald = lacking(head.render, lost)
    assert (
        with_kept_skin(setting, (head.on_the_way[1], bald, bald))[2].is_any(FaceClass.SKIN)[erode(lost, 4)].mean()
        > 0.98
    )


def test_heads_on_which_nothing_is_lost_stay_as_they_are(setting: Setting, head: SchematicHead) -> None:
    kept = with_kept_skin(setting, head.renders)
    for before, after in zip(head.renders, kept, strict=True):
        assert after is before


def test_background_where_hair_was_stays_background(setting: Setting, head: SchematicHead) -> None:
    hair = head.on_the_way[0].is_any(FaceClass.HAIR) & (setting.v > 0.3)
    picture = head.render.picture.copy()
    picture[hair] = RENDERED_BACKGROUND
    bald = lacking(head.render.with_picture(picture), hair)
    assert with_kept_skin(setting, (head.on_the_way[0], bald))[1] is bald


def test_what_looks_like_skin_where_hair_was_is_skin(setting: Setting, head: SchematicHead) -> None:
    """The parser takes a bald head's back for background."""
    haired = head.on_the_way[0]
    lost = haired.is_any(FaceClass.HAIR) & head.render.is_any(FaceClass.SKIN) & (setting.v > 0.3)
    found = with_kept_skin(setting, (haired, lacking(head.render, lost)))[1]
    assert found.is_any(FaceClass.SKIN)[erode(lost, 8)].mean() > 0.95
