"""How one head's outline becomes the next one's, on disks."""

from __future__ import annotations

import numpy as np
import pytest

from engine.edits.outline import Outline, OutlineSettings, outlines
from engine.imaging.ops import Mask, Plane

SIDE_PX = 160
ROWS, COLUMNS = np.mgrid[:SIDE_PX, :SIDE_PX] - (SIDE_PX - 1) / 2
RADIUS = np.hypot(ROWS, COLUMNS).astype(np.float32)
# A small unit: the moving edge is as sharp as it gets.
UNIT_PX = 0.1


def disk(radius_px: float) -> Mask:
    return np.asarray(radius_px > RADIUS, bool)


def at(outline: Outline, share: float) -> Plane:
    return outline.eased(np.full_like(RADIUS, share))


def seen(before: Mask, after: Mask, share: float) -> Plane:
    """How much of a head is seen (H,W) on the way between two."""
    eased = at(outlines([before, after], UNIT_PX)[0], share)
    return np.asarray(before * (1 - eased) + after * eased, np.float32)


def reach(head: Plane) -> float:
    """The radius of a round head."""
    return float(np.sqrt((head > 0.5).sum() / np.pi))


def test_every_spot_starts_at_the_one_head_and_ends_at_the_other() -> None:
    outline = outlines([disk(60), disk(30)], UNIT_PX)[0]
    np.testing.assert_allclose(at(outline, 0), 0, atol=1e-6)
    np.testing.assert_allclose(at(outline, 1), 1, atol=1e-6)
    shares = [at(outline, float(share)) for share in np.linspace(0, 1, 21)]
    assert (np.diff(shares, axis=0) >= -1e-6).all()


def test_what_moves_changes_at_its_time_and_what_does_not_cross_fades() -> None:
    outline = Outline(*(np.array([pair], np.float32) for pair in ((0, 1), (0.4, 0.4), (0.2, 0.2))))
    for share, moved in ((0.3, 0), (0.5, 0.5), (0.7, 1)):
        np.testing.assert_allclose(outline.eased(np.full((1, 2), share, np.float32)), [[share, moved]], atol=1e-6)


def test_a_part_of_it_moves_like_the_whole() -> None:
    outline, box = outlines([disk(60), disk(30)], UNIT_PX)[0], (slice(20, 90), slice(50, 120))
    np.testing.assert_array_equal(outline.within(box).eased(np.full((70, 70), 0.4, np.float32)), at(outline, 0.4)[box])


@pytest.mark.parametrize(("before", "after"), [(60, 30), (30, 60)])
def test_half_way_the_outline_is_as_far_from_the_one_as_from_the_other(before: float, after: float) -> None:
    assert reach(seen(disk(before), disk(after), 0.5)) == pytest.approx(45, abs=2)


def test_the_outline_moves_evenly() -> None:
    reaches = [reach(seen(disk(60), disk(30), share)) for share in (0.2, 0.4, 0.6, 0.8)]
    np.testing.assert_allclose(-np.diff(reaches), 6, atol=1.5)


def test_the_head_has_an_edge_all_the_way_where_a_cross_fade_would_be_smoke() -> None:
    for share in (0.3, 0.5, 0.7):
        head = seen(disk(60), disk(30), share)
        smoke = (head > 0.1) & (head < 0.9)
        assert smoke.sum() < 0.15 * (disk(60) & ~disk(30)).sum()


def test_the_edge_is_soft_from_where_it_leaves_to_where_it_comes() -> None:
    """Also right at a head's own outline: cut off there, a soft edge ends in teeth of single pixels."""
    soft_before, soft_after = (np.clip((radius - RADIUS) / 8 + 0.5, 0, 1) for radius in (60, 50))
    outline = outlines([disk(60), disk(50)], 1.0)[0]
    for share in (0.03, 0.1, 0.2, 0.5, 0.8, 0.97):
        eased = at(outline, share)
        head = soft_before * (1 - eased) + soft_after * eased
        steps = [np.abs(np.diff(head, axis=axis)).max() for axis in (0, 1)]
        assert max(steps) < 0.35


def test_a_larger_face_has_a_softer_edge_in_pixels() -> None:
    between = disk(70) & ~disk(20)
    near, far = (
        int((np.abs(at(outlines([disk(70), disk(20)], unit_px)[0], 0.5) - 0.5) < 0.4)[between].sum())
        for unit_px in (1.0, 2.0)
    )
    assert far > 1.4 * near


def test_inside_of_both_heads_nothing_moves() -> None:
    outline = outlines([disk(60), disk(40)], UNIT_PX)[0]
    assert not outline.moves[RADIUS < 30].any()
    np.testing.assert_allclose(at(outline, 0.3)[RADIUS < 30], 0.3, atol=1e-6)


def test_strands_off_the_hair_go_first_and_once() -> None:
    first, second = outlines([disk(60), disk(40), disk(20)], UNIT_PX)
    beyond = RADIUS > 70
    assert at(first, OutlineSettings().strays_go / 2)[beyond].min() > 0.4
    assert at(first, OutlineSettings().strays_go)[beyond].min() > 0.99
    assert not second.moves[beyond].any()


def test_a_head_that_the_picture_cuts_ends_with_the_picture() -> None:
    """From a head that fills it to a disk in its middle, the outline comes in from all edges."""
    head = seen(np.ones_like(disk(1)), disk(30), 0.5) > 0.5
    assert not head[:10].any()
    assert not head[:, -10:].any()
    assert head[RADIUS < 38].all()
