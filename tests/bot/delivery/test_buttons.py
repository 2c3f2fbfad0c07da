"""Buttons and menus: their ids say everything, and Discord's limits hold."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest

from bot.delivery.buttons import Handle, answer_view, cancel_view, read_handle, template
from bot.order import Language, Order
from engine.protocol import AnimationOptions, AttributeEdit, BaldOptions, EditOptions
from tests.support.bot.orders import order

LONGEST = 2**64 - 1
BALD, EDIT = BaldOptions(), EditOptions((AttributeEdit("beard", 3.0),))


def components(made: Order) -> list[dict[str, Any]]:
    async def build() -> list[dict[str, Any]]:  # a view wants an event loop
        return [item for row in answer_view(made).to_components() for item in row["components"]]

    return asyncio.run(build())


def action(component: dict[str, Any]) -> str:
    return str(component["custom_id"]).split(":")[1]


@pytest.mark.parametrize("name", ["weaker", "attribute", "optout"])
def test_a_handle_comes_back_from_its_id_and_fits(name: str) -> None:
    handle = Handle(name, str(LONGEST), LONGEST, LONGEST)
    assert len(handle.custom_id) <= 100
    match = re.fullmatch(template("weaker", "attribute", "optout"), handle.custom_id)
    assert match is not None
    assert read_handle(match) == handle


@pytest.mark.parametrize("text", ["recede:weaker:1:2", "recede:burn:1:2:3", "recede:weaker:x:2:3", "weaker:1:2:3", ""])
def test_other_ids_are_nobodys(text: str) -> None:
    assert re.fullmatch(template("weaker"), text) is None


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("options", [BALD, EDIT])
@pytest.mark.parametrize("chosen", ["gif", "webp", "mp4", "png"])
def test_what_stands_below_an_answer(language: Language, options: BaldOptions | EditOptions, chosen: Any) -> None:
    made = order(str(LONGEST), options=options, animation=AnimationOptions(chosen), language=language)
    found = components(made)
    others = [name for name in ("gif", "webp", "mp4", "png") if name != chosen]
    assert [action(entry) for entry in found] == ["weaker", "stronger", *others, "delete", "attribute"]
    assert len({entry["custom_id"] for entry in found}) == len(found)
    assert all(len(entry.get("label", "x")) <= 80 and len(entry["custom_id"]) <= 100 for entry in found)
    menu = found[-1]
    assert 1 <= len(menu["options"]) <= 25
    assert ("bald" in {entry["value"] for entry in menu["options"]}) == (options is EDIT)
    assert ("beard" in {entry["value"] for entry in menu["options"]}) == (options is BALD)


def test_what_cannot_become_stronger_says_so() -> None:
    found = {action(entry): entry for entry in components(order(options=EDIT))}
    assert found["stronger"]["disabled"]
    assert not found["weaker"]["disabled"]


def test_a_sent_view_is_not_kept_in_memory() -> None:
    async def build() -> None:
        assert answer_view(order()).is_finished()
        assert cancel_view("en", "1", 2).is_finished()

    asyncio.run(build())
