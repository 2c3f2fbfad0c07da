"""Drawn heads as low as the hair that they lie under."""

from __future__ import annotations

import numpy as np
import pytest

from engine.compositing import Setting
from engine.compositing.fit import UNDER_HAIR, lowered
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
    first, last = lowered(setting, [tall, tall])
    assert top(setting, last) == pytest.approx(hair_top - UNDER_HAIR, abs=0.03)
    np.testing.assert_array_equal(first.picture, last.picture)


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
