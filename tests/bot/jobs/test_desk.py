"""Orders from acceptance to answer, through the real broker and a real engine process with a stand-in pipeline."""

from __future__ import annotations

import asyncio
import dataclasses
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import discord
import pytest

from bot.config import BotConfig
from bot.delivery.delivery import Delivery
from bot.delivery.post import Attached, Post
from bot.errors import Refused, TooLarge, Undelivered, Withdrawn
from bot.jobs.active import Delivered
from bot.jobs.desk import Desk
from bot.jobs.intake import Photos
from bot.messages import say, say_error
from bot.order import TOKEN_LIFE_S, Order, PhotoSource, from_json, to_json
from bot.runtime.metrics import BotMetrics
from bot.storage.storage import Storage, open_storage
from engine.errors import ResultTooLarge
from engine.protocol import MIB, AnimationOptions, BaldOptions
from engine.queue import open_queue
from tests.support.bot.orders import order
from tests.support.faults.harness import Installation, until
from tests.support.faults.harness import order as photo_order
from tests.support.faults.shared_broker import SharedBroker

# Discord's pace is kept; nothing else is waited for.
QUICK = BotConfig(progress_period_s=1.5, sweep_period_s=0.05, watch_period_s=0.1)
PATIENCE_S = 120.0  # of what takes a second on a machine that has nothing else to do


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory, shared_broker: SharedBroker) -> Iterator[Installation]:
    """A broker and an engine for all tests here."""
    settings = f"max_jobs_per_user = 60\nlease_s = 1.5\nsweep_s = 0.3\n{shared_broker.lines()}"
    made = Installation(tmp_path_factory.mktemp("desk"), settings)
    made.start_engine()
    yield made
    made.end()


class Album(Photos):
    """Photos that lie in memory: their address is what the stand-in is told to do."""

    def __init__(self) -> None:
        super().__init__(1000, 1.0)
        self.fetched = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def fetch(self, source: PhotoSource) -> bytes:
        self.fetched += 1
        await self.gate.wait()
        if source.url == "gone":
            raise Refused("photo_gone")
        do, _, seconds = source.url.partition(":")
        return photo_order(do, seconds=float(seconds or 0))[1]


class Postbox(Delivery):
    """Keeps what would be posted; raises what `raises` holds first."""

    def __init__(self) -> None:
        super().__init__()
        self.raises: list[Exception] = []
        self.posts: list[tuple[Order, Post]] = []
        self.edits: list[str] = []
        self.edit_raises: list[Exception] = []

    async def edit(
        self, order: Order, text: str, attached: Attached | None = None, view: discord.ui.View | None = None
    ) -> None:
        if self.edit_raises:
            raise self.edit_raises.pop(0)
        self.edits.append(text)

    async def deliver(self, order: Order, post: Post) -> str:
        if self.raises:
            raise self.raises.pop(0)
        self.posts.append((order, post))
        return "answer"


@dataclasses.dataclass
class Office:
    """A desk and everything around it."""

    desk: Desk
    storage: Storage
    album: Album
    postbox: Postbox

    async def answer(self, count: int = 1) -> list[tuple[Order, Post]]:
        """The posts, once so many were made and noted."""
        await until(
            lambda: len(self.postbox.posts) >= count and not self.desk.under_way.active(), PATIENCE_S, f"{count} posts"
        )
        await until(lambda: not self.desk.under_way.all(), PATIENCE_S, "their being noted")
        return self.postbox.posts


@asynccontextmanager
async def office(installation: Installation, folder: Path, open_now: bool = True) -> AsyncIterator[Office]:
    """A desk with a memory in `folder`; leaving it is the bot's end."""
    storage = await open_storage(folder / "bot.sqlite3")
    album, postbox = Album(), Postbox()
    queue_config = installation.config.queue
    desk = Desk(QUICK, queue_config, storage, album, postbox, BotMetrics())
    name = f"bot-{await storage.instance()}"
    queue = await open_queue(queue_config, name, installation.state, Delivered(await storage.delivered()))
    try:
        if open_now:
            await desk.open(queue)
        yield Office(desk, storage, album, postbox)
    finally:
        await desk.close()
        await queue.close()
        await storage.close()


def wanted(order_id: str, do: str = "echo", **changes: Any) -> Order:
    return order(order_id, photo=PhotoSource(do), **changes)


def test_an_order_becomes_an_answer_and_leaves_only_what_its_buttons_need(
    installation: Installation, tmp_path: Path
) -> None:
    async def scenario() -> None:
        async with office(installation, tmp_path) as here:
            made = wanted("101", "steps:0.2")
            here.desk.begin(made)
            assert here.desk.under_way.count(made.user_id) == 1
            [(answered, post)] = await here.answer()
            assert answered == made
            assert post.attached is not None
            assert post.attached.data.startswith(b"ANSWER")
            assert await here.storage.jobs() == []
            kept = await here.storage.post("101")
            assert kept is not None
            assert from_json(kept) == made.without_token()
            assert await here.storage.counts() == {"ok": 1}
            assert here.desk.under_way.count(made.user_id) == 0

    asyncio.run(scenario())


def test_the_same_order_twice_is_answered_once(installation: Installation, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with office(installation, tmp_path) as here:
            here.desk.begin(wanted("111"))
            await here.answer()
            here.desk.begin(wanted("111"))
            await until(lambda: not here.desk.under_way.active(), PATIENCE_S, "the repetition's end")
            assert len(here.postbox.posts) == 1
            assert here.album.fetched == 1

    asyncio.run(scenario())


@pytest.mark.parametrize(("do", "told"), [("no_face", "see a face"), ("gone", "has lost that photo")])
def test_what_goes_wrong_is_told_in_the_readers_words(
    installation: Installation, tmp_path: Path, do: str, told: str
) -> None:
    async def scenario() -> None:
        async with office(installation, tmp_path) as here:
            here.desk.begin(wanted("121" if do == "gone" else "122", do))
            [(_, post)] = await here.answer()
            assert told in post.text
            assert post.attached is None
            assert await here.storage.post("121") is None

    asyncio.run(scenario())


@pytest.mark.slow
def test_a_file_that_is_too_large_is_made_again_and_smaller(installation: Installation, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with office(installation, tmp_path) as here:
            here.postbox.raises += [TooLarge(), TooLarge()]
            here.desk.begin(wanted("131", "steps:3", animation=AnimationOptions(max_bytes=4_000_000)))
            [(answered, _)] = await here.answer()
            assert (answered.attempt, answered.job_id) == (3, "131-3")
            assert answered.animation.max_bytes == 64 * 1024
            assert here.album.fetched == 3
            assert say("en", "smaller") in "".join(here.postbox.edits)
            assert await here.storage.post("131") is not None
            assert await here.storage.counts() == {"ok": 1, "reencoded": 2}

    asyncio.run(scenario())


def test_where_no_file_is_small_enough_the_member_is_told(installation: Installation, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with office(installation, tmp_path) as here:
            here.postbox.raises += [TooLarge()] * 5
            here.desk.begin(wanted("136"))
            [(answered, post)] = await here.answer()
            assert answered.attempt == 5
            assert (post.text, post.attached) == (say_error("en", ResultTooLarge("")), None)
            assert await here.storage.counts() == {"result_too_large": 1, "reencoded": 4}

    asyncio.run(scenario())


def test_after_the_first_refusal_a_file_is_made_that_fits_everywhere(
    installation: Installation, tmp_path: Path
) -> None:
    async def scenario() -> None:
        async with office(installation, tmp_path) as here:
            here.postbox.raises.append(TooLarge())
            huge = 400 * MIB
            active = here.desk._follow(wanted("137", animation=AnimationOptions(max_bytes=huge)))
            await here.desk._answer(active, Post("x"), "ok", huge)
            [(answered, _)] = await here.answer()
            assert answered.animation.max_bytes < 10 * MIB

    asyncio.run(scenario())


def test_a_refusal_that_discord_does_not_take_is_told_later(installation: Installation, tmp_path: Path) -> None:
    """The queue has no such job, so it would not hand an answer back."""

    async def scenario() -> None:
        async with office(installation, tmp_path) as here:
            here.postbox.raises += [Undelivered("Discord answers 503")] * 2
            here.desk.begin(wanted("142", "gone"))
            [(_, post)] = await here.answer()
            assert post.text == say("en", "photo_gone")
            assert await here.storage.jobs() == []
            assert here.desk.under_way.count(4000) == 0

    asyncio.run(scenario())


def test_sweeping_goes_on_after_a_disk_that_could_not_be_written(
    installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:

    async def scenario() -> None:
        async with office(installation, tmp_path, open_now=False) as here:
            swept: list[float] = []

            async def full(posts_s: float, delivered_s: float) -> None:
                swept.append(posts_s)
                raise sqlite3.OperationalError("database or disk is full")

            monkeypatch.setattr(here.storage, "forget_old", full)
            here.desk.tasks.keep("sweep", here.desk._sweep)
            await until(lambda: len(swept) >= 2, PATIENCE_S, "a second sweep")

    asyncio.run(scenario())


def test_an_answer_that_discord_does_not_take_comes_again(installation: Installation, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with office(installation, tmp_path) as here:
            here.postbox.raises.append(Undelivered("Discord answers 503"))
            here.desk.begin(wanted("141"))
            await here.answer()
            assert len(here.postbox.posts) == 1

    asyncio.run(scenario())


def test_an_answer_whose_message_was_deleted_is_dropped(installation: Installation, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with office(installation, tmp_path) as here:
            here.postbox.raises.append(Withdrawn())
            here.desk.begin(wanted("151"))
            await until(lambda: not here.desk.under_way.all(), PATIENCE_S, "its end")
            assert (here.postbox.posts, await here.storage.counts()) == ([], {"withdrawn": 1})

    asyncio.run(scenario())


def test_deleting_the_progress_message_cancels_the_work(installation: Installation, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with office(installation, tmp_path) as here:
            here.postbox.edit_raises.append(Withdrawn())
            here.desk.begin(wanted("161", "steps:60"))
            await until(lambda: not here.desk.under_way.all(), PATIENCE_S, "its end")
            assert (here.postbox.posts, await here.storage.counts()) == ([], {"withdrawn": 1})

    asyncio.run(scenario())


def test_what_was_under_way_at_a_restart_is_answered_after_it(installation: Installation, tmp_path: Path) -> None:
    """One job is with the engine, the other had only been noted when the first bot ended."""

    async def before() -> None:
        async with office(installation, tmp_path) as here:
            here.desk.begin(wanted("171", "steps:5"))
            await until(lambda: all(active.begun for active in here.desk.under_way.active()), PATIENCE_S, "the engine")
            here.album.gate.clear()
            here.desk.begin(wanted("172"))
            await until(lambda: here.album.fetched == 2, PATIENCE_S, "the second photo being fetched")

    async def after() -> None:
        async with office(installation, tmp_path) as here:
            assert {entry.order.order_id for entry in here.desk.under_way.active()} == {"171", "172"}
            posts = await here.answer(2)
            assert {made.order_id for made, _ in posts} == {"171", "172"}
            assert all(post.attached is not None for _, post in posts)
            assert here.album.fetched == 1

    asyncio.run(before())
    asyncio.run(after())


def test_at_the_bots_end_those_who_wait_are_told(installation: Installation, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with office(installation, tmp_path) as here:
            here.desk.begin(wanted("181", "steps:60"))
            await until(lambda: bool(here.desk.under_way.active()[0].begun), PATIENCE_S, "the engine")
            await here.desk.close()
            assert say("en", "restarting") in here.postbox.edits[-1]

    async def after() -> None:
        async with office(installation, tmp_path) as here:
            assert await here.desk.cancel("181")
            await here.answer()

    asyncio.run(scenario())
    asyncio.run(after())


def test_an_order_can_be_cancelled_before_and_after_it_reached_the_queue(
    installation: Installation, tmp_path: Path
) -> None:
    async def scenario() -> None:
        async with office(installation, tmp_path) as here:
            here.album.gate.clear()
            here.desk.begin(wanted("191", "steps:60"))
            await until(lambda: here.album.fetched == 1, PATIENCE_S, "the photo being fetched")
            assert await here.desk.cancel("191")
            here.album.gate.set()
            [(_, post)] = await here.answer()
            assert "Cancelled" in post.text
            here.desk.begin(wanted("192", "steps:60"))
            await until(lambda: bool(here.desk.under_way.active()[0].begun), PATIENCE_S, "the engine")
            assert await here.desk.cancel("192")
            await here.answer(2)
            assert not await here.desk.cancel("192")
            assert not await here.desk.cancel("193")

    asyncio.run(scenario())


def test_who_waits_for_an_engine_that_is_not_ready_is_told_so(tmp_path: Path) -> None:
    async def scenario() -> None:
        alone = Installation(tmp_path)
        try:
            async with office(alone, tmp_path) as here:
                here.desk.begin(wanted("221"))
                await until(lambda: say("en", "no_engine") in "".join(here.postbox.edits), PATIENCE_S, "the note")
                alone.start_engine()
                await here.answer()
                assert here.postbox.posts[0][1].attached is not None
        finally:
            alone.end()

    asyncio.run(scenario())


@pytest.mark.slow
def test_where_no_engine_came_the_end_says_so(tmp_path: Path) -> None:
    async def scenario() -> None:
        alone = Installation(tmp_path, "sweep_s = 0.3\n")
        try:
            async with office(alone, tmp_path) as here:
                here.desk.begin(wanted("222", expires_at_s=time.time() + 1.5))
                [(_, post)] = await here.answer()
                assert post.text == say("en", "no_engine_came")
                assert say("en", "no_engine") in "".join(here.postbox.edits)
        finally:
            alone.end()

    asyncio.run(scenario())


def test_before_its_token_dies_the_message_says_that_the_answer_comes_elsewhere(
    installation: Installation, tmp_path: Path
) -> None:
    async def scenario() -> None:
        async with office(installation, tmp_path) as here:
            dying = {"born_s": time.time() - TOKEN_LIFE_S + 15.0}
            here.desk.begin(wanted("241", "steps:60", place=dying))
            await until(lambda: say("en", "longer") in here.postbox.edits, PATIENCE_S, "the farewell")
            told = len(here.postbox.edits)
            await here.desk.cancel("241")
            await here.answer()
            assert len(here.postbox.edits) == told

    asyncio.run(scenario())


def test_a_memory_that_cannot_be_written_still_ends_in_an_answer(installation: Installation, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with office(installation, tmp_path) as here:
            await here.storage._run(lambda database: database.execute("PRAGMA query_only = ON").fetchall())
            here.desk.begin(wanted("231"))
            [(_, post)] = await here.answer()
            assert post.text == say("en", "unexpected")
            assert here.desk.under_way.count(4000) == 0

    asyncio.run(scenario())


def test_places_are_held_before_the_order_exists(installation: Installation, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with office(installation, tmp_path, open_now=False) as here:
            here.desk.under_way.reserve("1", 4000)
            here.desk.under_way.reserve("2", 4000)
            here.desk.under_way.reserve("3", 4001)
            assert here.desk.under_way.count(4000) == 2
            here.desk.under_way.release("2")
            assert here.desk.under_way.count(4000) == 1

    asyncio.run(scenario())


def test_before_the_queue_is_open_the_answer_is_a_sentence(installation: Installation, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with office(installation, tmp_path, open_now=False) as here:
            here.desk.begin(wanted("201"))
            [(_, post)] = await here.answer()
            assert "Try again" in post.text

    asyncio.run(scenario())


def test_a_job_of_another_version_in_the_memory_does_not_keep_the_bot_from_starting(
    installation: Installation, tmp_path: Path
) -> None:
    async def scenario() -> None:
        storage = await open_storage(tmp_path / "bot.sqlite3")
        await storage.add_job("211", '{"of": "tomorrow"}')
        await storage.add_job("212", to_json(wanted("212", options=BaldOptions(stage=3))))
        await storage.close()
        async with office(installation, tmp_path) as here:
            [(answered, _)] = await here.answer()
            assert answered.order_id == "212"
            assert (await here.storage.counts())["lost"] == 1

    asyncio.run(scenario())
