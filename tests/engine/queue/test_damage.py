"""What becomes of waiting jobs when the files of the private broker's store are damaged: none is lost in silence."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.protocol import Result
from tests.support.faults.harness import PATIENCE_S, Installation, receiving, until

JOBS = 8
PHOTO = "x" * 20_000


def _streams(store: Path) -> Path:
    return store / "jetstream" / "$G" / "streams"


def _block(store: Path) -> Path:
    return next((_streams(store) / "recede-jobs" / "msgs").glob("*.blk"))


def _flip(share: float) -> Callable[[Path], None]:
    def flip(store: Path) -> None:
        block = _block(store)
        content = bytearray(block.read_bytes())
        content[int(share * len(content))] ^= 0xFF
        block.write_bytes(content)

    return flip


def _each_index(content: bytes | None) -> Callable[[Path], None]:
    def damage(store: Path) -> None:
        for index in _streams(store).rglob("index.db"):
            index.unlink() if content is None else index.write_bytes(content)

    return damage


def _as_file(folder: Callable[[Path], Path]) -> Callable[[Path], None]:
    def damage(store: Path) -> None:
        shutil.rmtree(folder(store))
        folder(store).write_text("x")

    return damage


def _jobs(store: Path) -> Path:
    return _streams(store) / "recede-jobs"


KINDS: dict[str, Callable[[Path], object]] = {
    "a byte at the start": _flip(0.01),
    "a byte in the middle": _flip(0.5),
    "a byte at the end": _flip(0.95),
    "half of a block cut off": lambda store: os.truncate(_block(store), _block(store).stat().st_size // 2),
    "an empty block": lambda store: os.truncate(_block(store), 0),
    "no block": lambda store: _block(store).unlink(),
    "a block of zeros": lambda store: _block(store).write_bytes(bytes(_block(store).stat().st_size)),
    "a block of noise": lambda store: _block(store).write_bytes(os.urandom(_block(store).stat().st_size)),
    "noise behind a block": lambda store: _block(store).open("ab").write(os.urandom(5000)),
    "no description": lambda store: (_jobs(store) / "meta.inf").unlink(),
    "a description of noise": lambda store: (_jobs(store) / "meta.inf").write_bytes(os.urandom(300)),
    "an empty description": lambda store: (_jobs(store) / "meta.inf").write_bytes(b""),
    "no checksum": lambda store: (_jobs(store) / "meta.sum").unlink(),
    "no index": _each_index(None),
    "an index of noise": _each_index(os.urandom(200)),
    "no stream": lambda store: shutil.rmtree(_jobs(store)),
    "no messages": lambda store: shutil.rmtree(_jobs(store) / "msgs"),
    "a file for a stream": _as_file(_jobs),
    "a file for its messages": _as_file(lambda store: _jobs(store) / "msgs"),
    "a file for all streams": _as_file(_streams),
    "a file for JetStream": _as_file(lambda store: store / "jetstream"),
    "no store": shutil.rmtree,
    "a file for the store": _as_file(lambda store: store),
}


@pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=() if kind == "a file for the store" else pytest.mark.slow) for kind in KINDS]
)
def test_every_job_is_still_there_or_told_as_lost_and_the_broker_serves(tmp_path: Path, kind: str) -> None:
    installation = Installation(tmp_path, "max_jobs_per_user = 50\nsweep_s = 0.1\n")

    async def scenario() -> None:
        async with receiving(installation) as receiver:
            jobs = {await receiver.submit(pad=PHOTO) for _ in range(JOBS)}
            pid = installation.broker_pid()
            assert pid is not None
            os.kill(pid, signal.SIGSTOP)  # so that nobody starts another one before the damage is done
            KINDS[kind](installation.state / "broker" / "store")
            os.kill(pid, signal.SIGKILL)
            after = await receiver.submit()
            left = {ticket.job_id for ticket in await receiver.queue.tickets()}
            assert after in left
            await until(lambda: set(receiver.results) == jobs - left, PATIENCE_S, "the lost ones")
            assert all(_is_lost(results[0]) for results in receiver.results.values())

    installation.run(scenario())
    folder = installation.state / "broker"
    assert folder.stat().st_mode & 0o077 == 0
    cannot_start = kind in ("a file for the store", "a file for JetStream")
    assert os.path.lexists(folder / "store-aside") == cannot_start


def _is_lost(result: Result) -> bool:
    return result.failure is not None and result.failure.code == "lost"
