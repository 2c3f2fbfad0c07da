"""Questions that nobody answers."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from bot.delivery.delivery import Delivery
from bot.errors import Withdrawn
from bot.messages import say
from bot.order import Order, to_json
from bot.policy.questions import end_old_questions
from bot.storage.storage import open_storage
from tests.support.bot.orders import order


class Postbox(Delivery):
    """Keeps what would be shown."""

    def __init__(self, gone: bool) -> None:
        super().__init__()
        self.gone = gone
        self.shown: list[str] = []

    async def edit(self, order: Order, text: str, *more: Any) -> None:
        self.shown.append(text)
        if self.gone:
            raise Withdrawn


@pytest.mark.parametrize("gone", [False, True])
def test_an_old_question_ends_with_a_sentence_and_a_young_one_stays(tmp_path: Path, gone: bool) -> None:
    async def scenario() -> None:
        storage, postbox = await open_storage(tmp_path / "bot.sqlite3"), Postbox(gone)
        forgiven: list[Order] = []
        await storage.add_question("77", to_json(order("77", pictured_id=8)))
        await end_old_questions(storage, postbox, forgiven.append)
        assert (postbox.shown, forgiven) == ([], [])
        await end_old_questions(storage, postbox, forgiven.append, life_s=0.0)
        assert postbox.shown == [say("en", "no_answer", user="<@8>")]
        assert [entry.user_id for entry in forgiven] == [order().user_id]  # it costs no pause
        assert await storage.questions() == []
        await storage.close()

    asyncio.run(scenario())
