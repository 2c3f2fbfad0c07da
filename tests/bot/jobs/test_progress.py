"""The progress message: the latest state wins, edits keep their distance, and none comes after the answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import discord
import pytest

from bot.delivery.delivery import Delivery
from bot.delivery.post import Attached
from bot.errors import Withdrawn
from bot.jobs.progress import HELD_PERIODS, Pacer, ProgressMessage, State, describe
from bot.order import Order
from engine.protocol import Progress
from tests.support.bot.orders import order

PERIOD_S = 0.05
PATIENCE_S = 30.0  # of what takes no time at all


class Recorder(Delivery):
    """Writes edits down instead of sending them, once `gate` is open, or raises what `raises` holds."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()
        self.gate.set()
        self.raises: list[Exception] = []
        self.edits: list[tuple[float, str, Attached | None]] = []
        self.tried = 0
        self.under_way = 0

    async def edit(
        self, order: Order, text: str, attached: Attached | None = None, view: discord.ui.View | None = None
    ) -> None:
        self.tried += 1
        self.under_way += 1
        try:
            await self.gate.wait()
            if self.raises:
                raise self.raises.pop(0)
            self.edits.append((time.monotonic(), text, attached))
        finally:
            self.under_way -= 1

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait for something to come true."""
        async with asyncio.timeout(PATIENCE_S):
            while not holds():
                await asyncio.sleep(0.001)


class Bench:
    """A message under test, and what it called."""

    def __init__(
        self,
        recorder: Recorder,
        made: Order | None = None,
        pacer: Pacer | None = None,
        period_s: float = PERIOD_S,
        rest_s: float = 0.0,
    ) -> None:
        self.counted = self.withdrawn = 0
        self.message = ProgressMessage(
            made or order(), recorder, pacer or Pacer(1000), period_s, self.count, self.withdraw, rest_s
        )

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
        await recorder.until(lambda: "100 %" in recorder.edits[-1][1])
        await bench.message.close()
        times = [when for when, _, _ in recorder.edits]
        assert 2 <= len(times) < 101
        assert all(later - earlier >= PERIOD_S for earlier, later in pairwise(times))
        assert bench.counted == len(times)

    asyncio.run(scenario())


def test_a_message_that_goes_on_after_another_keeps_its_distance_too() -> None:
    async def scenario() -> None:
        recorder = Recorder()
        first = Bench(recorder)
        assert first.message.rest_s == 0.0
        first.message.update(progress=at(0.5))
        await recorder.until(lambda: len(recorder.edits) == 1)
        await first.message.close()
        assert first.message.rest_s <= PERIOD_S
        second = Bench(recorder, rest_s=first.message.rest_s)
        second.message.update(note="smaller")
        await recorder.until(lambda: len(recorder.edits) == 2)
        await second.message.close()
        assert recorder.edits[1][0] - recorder.edits[0][0] >= PERIOD_S

    asyncio.run(scenario())


def test_nothing_is_edited_that_looks_the_same() -> None:
    async def scenario() -> None:
        recorder = Recorder()
        bench = Bench(recorder)
        for _ in range(5):
            bench.message.update(progress=at(0.5))
            await asyncio.sleep(2 * PERIOD_S)
        await bench.message.close()
        assert recorder.tried == 1

    asyncio.run(scenario())


def test_a_preview_is_uploaded_once() -> None:
    async def scenario() -> None:
        recorder = Recorder()
        bench = Bench(recorder)
        for step in range(4):
            bench.message.update(progress=at(step / 4), preview=PREVIEW)
            await recorder.until(lambda step=step: len(recorder.edits) == step + 1)  # type: ignore[misc]
        await bench.message.close()
        shown = [attached for _, _, attached in recorder.edits]
        assert shown[0] is not None
        assert shown[0].data == PREVIEW
        assert shown[1:] == [None, None, None]

    asyncio.run(scenario())


PREVIEW = b"\xff\xd8a-small-picture"


def test_the_first_preview_outlives_later_states_that_have_none() -> None:
    async def scenario() -> None:
        recorder = Recorder()
        bench = Bench(recorder)
        bench.message.update(progress=at(0.1))
        await recorder.until(lambda: len(recorder.edits) == 1)
        bench.message.update(progress=at(0.8), preview=PREVIEW)
        for step in range(5):
            bench.message.update(progress=at(0.9 + step / 100))
        await recorder.until(lambda: len(recorder.edits) == 2)
        await bench.message.close()
        _, text, attached = recorder.edits[1]
        assert "94 %" in text
        assert attached is not None
        assert attached.data == PREVIEW

    asyncio.run(scenario())


def test_the_first_preview_goes_before_the_edits_of_others() -> None:
    """There is one place in the pacer every quarter of an hour, and the first is taken."""

    async def scenario() -> None:
        recorder, pacer = Recorder(), Pacer(per_s=1 / 900)
        await pacer.turn(asyncio.Event())
        waiting, near = Bench(recorder, order(), pacer), Bench(recorder, order("78"), pacer)
        waiting.message.update(progress=at(0.0, queue_position=3))
        near.message.update(progress=at(0.5))
        await asyncio.sleep(2 * PERIOD_S)
        assert recorder.tried == 0
        near.message.update(preview=PREVIEW)
        await recorder.until(lambda: len(recorder.edits) == 1)
        assert recorder.edits[0][2] is not None
        # Only the first: what follows waits for its place like everybody else.
        near.message.update(progress=at(0.9), preview=PREVIEW + b"2")
        await asyncio.sleep(4 * PERIOD_S)
        assert recorder.tried == 1
        await waiting.message.close()
        await near.message.close()

    asyncio.run(scenario())


@pytest.mark.parametrize("near", [at(0.5, seconds_left=2.0), at(0.85, seconds_left=5000.0), at(0.85)])
def test_near_the_end_an_edit_waits_for_the_first_preview(near: Progress) -> None:
    """Had the text been shown, the preview would have had to wait for longer than this test does."""

    async def scenario() -> None:
        recorder = Recorder()
        bench = Bench(recorder, period_s=300.0)
        bench.message.update(progress=near)
        await asyncio.sleep(2 * PERIOD_S)
        bench.message.update(progress=at(0.95, seconds_left=1.0))
        await asyncio.sleep(2 * PERIOD_S)
        assert recorder.tried == 0
        bench.message.update(progress=at(0.96, seconds_left=0.5), preview=PREVIEW)
        await recorder.until(lambda: len(recorder.edits) == 1)
        await bench.message.close()
        assert recorder.edits[0][2] is not None

    asyncio.run(scenario())


@pytest.mark.parametrize(
    "state",
    [
        {"progress": at(0.3, seconds_left=1000.0)},
        {"progress": at(0.3)},
        {"progress": at(0.0, queue_position=1, seconds_left=2.0)},
        {"progress": at(0.9, seconds_left=2.0), "note": "cancelling"},
    ],
)
def test_far_from_the_end_nothing_waits_for_a_preview(state: dict[str, Any]) -> None:
    async def scenario() -> None:
        recorder = Recorder()
        bench = Bench(recorder, period_s=300.0)
        bench.message.update(**state)
        await recorder.until(lambda: len(recorder.edits) == 1)
        await bench.message.close()

    asyncio.run(scenario())


def test_a_preview_that_does_not_come_is_waited_for_once_and_not_for_long() -> None:
    async def scenario() -> None:
        recorder = Recorder()
        bench = Bench(recorder)
        begun_s = time.monotonic()
        bench.message.update(progress=at(0.9, seconds_left=0.0))
        await recorder.until(lambda: len(recorder.edits) == 1)
        assert recorder.edits[0][0] - begun_s >= HELD_PERIODS * PERIOD_S
        bench.message.update(progress=at(0.95, seconds_left=0.0))
        await recorder.until(lambda: len(recorder.edits) == 2)
        await bench.message.close()

    asyncio.run(scenario())


def test_once_closed_no_edit_is_on_its_way() -> None:
    async def scenario() -> None:
        recorder = Recorder()
        recorder.gate.clear()
        bench = Bench(recorder)
        bench.message.update(progress=at(0.5))
        await recorder.until(lambda: recorder.under_way == 1)
        bench.message.update(progress=at(0.6))
        closing = asyncio.create_task(bench.message.close())
        await asyncio.sleep(PERIOD_S)
        assert not closing.done()
        recorder.gate.set()
        await closing
        assert recorder.under_way == 0
        assert len(recorder.edits) == 1
        await asyncio.sleep(4 * PERIOD_S)
        await bench.message.flush()
        assert recorder.tried == 1

    asyncio.run(scenario())


def test_a_failed_edit_does_not_stop_the_next() -> None:
    async def scenario() -> None:
        recorder = Recorder()
        recorder.raises.append(OSError("no way to Discord"))
        bench = Bench(recorder)
        bench.message.update(progress=at(0.5))
        await recorder.until(lambda: recorder.tried == 1)
        bench.message.update(progress=at(0.6))
        await recorder.until(lambda: recorder.tried == 2)
        await bench.message.close()
        assert [text.count("60 %") for _, text, _ in recorder.edits] == [1]

    asyncio.run(scenario())


def test_a_deleted_message_is_reported_and_left_alone() -> None:
    async def scenario() -> None:
        recorder = Recorder()
        recorder.raises.append(Withdrawn())
        bench = Bench(recorder)
        bench.message.update(progress=at(0.5))
        await recorder.until(lambda: bench.withdrawn == 1)
        bench.message.update(progress=at(0.6))
        await asyncio.sleep(2 * PERIOD_S)
        await bench.message.close()
        assert (bench.withdrawn, recorder.tried) == (1, 1)

    asyncio.run(scenario())


def test_with_a_dead_token_nothing_is_tried() -> None:
    async def scenario() -> None:
        recorder = Recorder()
        bench = Bench(recorder, order(place={"token": ""}))
        bench.message.update(progress=at(0.5))
        await asyncio.sleep(2 * PERIOD_S)
        await bench.message.close()
        assert recorder.tried == 0

    asyncio.run(scenario())


def test_progress_that_cannot_be_put_into_words_does_not_keep_the_answer_back(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def scenario() -> None:
        recorder = Recorder()
        bench = Bench(recorder)
        bench.message.update(progress=at(0.5, seconds_left=float("nan")))
        await recorder.until(lambda: "failed" in caplog.text)
        await bench.message.close()

    asyncio.run(scenario())


def test_all_messages_together_keep_the_pace() -> None:
    async def scenario() -> None:
        pacer = Pacer(per_s=100)
        begun_s = time.monotonic()
        await asyncio.gather(*(pacer.turn(asyncio.Event()) for _ in range(21)))
        assert time.monotonic() - begun_s >= 0.2

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("state", "told"),
    [
        (State(), "Handing the photo"),
        (State(submitted=True), "queue"),
        (State(Progress("77", "waiting", 0.0, 3, 130.0)), "number **3** in the queue · about 3 min"),
        (State(Progress("77", "waiting", 0.0, 3)), "number **3** in the queue"),
        (
            State(Progress("77", "waiting", 0.0, 3, 130.0), note="warming"),
            "place.\nWaiting: number **3** in the queue",
        ),
        (State(at(0.42)), "42 %"),
        (State(at(0.42, seconds_left=21.0)), "42 % · about 20 s left"),
        (State(at(7.0)), "100 %"),
        (State(at(0.1), note="retrying"), "starting over"),
    ],
)
def test_a_state_in_words(state: State, told: str) -> None:
    assert told in describe(order(), state)
    assert describe(order(language="zh"), state) != describe(order(), state)


def test_what_is_done_has_no_time_left() -> None:
    assert "left" in describe(order(), State(at(0.99, seconds_left=5.0)))
    assert "left" not in describe(order(), State(at(1.0, seconds_left=5.0)))
