"""What buttons and menus do with clicks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

from bot.client import Interaction
from bot.components.views import DOUBLE_CLICK_S, _Clicks

BEGUN = datetime(2026, 1, 1, tzinfo=UTC)


def click(after_s: float, user_id: int = 1, values: list[str] | None = None) -> Interaction:
    data: dict[str, Any] = {"custom_id": "x"} if values is None else {"custom_id": "x", "values": values}
    made = SimpleNamespace(created_at=BEGUN + timedelta(seconds=after_s), user=SimpleNamespace(id=user_id), data=data)
    return cast("Interaction", made)


def test_the_second_half_of_a_double_click_is_told_from_two_clicks() -> None:
    clicks = _Clicks()
    assert not clicks.is_double(click(0.0), "recede:weaker")
    assert clicks.is_double(click(0.3), "recede:weaker")
    assert not clicks.is_double(click(0.4), "recede:stronger")
    assert not clicks.is_double(click(0.5, user_id=2), "recede:weaker")
    assert not clicks.is_double(click(0.3 + DOUBLE_CLICK_S), "recede:weaker")


def test_two_different_choices_in_one_menu_are_two_clicks() -> None:
    clicks = _Clicks()
    assert not clicks.is_double(click(0.0, values=["beard"]), "recede:attribute")
    assert not clicks.is_double(click(0.5, values=["mustache"]), "recede:attribute")
    assert clicks.is_double(click(0.6, values=["mustache"]), "recede:attribute")
