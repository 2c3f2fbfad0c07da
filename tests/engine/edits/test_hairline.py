"""How a hairline recedes from one head to the next, on a head of rows: hair above a line, skin below it."""

from __future__ import annotations

import numpy as np

from engine.compositing.drawn import DrawnHead
from engine.edits.hairline import Hairline, hairlines
from engine.imaging.ops import Plane

SIDE_PX = 200
ROWS = np.mgrid[:SIDE_PX, :SIDE_PX][0]
# Above it is no head any more.
TOP_PX = 20
NOWHERE = np.zeros((SIDE_PX, SIDE_PX), np.float32)
ALL = (slice(None), slice(None))


def head(hairline_px: int) -> DrawnHead:
    """With hair from the top of the head down to a row."""
    face = (ROWS >= TOP_PX).astype(np.float32)
    hair = face * (hairline_px > ROWS)
    picture = np.zeros((SIDE_PX, SIDE_PX, 3), np.uint8)
    return DrawnHead(picture, hair.astype(np.float32), face, picture.astype(np.float32))


def between(before_px: int, after_px: int, strands: Plane = NOWHERE, still: Plane = NOWHERE) -> Hairline:
    return hairlines([head(before_px), head(after_px)], still, strands, 1.0)[0]


def gone(line: Hairline, share: float) -> Plane:
    """How much of the next head is seen (H,W)."""
    return line.eased(np.full_like(NOWHERE, share), ALL)


def test_a_wide_band_of_hair_goes_from_the_hairline_up_and_never_all_at_once() -> None:
    """All at once it lay over the skin as a veil for as long as it took."""
    line = between(140, 40)
    half = gone(line, 0.5)[:, 100]
    assert half[50] < 0.2
    assert half[130] > 0.8
    assert abs(half[90] - 0.5) < 0.05
    assert (np.diff(half[40:140]) >= 0).all()


def test_it_begins_with_the_one_head_ends_with_the_other_and_never_goes_back() -> None:
    line = between(140, 40)
    steps = [gone(line, float(share)) for share in np.linspace(0, 1, 21)]
    np.testing.assert_allclose(steps[0], 0, atol=1e-6)
    np.testing.assert_allclose(steps[-1], 1, atol=1e-6)
    assert (np.diff(steps, axis=0) >= -1e-6).all()


def test_what_stands_on_the_skin_before_the_hairline_goes_before_it() -> None:
    """Single hairs that faded over the whole way lay on the forehead as a grey line."""
    assert gone(between(140, 40), 0.6)[145:155].min() > 0.95
    assert abs(gone(between(140, 40), 0.6)[170:] - 0.6).max() < 1e-6


def test_a_hairline_that_hardly_recedes_thins_out_all_along() -> None:
    np.testing.assert_allclose(gone(between(140, 130), 0.3), 0.3, atol=1e-6)


def test_hair_up_to_the_head_s_outline_goes_towards_it_and_not_from_it() -> None:
    half = gone(between(140, TOP_PX), 0.5)[:, 100]
    assert half[TOP_PX + 5] < 0.2
    assert half[130] > 0.8


def test_nothing_recedes_where_it_is_to_keep_still() -> None:
    still = np.zeros_like(NOWHERE)
    still[:, :100] = 1
    eased = gone(between(140, 40, still=still), 0.3)
    np.testing.assert_allclose(eased[:, :100], 0.3, atol=1e-6)
    assert np.abs(eased[40:140, 100:] - 0.3).max() > 0.25


def test_single_strands_go_sooner_or_later_than_the_line() -> None:
    strands = np.where(np.arange(SIDE_PX) % 2, 1, -1).astype(np.float32) * np.ones_like(NOWHERE)
    half = gone(between(140, 40, strands), 0.5)
    assert half[90, ::2].min() > half[90, 1::2].max() + 0.5


def test_on_other_pixels_and_in_a_part_of_them_it_recedes_as_before() -> None:
    line, part = between(140, 40), (slice(10, 60), slice(5, 50))
    half = line.warped(lambda plane: np.asarray(plane[::2, ::2], np.float32))
    eased = half.eased(np.full((50, 45), 0.4, np.float32), part)
    np.testing.assert_array_equal(eased, gone(line, 0.4)[::2, ::2][part])
