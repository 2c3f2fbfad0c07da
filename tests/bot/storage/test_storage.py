"""The bot's memory: kept across restarts, held by one bot, never read on the event loop."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import threading
from pathlib import Path

import pytest

from bot.errors import StartFailed
from bot.storage.storage import MIGRATIONS, open_storage


def test_what_was_noted_is_there_after_a_restart(tmp_path: Path) -> None:
    async def first() -> str:
        storage = await open_storage(tmp_path / "bot.sqlite3")
        assert await storage.add_job("1", "one")
        assert await storage.add_job("2", "two")
        await storage.note_submitted("2")
        await storage.put_guild(5, "{}")
        await storage.put_block(5, 6, True)
        await storage.put_block(5, 7, True)
        await storage.put_block(5, 7, False)
        await storage.put_consent(8, True, False)
        name = await storage.instance()
        await storage.close()
        return name

    async def second(name: str) -> None:
        storage = await open_storage(tmp_path / "bot.sqlite3")
        assert [(job.job_id, job.submitted, job.order_json) for job in await storage.jobs()] == [
            ("1", False, "one"),
            ("2", True, "two"),
        ]
        assert await storage.guilds() == {5: "{}"}
        assert await storage.blocks() == {(5, 6)}
        assert await storage.opt_outs() == {8}
        assert await storage.instance() == name
        await storage.close()

    asyncio.run(second(asyncio.run(first())))


def test_a_job_is_noted_once_and_never_again_after_its_answer(tmp_path: Path) -> None:
    async def scenario() -> None:
        storage = await open_storage(tmp_path / "bot.sqlite3")
        assert await storage.add_job("1", "x")
        assert not await storage.add_job("1", "x")
        await storage.finish_job("1", "ok", "1", "kept")
        assert not await storage.add_job("1", "x")
        assert await storage.jobs() == []
        assert await storage.delivered() == {"1"}
        assert await storage.post("1") == "kept"
        assert await storage.counts() == {"ok": 1}
        await storage.close()

    asyncio.run(scenario())


def test_an_answered_jobs_token_is_in_no_file(tmp_path: Path) -> None:
    async def scenario() -> None:
        storage = await open_storage(tmp_path / "bot.sqlite3")
        await storage.add_job("1", "SECRET-TOKEN" * 50)
        await storage.finish_job("1", "ok")
        await storage.close()

    asyncio.run(scenario())
    assert not any(b"SECRET-TOKEN" in path.read_bytes() for path in tmp_path.iterdir())


def test_what_is_old_is_forgotten(tmp_path: Path) -> None:
    async def scenario() -> None:
        storage = await open_storage(tmp_path / "bot.sqlite3")
        await storage.finish_job("1", "ok", "1", "kept")
        await storage.forget_old(60.0, 60.0)
        assert (await storage.post("1"), await storage.delivered()) == ("kept", {"1"})
        await storage.forget_old(-1.0, 60.0)
        assert (await storage.post("1"), await storage.delivered()) == (None, {"1"})
        await storage.forget_old(-1.0, -1.0)
        assert await storage.delivered() == set()
        await storage.close()

    asyncio.run(scenario())


def test_opting_out_forgets_where_pictures_of_that_person_lie(tmp_path: Path) -> None:
    async def scenario() -> None:
        storage = await open_storage(tmp_path / "bot.sqlite3")
        await storage.finish_job("1", "ok", "1", '{"pictured_id": 8}')
        await storage.finish_job("2", "ok", "2", '{"pictured_id": 9}')
        await storage.put_consent(8, True, False)
        assert (await storage.post("1"), await storage.post("2")) == (None, '{"pictured_id": 9}')
        await storage.put_consent(8, False, False)
        assert await storage.opt_outs() == set()
        await storage.close()

    asyncio.run(scenario())


def test_a_second_bot_on_the_same_memory_is_refused_in_one_sentence(tmp_path: Path) -> None:
    async def scenario() -> None:
        storage = await open_storage(tmp_path / "bot.sqlite3")
        with pytest.raises(StartFailed, match="Another bot uses"):
            await open_storage(tmp_path / "bot.sqlite3")
        await storage.close()
        await (await open_storage(tmp_path / "bot.sqlite3")).close()

    asyncio.run(scenario())


def test_a_memory_of_a_newer_version_and_a_damaged_one_are_refused(tmp_path: Path) -> None:
    newer = sqlite3.connect(tmp_path / "newer.sqlite3")
    newer.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    newer.close()
    (tmp_path / "damaged.sqlite3").write_bytes(b"no database at all" * 100)
    with pytest.raises(StartFailed, match="newer version"):
        asyncio.run(open_storage(tmp_path / "newer.sqlite3"))
    with pytest.raises(StartFailed, match="cannot be used"):
        asyncio.run(open_storage(tmp_path / "damaged.sqlite3"))
    with pytest.raises(StartFailed, match="cannot be used"):
        asyncio.run(open_storage(tmp_path / "missing" / "bot.sqlite3"))


def test_every_migration_leads_to_the_schema_of_today(tmp_path: Path) -> None:
    """A file left at any earlier version is brought up to date, step by step."""
    for version in range(len(MIGRATIONS)):
        path = tmp_path / f"{version}.sqlite3"
        old = sqlite3.connect(path)
        for step in MIGRATIONS[:version]:
            old.executescript(step)
        old.execute(f"PRAGMA user_version = {version}")
        old.close()

        async def look(path: Path = path) -> None:
            storage = await open_storage(path)
            assert await storage.add_job("1", "x")
            await storage.close()

        asyncio.run(look())
        assert sqlite3.connect(path).execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)


def test_the_event_loop_goes_on_while_the_disk_is_waited_for(tmp_path: Path) -> None:
    async def scenario() -> None:
        storage = await open_storage(tmp_path / "bot.sqlite3")
        held, let_go = threading.Event(), threading.Event()

        def hold(database: sqlite3.Connection) -> None:
            held.set()
            assert let_go.wait(10)

        holding = asyncio.ensure_future(storage._run(hold))
        while not held.is_set():
            await asyncio.sleep(0.001)
        writing = asyncio.ensure_future(storage.add_job("1", "x"))
        for _ in range(10):
            await asyncio.sleep(0)
        assert not writing.done()
        let_go.set()
        assert await writing
        await holding
        await storage.close()

    asyncio.run(scenario())


def test_only_the_user_can_read_the_file(tmp_path: Path) -> None:
    async def scenario() -> None:
        await (await open_storage(tmp_path / "bot.sqlite3")).close()

    asyncio.run(scenario())
    assert (tmp_path / "bot.sqlite3").stat().st_mode & 0o077 == 0


def test_a_memory_of_the_first_version_is_brought_up_to_date(tmp_path: Path) -> None:
    async def scenario() -> None:
        with sqlite3.connect(tmp_path / "bot.sqlite3") as database:
            database.executescript(f"{MIGRATIONS[0]} PRAGMA user_version = 1; INSERT INTO opt_outs VALUES (8);")
        storage = await open_storage(tmp_path / "bot.sqlite3")
        await storage.put_consent(9, False, True)
        assert (await storage.opt_outs(), await storage.ask_first()) == ({8}, {9})
        await storage.close()

    asyncio.run(scenario())


def test_a_question_is_taken_once_and_seen_when_it_is_old(tmp_path: Path) -> None:
    async def scenario() -> None:
        storage = await open_storage(tmp_path / "bot.sqlite3")
        await storage.add_question("1", '{"user_id": 7}')
        assert await storage.questions(60.0) == []
        assert await storage.questions() == ['{"user_id": 7}']
        assert [await storage.take_question("1") for _ in range(2)] == ['{"user_id": 7}', None]
        await storage.close()

    asyncio.run(scenario())


def test_who_is_forgotten_and_what_is_left_leave_nothing_and_nobody_else_loses_anything(tmp_path: Path) -> None:
    def asked(user_id: int, pictured_id: int, guild_id: int) -> str:
        place = {"guild_id": guild_id, "channel_id": 3}
        return json.dumps({"user_id": user_id, "pictured_id": pictured_id, "place": place})

    async def scenario() -> None:
        storage = await open_storage(tmp_path / "bot.sqlite3")
        for number, order in enumerate((asked(7, 0, 1), asked(8, 7, 1), asked(8, 0, 1), asked(8, 0, 2))):
            await storage.finish_job(str(number), "ok", str(number), order, (1, 20_000))
        await storage.add_question("9", asked(8, 7, 1))
        await storage.put_consent(7, False, True)
        await storage.put_block(1, 7, True)
        assert await storage.last_post(8, 3) == asked(8, 0, 2)
        assert await storage.days() == {1: (20_000, 4)}
        assert await storage.forget_user(7) == 4
        assert [await storage.post(str(number)) is not None for number in range(4)] == [False, False, True, True]
        assert (await storage.questions(), await storage.ask_first()) == ([], set())
        assert await storage.blocks() == {(1, 7)}
        await storage.drop_guild(1)
        assert [await storage.post(str(number)) is not None for number in range(4)] == [False, False, False, True]
        assert (await storage.blocks(), await storage.days()) == (set(), {})
        await storage.close()

    asyncio.run(scenario())
