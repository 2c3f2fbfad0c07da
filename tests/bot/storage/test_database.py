"""The file of the bot's memory: brought up to date, held by one bot, never read on the event loop."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from pathlib import Path

import pytest

from bot.errors import StartFailed
from bot.storage.database import MIGRATIONS
from bot.storage.storage import open_storage


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
