"""A strength asks for what lies between the values of the whole ones."""

from __future__ import annotations

import pytest

from engine.edits.strengths import at_strength

VALUES = (0.0, 1.0, 4.0, 5.0)


@pytest.mark.parametrize(("strength", "value"), [(0.0, 0.0), (1.5, 2.5), (3.0, 5.0)])
def test_values_lie_on_straight_lines(strength: float, value: float) -> None:
    assert at_strength(VALUES, strength) == pytest.approx(value)


def test_beyond_the_last_strength_its_value_holds() -> None:
    assert at_strength(VALUES, 3.5) == 5.0
    assert at_strength(VALUES, -1.0) == 0.0
