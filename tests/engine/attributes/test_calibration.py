"""The factor by which one photo's step is stretched."""

from __future__ import annotations

import pytest

from engine.attributes.calibration import calibrated_factor


@pytest.mark.parametrize("wanted", [2.0, -1.5, 0.3])
@pytest.mark.parametrize("slope", [0.7, 1.0, 2.2])
def test_a_photos_own_factor_is_found_by_re_scoring(wanted: float, slope: float) -> None:
    def measure(factor: float) -> float:
        return wanted * slope * factor / (1 + 0.2 * factor)

    assert measure(calibrated_factor(measure, wanted)) == pytest.approx(wanted, abs=0.15)


def test_a_score_that_saturates_ends_the_search() -> None:
    asked: list[float] = []

    def measure(factor: float) -> float:
        asked.append(factor)
        return min(factor, 0.9)

    factor = calibrated_factor(measure, 2.0)
    assert 0.9 <= factor <= 2.0
    assert len(asked) <= 5


def test_a_search_never_asks_beyond_its_limit() -> None:
    asked: list[float] = []

    def measure(factor: float) -> float:
        asked.append(factor)
        return factor

    assert calibrated_factor(measure, 2.0, most=0.4) == 0.4
    assert max(asked) <= 0.4
