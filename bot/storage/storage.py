"""What the bot remembers: jobs under way, what the buttons below answers need, open questions, everybody's rules."""

from __future__ import annotations

import contextlib
import secrets
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path

from bot.errors import StartFailed
from bot.storage.database import Database, empty_log

PICTURED = "json_extract(order_json, '$.pictured_id') = ?"
ASKER = "json_extract(order_json, '$.user_id') = ?"


@dataclass(frozen=True)
class StoredJob:
    """A job that has not been answered. submitted: whether the queue has it."""

    job_id: str
    submitted: bool
    order_json: str


class Storage(Database):
    """The memory's tables. Every method is to be awaited; `open` first."""

    async def instance(self) -> str:
        """A name for this memory, made once: results of its jobs arrive under it."""

        def read(database: sqlite3.Connection) -> str:
            with database:
                database.execute("INSERT OR IGNORE INTO meta VALUES ('instance', ?)", (secrets.token_hex(4),))
            found: str = database.execute("SELECT value FROM meta WHERE name = 'instance'").fetchone()[0]
            return found

        return await self._run(read)

    # ---- jobs under way
    async def add_job(self, job_id: str, order_json: str) -> bool:
        """Note a job before anything is done for it. False where it is known already."""

        def write(database: sqlite3.Connection) -> bool:
            with database:
                if database.execute("SELECT 1 FROM delivered WHERE job_id = ?", (job_id,)).fetchone():
                    return False
                insert = "INSERT OR IGNORE INTO jobs VALUES (?, 0, ?)"
                return database.execute(insert, (job_id, order_json)).rowcount == 1

        return await self._run(write)

    async def note_submitted(self, job_id: str) -> None:
        """The queue has the job."""
        await self._write("UPDATE jobs SET submitted = 1 WHERE job_id = ?", job_id)

    async def jobs(self) -> list[StoredJob]:
        """Every job that has not been answered."""
        rows = await self._rows("SELECT job_id, submitted, order_json FROM jobs ORDER BY job_id")
        return [StoredJob(job_id, bool(submitted), order_json) for job_id, submitted, order_json in rows]

    async def finish_job(
        self, job_id: str, outcome: str, post_id: str = "", post_json: str = "", day: tuple[int, int] | None = None
    ) -> None:
        """The job has been answered: forget it, remember that, and keep what the answer's buttons need.

        outcome: under what to count it. day: server and day (since 1970) for which to count a picture.
        """
        now_s = time.time()
        bump = (
            "INSERT INTO days VALUES (?, ?, 1) ON CONFLICT (guild_id) DO UPDATE SET "
            "count = CASE WHEN day = excluded.day THEN count + 1 ELSE 1 END, day = excluded.day"
        )

        def write(database: sqlite3.Connection) -> None:
            with database:
                database.execute("DELETE FROM jobs WHERE job_id = ?", (job_id,))
                database.execute("INSERT OR IGNORE INTO delivered VALUES (?, ?)", (job_id, now_s))
                if post_id:
                    database.execute("INSERT OR REPLACE INTO posts VALUES (?, ?, ?)", (post_id, post_json, now_s))
                count = "INSERT INTO counts VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = value + 1"
                database.execute(count, (outcome,))
                if day is not None:
                    database.execute(bump, day)
            empty_log(database)

        await self._run(write)

    async def delivered(self) -> set[str]:
        """Jobs that have been answered lately."""
        return {str(row[0]) for row in await self._rows("SELECT job_id FROM delivered")}

    # ---- what the buttons below an answer need
    async def post(self, post_id: str) -> str | None:
        """The order behind an answer, None where it is forgotten."""
        rows = await self._rows("SELECT order_json FROM posts WHERE post_id = ?", post_id)
        return str(rows[0][0]) if rows else None

    async def last_post(self, user_id: int, channel_id: int) -> str | None:
        """The last order of that user's in that channel whose answer is remembered."""
        query = (
            f"SELECT order_json FROM posts WHERE {ASKER} AND json_extract(order_json, '$.place.channel_id') = ? "
            "ORDER BY at_s DESC LIMIT 1"
        )
        rows = await self._rows(query, user_id, channel_id)
        return str(rows[0][0]) if rows else None

    async def askers_of(self, user_id: int) -> set[int]:
        """Whose remembered orders have that user's picture."""
        query = f"SELECT DISTINCT json_extract(order_json, '$.user_id') FROM posts WHERE {PICTURED}"
        return {int(row[0]) for row in await self._rows(query, user_id)}

    async def forget_post(self, post_id: str) -> None:
        """Forget where an answer's photo lies."""
        await self._write("DELETE FROM posts WHERE post_id = ?", post_id)

    async def forget_old(self, posts_s: float, delivered_s: float) -> None:
        """Forget answers older than `posts_s` and delivered jobs older than `delivered_s`."""
        now_s = time.time()
        await self._write("DELETE FROM posts WHERE at_s < ?", now_s - posts_s)
        await self._write("DELETE FROM delivered WHERE at_s < ?", now_s - delivered_s)
        await self._run(empty_log)

    # ---- orders that wait for the yes of whoever is pictured
    async def add_question(self, order_id: str, order_json: str) -> None:
        """Keep an order until it has been allowed."""
        insert = "INSERT OR REPLACE INTO questions VALUES (?, ?, ?)"
        await self._write(insert, order_id, order_json, time.time())

    async def take_question(self, order_id: str) -> str | None:
        """The order that waits, which then waits no more; None where it does not."""

        def take(database: sqlite3.Connection) -> str | None:
            with database:
                found = database.execute("SELECT order_json FROM questions WHERE order_id = ?", (order_id,)).fetchone()
                database.execute("DELETE FROM questions WHERE order_id = ?", (order_id,))
            return None if found is None else str(found[0])

        return await self._run(take)

    async def questions(self, older_s: float = 0.0) -> list[str]:
        """The orders that have waited for longer than `older_s`."""
        rows = await self._rows("SELECT order_json FROM questions WHERE at_s <= ?", time.time() - older_s)
        return [str(row[0]) for row in rows]

    # ---- policy
    async def guilds(self) -> dict[int, str]:
        """Every server's settings."""
        return {int(row[0]): str(row[1]) for row in await self._rows("SELECT guild_id, settings_json FROM guilds")}

    async def put_guild(self, guild_id: int, settings_json: str) -> None:
        """Keep a server's settings."""
        await self._write("INSERT OR REPLACE INTO guilds VALUES (?, ?)", guild_id, settings_json)

    async def blocks(self) -> set[tuple[int, int]]:
        """Server and user of every block; server 0 is everywhere."""
        return {(int(row[0]), int(row[1])) for row in await self._rows("SELECT guild_id, user_id FROM blocks")}

    async def put_block(self, guild_id: int, user_id: int, blocked: bool) -> None:
        """Block or unblock a user."""
        add, drop = (
            "INSERT OR IGNORE INTO blocks VALUES (?, ?)",
            "DELETE FROM blocks WHERE guild_id = ? AND user_id = ?",
        )
        await self._write(add if blocked else drop, guild_id, user_id)

    async def drop_guild(self, guild_id: int) -> None:
        """Forget all about a server: its settings, its blocks, its count, and what its answers' buttons need."""

        def write(database: sqlite3.Connection) -> None:
            with database:
                for table in ("guilds", "blocks", "days"):
                    database.execute(f"DELETE FROM {table} WHERE guild_id = ?", (guild_id,))
                for table in ("posts", "questions"):
                    where = "json_extract(order_json, '$.place.guild_id') = ?"
                    database.execute(f"DELETE FROM {table} WHERE {where}", (guild_id,))

        await self._run(write)

    async def days(self) -> dict[int, tuple[int, int]]:
        """By server, the last day (since 1970) with a picture, and how many there were."""
        rows = await self._rows("SELECT guild_id, day, count FROM days")
        return {int(guild): (int(day), int(count)) for guild, day, count in rows}

    async def opt_outs(self) -> set[int]:
        """Users who do not want their picture used."""
        return {int(row[0]) for row in await self._rows("SELECT user_id FROM opt_outs")}

    async def ask_first(self) -> set[int]:
        """Users who want to be asked before their picture is used."""
        return {int(row[0]) for row in await self._rows("SELECT user_id FROM ask_first")}

    async def put_consent(self, user_id: int, out: bool, ask: bool) -> None:
        """Note a user's wish; opting out also forgets where pictures of them lie, and what waits for their yes."""

        def write(database: sqlite3.Connection) -> None:
            with database:
                for table, wanted in (("opt_outs", out), ("ask_first", ask)):
                    database.execute(f"DELETE FROM {table} WHERE user_id = ?", (user_id,))
                    if wanted:
                        database.execute(f"INSERT INTO {table} VALUES (?)", (user_id,))
                for table in ("posts", "questions") if out else ():
                    database.execute(f"DELETE FROM {table} WHERE {PICTURED}", (user_id,))

        await self._run(write)

    async def forget_user(self, user_id: int) -> int:
        """Forget a user's wish, their orders and those of their pictures; how many entries that were. Blocks stay,
        which belong to the servers."""

        def write(database: sqlite3.Connection) -> int:
            gone = 0
            with database:
                for table in ("opt_outs", "ask_first"):
                    gone += database.execute(f"DELETE FROM {table} WHERE user_id = ?", (user_id,)).rowcount
                for table in ("posts", "questions"):
                    where = f"{PICTURED} OR {ASKER}"
                    gone += database.execute(f"DELETE FROM {table} WHERE {where}", (user_id, user_id)).rowcount
            return gone

        return await self._run(write)

    async def counts(self) -> dict[str, int]:
        """How many jobs ended how."""
        return {str(row[0]): int(row[1]) for row in await self._rows("SELECT name, value FROM counts")}


async def open_storage(path: Path) -> Storage:
    """The memory at `path`, ready. Raises StartFailed with a sentence where that cannot be."""
    storage = Storage(path)
    try:
        await storage.open()
    except (sqlite3.Error, OSError, StartFailed) as error:
        with contextlib.suppress(sqlite3.Error):
            await storage.close()
        if isinstance(error, StartFailed):
            raise
        if "full" in str(error):
            raise StartFailed(f"The disk of the bot's memory {path} is full: make room there.") from error
        if "locked" in str(error):
            raise StartFailed(f"Another program holds {path}: end it, and start the bot again.") from error
        raise StartFailed(
            f"The bot's memory {path} cannot be used ({error}): check the folder, or move the file."
        ) from error
    return storage
