"""What is large, on its way from one holder to the next."""

from __future__ import annotations

from engine.runtime.handed_over import handed_over


def test_what_is_handed_over_comes_in_order_and_is_held_by_its_taker_alone() -> None:
    values = [[1], [2], [3]]
    given = handed_over(values)
    assert next(given) == [1]
    assert values == [[2], [3]]
    assert list(given) == [[2], [3]]
    assert values == []
