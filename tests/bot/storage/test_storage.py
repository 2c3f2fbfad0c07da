"""What the bot remembers across restarts, and what it forgets."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from bot.storage.storage import open_storage


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
