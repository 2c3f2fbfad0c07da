"""The progress message: the latest state wins, edits keep their distance, and none comes after the answer."""

from __future__ import annotations

import asyncio
import time
from itertools import pairwise
from typing import Any

import discord
import pytest

from bot.delivery import Delivery
from bot.errors import Withdrawn
from bot.order import Order
from bot.post import Attached
from bot.progress import Pacer, ProgressMessage, State, describe
from engine.protocol import Progress
from tests.bot.orders import order

PERIOD_S = 0.05


class Recorder(Delivery):
    """Writes edits down instead of sending them; each takes `takes_s`, or raises what `raises` holds."""

    def __init__(self, takes_s: float = 0.0) -> None:
        super().__init__()
        self.takes_s = takes_s
        self.raises: list[Exception] = []
        self.edits: list[tuple[float, str, Attached | None]] = []
        self.under_way = 0

    async def edit(
        self, order: Order, text: str, attached: Attached | None = None, view: discord.ui.View | None = None
    ) -> None:
        self.under_way += 1
        try:
            await asyncio.sleep(self.takes_s)
            if self.raises:
                raise self.raises.pop(0)
            self.edits.append((time.monotonic(), text, attached))
        finally:
            self.under_way -= 1


class Bench:
    """A message under test, and what it called."""

    def __init__(self, recorder: Recorder, made: Order | None = None) -> None:
        self.counted = self.withdrawn = 0
        self.message = ProgressMessage(made or order(), recorder, Pacer(1000), PERIOD_S, self.count, self.withdraw)

    def count(self) -> None:
        self.counted += 1

    async def withdraw(self) -> None:
        self.withdrawn += 1


def at(fraction: float, **changes: Any) -> Progress:
    return Progress("77", "learning the face", fraction, **changes)


def test_of_many_states_the_latest_is_shown_and_edits_keep_their_distance() -> None:
    async def scenario() -> None:
        recorder = Recorder()
        bench = Bench(recorder)
        for step in range(101):
            bench.message.update(progress=at(step / 100))
            await asyncio.sleep(0.003)
        await asyncio.sleep(2 * PERIOD_S)
        await bench.message.close()
        times = [when for when, _, _ in recorder.edits]
        assert 2 <= len(times) <= 101 * 0.05 / PERIOD_S
        assert all(later - earlier >= PERIOD_S for earlier, later in pairwise(times))
        assert "100 %" in recorder.edits[-1][1]
        assert bench.counted == len(times)

    asyncio.run(scenario())


def test_nothing_is_edited_that_looks_the_same() -> None:
    async def scenario() -> None:
        recorder = Recorder()
        bench = Bench(recorder)
        for _ in range(5):
            bench.message.update(progress=at(0.5))
            await asyncio.sleep(PERIOD_S)
        await bench.message.close()
        assert len(recorder.edits) == 1

    asyncio.run(scenario())


def test_a_preview_is_uploaded_once() -> None:
    async def scenario() -> None:
        recorder = Recorder()
        bench = Bench(recorder)
        for step in range(4):
            bench.message.update(progress=at(step / 4), preview=PREVIEW)
            await asyncio.sleep(2 * PERIOD_S)
        await bench.message.close()
        shown = [attached for _, _, attached in recorder.edits]
        assert len(shown) == 4
        assert shown[0] is not None
        assert shown[0].data == PREVIEW
        assert shown[1:] == [None, None, None]

    asyncio.run(scenario())


PREVIEW = b"\xff\xd8a-small-picture"


def test_once_closed_no_edit_is_on_its_way() -> None:
    async def scenario() -> None:
        recorder = Recorder(takes_s=0.1)
        bench = Bench(recorder)
        bench.message.update(progress=at(0.5))
        await asyncio.sleep(0.05)
        assert recorder.under_way == 1
        bench.message.update(progress=at(0.6))
        await bench.message.close()
        assert recorder.under_way == 0
        assert len(recorder.edits) == 1
        await asyncio.sleep(4 * PERIOD_S)
        await bench.message.flush()
        assert len(recorder.edits) == 1

    asyncio.run(scenario())


def test_a_failed_edit_does_not_stop_the_next() -> None:
    async def scenario() -> None:
        recorder = Recorder()
        recorder.raises.append(OSError("no way to Discord"))
        bench = Bench(recorder)
        bench.message.update(progress=at(0.5))
        await asyncio.sleep(2 * PERIOD_S)
        bench.message.update(progress=at(0.6))
        await asyncio.sleep(2 * PERIOD_S)
        await bench.message.close()
        assert [text.count("60 %") for _, text, _ in recorder.edits] == [1]

    asyncio.run(scenario())


def test_a_deleted_message_is_reported_and_left_alone() -> None:
    async def scenario() -> None:
        recorder = Recorder()
        recorder.raises.append(Withdrawn())
        bench = Bench(recorder)
        bench.message.update(progress=at(0.5))
        await asyncio.sleep(2 * PERIOD_S)
        bench.message.update(progress=at(0.6))
        await asyncio.sleep(2 * PERIOD_S)
        await bench.message.close()
        assert (bench.withdrawn, recorder.edits) == (1, [])

    asyncio.run(scenario())


def test_with_a_dead_token_nothing_is_tried() -> None:
    async def scenario() -> None:
        recorder = Recorder()
        bench = Bench(recorder, order(place={"token": ""}))
        bench.message.update(progress=at(0.5))
        await asyncio.sleep(2 * PERIOD_S)
        await bench.message.close()
        assert recorder.edits == []

    asyncio.run(scenario())


def test_all_messages_together_keep_the_pace() -> None:
    async def scenario() -> None:
        pacer = Pacer(per_s=100)
        begun_s = time.monotonic()
        await asyncio.gather(*(pacer.turn() for _ in range(21)))
        assert time.monotonic() - begun_s >= 0.2

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("state", "told"),
    [
        (State(), "Handing the photo"),
        (State(submitted=True), "queue"),
        (State(Progress("77", "waiting", 0.0, 3, 130.0)), "number **3** in the queue · about 2 min"),
        (
            State(Progress("77", "waiting", 0.0, 3, 130.0), note="warming"),
            "minutes.\nWaiting: number **3** in the queue",
        ),
        (State(at(0.42)), "42 %"),
        (State(at(0.42, seconds_left=21.0)), "42 % · about 20 s left"),
        (State(at(7.0)), "100 %"),
        (State(at(0.1), note="retrying"), "had to start anew"),
    ],
)
def test_a_state_in_words(state: State, told: str) -> None:
    assert told in describe(order(), state)
    assert describe(order(language="zh"), state) != describe(order(), state)
