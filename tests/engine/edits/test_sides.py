"""Hair at the sides of the last head."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.compositing import Setting
from engine.compositing.view import View
from engine.edits.sides import side_hair, with_side_hair
from engine.parsing import FaceClass
from tests.support.schematic_head import SchematicHead, draw_head


@pytest.fixture(scope="module")
def head() -> SchematicHead:
    return draw_head()


@pytest.fixture(scope="module")
def setting(head: SchematicHead) -> Setting:
    return head.setting


def without_hair(view: View, share: float) -> View:
    """The same picture with less hair at the sides, row by row from the top of the sides."""
    probabilities = view.probabilities.copy()
    height = probabilities.shape[1]
    gone = np.zeros(height, bool)
    gone[np.random.default_rng(0).permutation(height)[: round(share * height)]] = True
    probabilities[FaceClass.SKIN, gone] += probabilities[FaceClass.HAIR, gone]
    probabilities[FaceClass.HAIR, gone] = 0
    return replace(view, probabilities=probabilities)


def test_side_hair_is_the_share_of_the_sides_that_a_render_shows_with_hair(
    head: SchematicHead, setting: Setting
) -> None:
    all_of_it = side_hair(setting, head.photo)
    assert all_of_it > 0.9
    assert side_hair(setting, without_hair(head.photo, 0.5)) == pytest.approx(all_of_it / 2, abs=0.15)
    assert side_hair(setting, without_hair(head.photo, 1.0)) == 0


def test_a_head_that_loses_its_sides_at_once_gives_way_to_an_earlier_one(head: SchematicHead, setting: Setting) -> None:
    before, bald = without_hair(head.photo, 0.2), without_hair(head.photo, 0.95)
    asked: list[float] = []

    def earlier(share: float) -> View:
        asked.append(share)
        return without_hair(head.photo, 0.9 if len(asked) == 1 else 0.5)

    chosen = with_side_hair(setting, before, bald, earlier)
    assert len(asked) == 2
    assert asked[0] > asked[1]
    assert side_hair(setting, chosen) > 0.4


def test_a_head_that_keeps_its_sides_or_never_had_any_stays(head: SchematicHead, setting: Setting) -> None:
    def never(share: float) -> View:
        raise AssertionError(share)

    kept, bare = without_hair(head.photo, 0.4), without_hair(head.photo, 1.0)
    assert with_side_hair(setting, head.photo, kept, never) is kept
    assert with_side_hair(setting, bare, bare, never) is bare
