"""Drawn heads as low as the hair that they lie under."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.compositing import Setting
from engine.compositing.fit import LoweringSettings, is_cut_bare, lowered
from engine.compositing.view import View
from engine.parsing import FaceClass
from tests.support.schematic_head import SchematicHead


def with_skull_up_to(head: SchematicHead, setting: Setting, height: float) -> View:
    """The bald render with skin up to a height over the brows."""
    probabilities = head.render.probabilities.copy()
    skull = ((setting.u / 0.5) ** 2 + (np.maximum(setting.v, 0) / height) ** 2 < 1) & (setting.v > 0)
    probabilities[:, skull[::2, ::2]] = 0
    probabilities[FaceClass.SKIN, skull[::2, ::2]] = 1
    return View(head.render.picture, probabilities, head.render.real)


def top(setting: Setting, view: View) -> float:
    """Highest point of a head over the brows, in face widths."""
    middle = np.abs(setting.u) < 0.1
    return float(setting.v[middle & ~view.is_any(FaceClass.BACKGROUND)].max())


def test_a_skull_that_is_higher_than_the_hair_was_comes_to_lie_under_it(head: SchematicHead, setting: Setting) -> None:
    tall = with_skull_up_to(head, setting, 0.8)
    hair_top = float(setting.v[setting.matte.solid & (np.abs(setting.u) < 0.1)].max())
    assert top(setting, tall) > hair_top
    first, middle, last = lowered(setting, [tall, tall, tall])
    assert top(setting, last) == pytest.approx(hair_top - LoweringSettings().under_hair, abs=0.03)
    assert first is tall
    assert top(setting, middle) == pytest.approx((top(setting, tall) + top(setting, last)) / 2, abs=0.02)


def test_what_lies_at_the_brows_and_below_stays(head: SchematicHead, setting: Setting) -> None:
    (last,) = lowered(setting, [with_skull_up_to(head, setting, 0.8)])
    below = setting.v < 0.14
    np.testing.assert_allclose(last.picture[below], head.render.picture[below], atol=1e-3)


def test_a_skull_that_fits_is_left_alone(head: SchematicHead, setting: Setting) -> None:
    low = with_skull_up_to(head, setting, 0.55)
    assert lowered(setting, [low])[0] is low


def test_a_head_that_the_canvas_cuts_stays_since_nothing_is_drawn_above_it(
    head: SchematicHead, setting: Setting
) -> None:
    tall = with_skull_up_to(head, setting, 3.0)
    assert not tall.is_any(FaceClass.BACKGROUND)[0].all()
    assert lowered(setting, [tall])[0] is tall


def test_a_lowered_head_that_the_edge_cut_ends_as_a_dome(head: SchematicHead, setting: Setting) -> None:
    """What comes from above the picture does not run straight up in columns."""
    probabilities = head.on_the_way[0].probabilities.copy()
    hair = ((np.abs(setting.u) < 0.25) & (setting.v > 0.3))[::2, ::2]
    probabilities[:, hair] = 0
    probabilities[FaceClass.HAIR, hair] = 1
    cut = View(head.on_the_way[0].picture, probabilities, head.render.real)
    goes_on = replace(setting, above_px=2)  # the photo does, above what is drawn
    _, lower, _ = lowered(goes_on, [cut, cut, with_skull_up_to(head, setting, 0.8)])
    before, after = (view.is_any(FaceClass.HAIR).sum(1).astype(int) for view in (cut, lower))
    assert before[0] > 90
    assert after[0] == 0
    ends = int(np.argmax(after > 0))
    assert (np.diff(after[: ends + 40]) >= 0).all()
    assert after[ends + 2] < 0.8 * before[0]
    np.testing.assert_allclose(lower.probabilities.sum(0), 1, atol=0.02)


def test_what_ends_with_render_and_photo_stays(head: SchematicHead, setting: Setting) -> None:
    probabilities = head.on_the_way[0].probabilities.copy()
    probabilities[:, :, np.abs(setting.u[0, ::2]) < 0.25] = 0
    probabilities[FaceClass.HAIR, :, np.abs(setting.u[0, ::2]) < 0.25] = 1
    cut = View(head.on_the_way[0].picture, probabilities, head.render.real)
    tall = with_skull_up_to(head, setting, 0.8)
    _, second, last = lowered(setting, [cut, cut, tall])
    assert second is cut
    assert last is not tall


def test_a_lowered_head_that_ends_below_the_edge_has_background_above(head: SchematicHead, setting: Setting) -> None:
    (last,) = lowered(setting, [with_skull_up_to(head, setting, 0.8)])
    assert last.is_any(FaceClass.BACKGROUND)[setting.v > 0.85].all()
    np.testing.assert_allclose(last.probabilities.sum(0), 1, atol=0.02)


def test_a_head_counts_as_cut_bare_where_skin_and_not_hair_meets_the_crops_edge(
    head: SchematicHead, setting: Setting
) -> None:
    """One with thin hair there got a bald crown: its hair lay on top as a dark patch, with a line around."""
    skull = with_skull_up_to(head, setting, 0.8)
    edge = int(np.nonzero(setting.v[:, 0] < 0.7)[0][0])
    probabilities = skull.probabilities.copy()
    strip = slice(edge // 2 - 8, edge // 2 + 8)
    probabilities[FaceClass.HAIR, strip] = probabilities[FaceClass.SKIN, strip]
    probabilities[FaceClass.SKIN, strip] = 0
    thin = View(skull.picture, probabilities, skull.real)
    cut = replace(setting, above_px=edge)
    assert is_cut_bare(cut, skull)
    assert not is_cut_bare(cut, thin)
    assert not is_cut_bare(setting, skull)
