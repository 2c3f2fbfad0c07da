"""`recede-bot --backup FILE`: a copy of the bot's memory, also while the bot runs."""

from __future__ import annotations

import os
import secrets
import sqlite3
from pathlib import Path

from bot.errors import StartFailed

WAIT_S = 20.0


def back_up(memory: Path, target: Path) -> int:
    """Copy settings, blocks, opt-outs, counts and what the buttons need to a new file; returns its bytes.

    Jobs under way are left out: by the time that anybody needs the copy, they have been answered. Raises StartFailed.
    """
    if not memory.exists():
        raise StartFailed(f"There is nothing to back up: {memory} does not exist. RECEDE_STATE names the state folder.")
    if target.exists():
        raise StartFailed(f"{target} exists already and is not overwritten: name another file.")
    draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        _copy(memory, draft)
        draft.replace(target)
        return target.stat().st_size
    except (sqlite3.Error, OSError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise StartFailed(f"The backup could not be written to {target} ({why}): check folder and disk.") from error
    finally:
        draft.unlink(missing_ok=True)


def _copy(memory: Path, draft: Path) -> None:
    source = sqlite3.connect(memory, timeout=WAIT_S)
    copy = sqlite3.connect(draft)
    try:
        source.backup(copy)
        # One file without a log beside it, and without traces of what was taken out.
        copy.execute("PRAGMA journal_mode = DELETE")
        copy.execute("PRAGMA secure_delete = ON")
        with copy:
            copy.execute("DELETE FROM jobs")
        copy.execute("VACUUM")
    finally:
        copy.close()
        source.close()
