"""What one parser sees in a later head is told of an earlier one, beside a face before a background."""

from __future__ import annotations

import numpy as np

from engine.compositing.agreed_hair import with_agreed_hair
from engine.compositing.view import View
from engine.imaging.ops import Mask
from engine.parsing.classes import HAIR_CLASSES, FaceClass

SIDE_PX = 80
HAIR, WALL = 40.0, 160.0
COLUMNS = np.arange(SIDE_PX)[None] + np.zeros((SIDE_PX, 1), np.int32)


def view(hair: Mask, parsed: Mask) -> View:
    """Dark hair (H,W) before a lighter wall, of which a parser is rather sure where it saw it (H,W)."""
    picture = np.where(hair, HAIR, WALL).astype(np.float32)[..., None] * np.ones(3, np.float32)
    probabilities = np.zeros((19, SIDE_PX // 2, SIDE_PX // 2), np.float32)
    seen = parsed[::2, ::2]
    probabilities[FaceClass.HAIR] = np.where(seen, 0.9, 0.3)
    probabilities[FaceClass.BACKGROUND] = 1 - probabilities[FaceClass.HAIR]
    return View(picture, probabilities, np.ones(hair.shape, bool))


def hair_seen(render: View) -> Mask:
    return render.is_any(*HAIR_CLASSES)


WIDE, NARROW = COLUMNS < 50, COLUMNS < 20
INSIDE, OUTSIDE = (slice(None), slice(24, 40)), (slice(None), slice(60, None))


def test_hair_that_a_parser_misses_is_told_by_a_later_head_that_looks_the_same() -> None:
    missed = view(WIDE, NARROW)
    assert not hair_seen(missed)[INSIDE].any()
    first, second, last = with_agreed_hair([missed, missed, view(WIDE, WIDE)])
    for render in (first, second, last):
        assert hair_seen(render)[INSIDE].all()
        assert not hair_seen(render)[OUTSIDE].any()
        np.testing.assert_allclose(render.probabilities.sum(0), 1, atol=1e-5)


def test_what_looks_like_a_wall_stays_background_whatever_a_later_head_has_there() -> None:
    narrow = view(NARROW, NARROW)
    first, _ = with_agreed_hair([narrow, view(WIDE, WIDE)])
    assert not hair_seen(first)[INSIDE].any()


def test_skin_stays_skin() -> None:
    bare = view(WIDE, NARROW)
    bare.probabilities[FaceClass.SKIN] = 0.8
    bare.probabilities[[FaceClass.HAIR, FaceClass.BACKGROUND]] = 0.1
    first, _ = with_agreed_hair([bare, view(WIDE, WIDE)])
    assert (first.labels == FaceClass.SKIN).all()


def test_later_heads_get_no_hair_of_earlier_ones_and_the_last_is_as_it_was() -> None:
    later = view(WIDE, NARROW)
    assert with_agreed_hair([view(WIDE, WIDE), later])[-1] is later


def test_a_head_with_nothing_to_gain_is_as_it_was() -> None:
    both = [view(WIDE, WIDE), view(WIDE, NARROW)]
    assert with_agreed_hair(both)[0] is both[0]
    assert with_agreed_hair([]) == []
