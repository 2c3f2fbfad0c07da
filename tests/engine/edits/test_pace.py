"""Years that take about as much hair each."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.edits.balding import Balding
from engine.edits.pace import paced
from engine.latent.norwood import LEFT
from tests.support.companion import Companion
from tests.support.hair_disks import EVERYWHERE, RADIUS, disks


@pytest.fixture(scope="module")
def layer() -> Balding:
    return disks(30, 20, 12, 0)


def test_paced_years_never_go_back_and_end_at_the_end(layer: Balding) -> None:
    positions = paced(layer, EVERYWHERE, 3.0).positions
    assert positions[0] == 0
    assert positions[-1] == pytest.approx(3.0)
    assert (np.diff(positions) > 0).all()


def test_two_moments_are_measured_at_once(layer: Balding, monkeypatch: pytest.MonkeyPatch) -> None:
    together = Companion()
    monkeypatch.setattr(Balding, "moment", together.of(Balding.moment))
    paced(layer, EVERYWHERE, 3.0)
    assert together.met


def test_each_year_takes_about_as_much_hair_as_any_other() -> None:
    """On heads of which most are alike: the path's own clock would stand still and then jump."""
    uneven = disks(30, 29, 28, 27, 0)
    even = paced(uneven, EVERYWHERE, 4.0)

    def lost(layer: Balding, positions: NDArray[np.float64]) -> NDArray[np.float64]:
        left = np.array([float(layer.hair_left(float(p)).sum()) for p in positions])
        return np.asarray(-np.diff(left) / left[0], np.float64)

    ours = lost(even, np.interp(np.linspace(0, 1, 6), np.linspace(0, 1, len(even.positions)), even.positions))
    theirs = lost(uneven, np.linspace(0, 4, 6))
    assert ours.sum() > 0.98
    assert ours.min() > 0.1
    assert ours.max() < 0.35
    assert theirs.max() > ours.max() + 0.1


@pytest.mark.parametrize("stage", [2.0, 4.0, 6.0])
def test_the_same_stage_is_as_bald_on_everyone(stage: float) -> None:
    wanted = float(np.interp(stage, range(1, 8), LEFT))
    for radii in ((30, 20, 12, 0), (30, 29, 28, 0), (33, 10, 4, 0)):
        layer = disks(*radii)
        end = paced(layer, EVERYWHERE, 3.0, stage=stage).positions[-1]
        assert float(layer.hair_left(float(end)).sum() / layer.hair_left(0).sum()) == pytest.approx(wanted, abs=0.08)


def test_a_lower_norwood_stage_ends_earlier(layer: Balding) -> None:
    ends = [float(paced(layer, EVERYWHERE, 3.0, stage=stage).positions[-1]) for stage in range(1, 8)]
    assert ends == sorted(ends)
    assert len(set(ends)) == 7
    assert 0 < ends[0] < 0.5 * ends[-1]
    assert ends[-1] == pytest.approx(3.0)


def test_hair_counts_only_where_it_is_said_to(layer: Balding) -> None:
    """Where only the middle counts, little has happened by the time that the rim is gone."""
    middle = paced(layer, RADIUS < 12, 3.0, stage=4.0).positions[-1]
    whole = paced(layer, EVERYWHERE, 3.0, stage=4.0).positions[-1]
    assert middle > whole + 0.3


def test_where_most_goes_at_once_years_are_even_all_the_same(layer: Balding) -> None:
    """It lay between two of the positions that were measured, and was one year's jump."""
    hasty = replace(layer, ahead=replace(layer.ahead, temples=np.full_like(RADIUS, 20)))
    paced_layer = paced(hasty, EVERYWHERE, 3.0)
    shares = np.linspace(0, 1, 24)
    positions = np.interp(shares, np.linspace(0, 1, len(paced_layer.positions)), paced_layer.positions)
    left = np.array([float(hasty.hair_left(float(position)).sum()) for position in positions])
    assert (-np.diff(left) / left[0]).max() < 0.15
