"""The file that the bot remembers in: one SQLite database, read and written in a thread of its own so that the event
loop never waits.

A lock beside the file keeps a second bot off the same state folder. Others may read the file while the bot runs, so
that it can be backed up at any time.
"""

from __future__ import annotations

import asyncio
import errno
import os
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from bot.errors import StartFailed
from engine.process.locks import FileLock

Answer = TypeVar("Answer")

# The one of number N takes a file of version N to version N+1, and never changes once it has been released.
MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE jobs (job_id TEXT PRIMARY KEY, submitted INTEGER NOT NULL, order_json TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE delivered (job_id TEXT PRIMARY KEY, at_s REAL NOT NULL) WITHOUT ROWID;
    CREATE TABLE posts (post_id TEXT PRIMARY KEY, order_json TEXT NOT NULL, at_s REAL NOT NULL) WITHOUT ROWID;
    CREATE TABLE guilds (guild_id INTEGER PRIMARY KEY, settings_json TEXT NOT NULL);
    CREATE TABLE blocks (guild_id INTEGER NOT NULL, user_id INTEGER NOT NULL, PRIMARY KEY (guild_id, user_id))
        WITHOUT ROWID;
    CREATE TABLE opt_outs (user_id INTEGER PRIMARY KEY);
    CREATE TABLE counts (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
    """,
    """
    CREATE TABLE ask_first (user_id INTEGER PRIMARY KEY);
    CREATE TABLE questions (order_id TEXT PRIMARY KEY, order_json TEXT NOT NULL, at_s REAL NOT NULL) WITHOUT ROWID;
    CREATE TABLE days (guild_id INTEGER PRIMARY KEY, day INTEGER NOT NULL, count INTEGER NOT NULL);
    """,
)


class Database:
    """The file. `open` first; every method is to be awaited."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._thread = ThreadPoolExecutor(1, "storage")
        self._database: sqlite3.Connection | None = None
        self._lock = FileLock(path.with_suffix(".lock"))

    async def open(self) -> None:
        """Open or make the file and bring it up to date. Raises StartFailed, sqlite3.Error, OSError."""
        if not self._path.parent.is_dir():  # the folder is what is missed, not the lock
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(self._path.parent))
        if not self._lock.try_acquire():
            raise StartFailed(f"Another bot uses {self._path}: stop it, or give this one a state folder of its own.")
        await self._run(self._open)

    async def close(self) -> None:
        """Write everything and let the file go."""
        if self._database is not None:
            await self._run(sqlite3.Connection.close)
            self._database = None
        self._thread.shutdown()
        self._lock.release()

    async def _run(self, work: Callable[[sqlite3.Connection], Answer]) -> Answer:
        def call() -> Answer:
            if self._database is None:
                self._database = self._connect()
            return work(self._database)

        return await asyncio.get_running_loop().run_in_executor(self._thread, call)

    async def _rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        return await self._run(lambda database: database.execute(query, values).fetchall())

    async def _write(self, statement: str, *values: object) -> None:
        def write(database: sqlite3.Connection) -> None:
            with database:
                database.execute(statement, values)

        await self._run(write)

    def _connect(self) -> sqlite3.Connection:
        self._path.touch(mode=0o600, exist_ok=True)
        # A backup, or an admin with the command sqlite3, may hold it for a moment.
        database = sqlite3.connect(self._path, timeout=5.0, check_same_thread=False)
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
        database.execute("PRAGMA secure_delete = ON")  # tokens and addresses of photos leave no trace in the file
        return database

    def _open(self, database: sqlite3.Connection) -> None:
        version: int = database.execute("PRAGMA user_version").fetchone()[0]
        if version > len(MIGRATIONS):
            raise StartFailed(
                f"{self._path} was written by a newer version of Recede: install that one, or move the file."
            )
        for number in range(version, len(MIGRATIONS)):
            database.executescript(f"BEGIN; {MIGRATIONS[number]} PRAGMA user_version = {number + 1}; COMMIT;")


def empty_log(database: sqlite3.Connection) -> None:
    """Cut SQLite's log off, in which every row stays for a while. With a backup reading it, the next call does."""
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
