"""Any year of one head."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.compositing import Fall, hair_share, head_at, times_for_years
from engine.compositing.arrays import luminance
from engine.compositing.years import CLEAN_TIME, HORSESHOE_TIME
from engine.head import skull_radius
from engine.parsing import FaceClass
from tests.support.schematic_head import SchematicHead

# Between the drawn hair (40) and the drawn skin (165); the background's darkest stripe is 105.
DARK = 80


def frame(fall: Fall, time: float) -> NDArray[np.float32]:
    head = head_at(fall, time)
    alpha = head.alpha[..., None]
    return np.asarray(fall.photo * (1 - alpha) + head.picture * alpha, np.float32)


def hair_shown(fall: Fall, head: SchematicHead, time: float, *, top: bool = False) -> int:
    """Pixels that were hair and look like it."""
    there = (head.photo_classes == FaceClass.HAIR) & (luminance(frame(fall, time)) < DARK)
    if top:
        there &= (fall.v > 0.2) & (np.abs(fall.u) < 0.4)
    return int(there.sum())


def test_at_the_start_nothing_covers_the_photo(fall: Fall) -> None:
    assert not head_at(fall, 0.0).alpha.any()


def test_in_the_end_the_plate_covers_all_that_changes(fall: Fall) -> None:
    head = head_at(fall, CLEAN_TIME)
    np.testing.assert_allclose(head.alpha, fall.change, atol=1e-5)
    covered = fall.change > 0.5
    np.testing.assert_allclose(head.picture[covered], fall.plate[covered], atol=0.1)


@pytest.mark.parametrize("time", [0.1, 0.35, 0.7, 1.0, 1.4, 1.75])
def test_no_time_covers_more_than_what_changes(fall: Fall, time: float) -> None:
    head = head_at(fall, time)
    assert (head.alpha <= fall.change + 1e-5).all()
    assert (head.alpha >= 0).all()
    assert not head.alpha[fall.change == 0].any()
    assert np.isfinite(head.picture).all()


def test_hair_only_ever_gets_less(fall: Fall, head: SchematicHead) -> None:
    shown = [hair_shown(fall, head, float(time)) for time in np.linspace(0, CLEAN_TIME, 15)]
    # Sinking hair may cover a few pixels that were between strands.
    assert all(later <= earlier * 1.005 + 20 for earlier, later in pairwise(shown))
    assert shown[0] > 20_000
    assert shown[-1] == 0


def test_the_horseshoe_is_bald_on_top_and_not_at_the_sides(fall: Fall, head: SchematicHead) -> None:
    assert hair_shown(fall, head, HORSESHOE_TIME, top=True) < 0.02 * hair_shown(fall, head, 0, top=True)
    sides = (np.abs(fall.u) > 0.5) & (np.abs(fall.u) < 0.6) & (fall.v > -0.25) & (fall.v < 0)
    assert (luminance(frame(fall, HORSESHOE_TIME))[sides] < DARK).mean() > 0.8
    assert (luminance(frame(fall, CLEAN_TIME))[sides] < DARK).mean() < 0.05


@pytest.mark.parametrize("clean", [False, True])
def test_years_go_from_the_photo_to_the_end_and_never_back(fall: Fall, clean: bool) -> None:
    times = times_for_years(fall, np.linspace(0, 20, 21), 7, clean)
    assert times[0] == 0
    assert times[-1] == (CLEAN_TIME if clean else HORSESHOE_TIME)
    assert (np.diff(times) > 0).all()


def test_each_year_takes_as_much_hair_as_any_other(fall: Fall, head: SchematicHead) -> None:
    """The falls' own clock is uneven; the years are solved for, so that the pixels go evenly."""
    times = times_for_years(fall, np.linspace(0, 20, 6), 7, False)
    shown = np.array([hair_shown(fall, head, float(time), top=True) for time in times], float)
    lost = -np.diff(shown) / shown[0]
    assert lost.sum() > 0.95
    assert lost.min() > 0.08
    assert lost.max() < 0.40


def test_a_lower_norwood_stage_ends_earlier(fall: Fall) -> None:
    ends = [times_for_years(fall, np.array([20.0]), stage, False)[0] for stage in range(1, 8)]
    assert ends == sorted(ends)
    assert len(set(ends)) == 7
    assert 0 < ends[0] < 0.5 * HORSESHOE_TIME


def test_a_head_full_of_hair_has_a_share_of_one_and_a_bald_one_none(fall: Fall) -> None:
    assert hair_share(np.ones_like(fall.u), fall.u, fall.v) == 1
    assert hair_share(np.zeros_like(fall.u), fall.u, fall.v) == 0
    assert hair_share(fall.hair, fall.u, fall.v) > 0.9
    receded = np.where(fall.v > 0.48, 1, 0).astype(np.float32)
    assert 0.1 < hair_share(receded, fall.u, fall.v) < 0.8
    sides = ((skull_radius(fall.u, fall.v) > 0.95) | (fall.v < 0.3)).astype(np.float32)
    assert hair_share(sides, fall.u, fall.v) == 0
