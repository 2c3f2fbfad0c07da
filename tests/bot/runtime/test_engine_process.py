"""The engine beside the bot: started, started again, left to others, and ended in order."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

from bot.runtime.engine_process import LINE_LIMIT_BYTES, SHOWN_BYTES, EngineProcess
from tests.support.faults.harness import PATIENCE_S, ROOT, Installation, Receiver, receiving, until, until_ready

STANDIN = "tests.support.faults.remote_engine"


@pytest.fixture
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Installation]:
    """A state folder of its own."""
    made = Installation(tmp_path, "lease_s = 2.0")
    monkeypatch.setenv("RECEDE_STATE", str(made.state))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    yield made
    made.end()


@pytest.mark.slow
@asynccontextmanager
async def supervised(
    installation: Installation, receiver: Receiver, deaths: list[float], module: str = STANDIN
) -> AsyncIterator[EngineProcess]:
    engine = EngineProcess(module, installation.config_path, receiver.queue, lambda: deaths.append(time.monotonic()))
    task = asyncio.create_task(engine.supervise())
    try:
        yield engine
    finally:
        await engine.stop(10.0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def test_an_engine_that_is_killed_is_started_again_and_its_job_done(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECEDE_TOKEN", "not for those who decode strangers' photos")

    async def scenario() -> None:
        deaths: list[float] = []
        async with receiving(installation) as receiver, supervised(installation, receiver, deaths) as engine:
            await until_ready(receiver.queue)
            first = engine.pid
            gate = installation.state / "gate"
            job_id = await receiver.submit("gate", gate=str(gate))
            await receiver.begun(job_id)
            assert first is not None
            assert "RECEDE_TOKEN" not in psutil.Process(first).environ()
            os.kill(first, signal.SIGKILL)
            gate.touch()
            result = await receiver.result(job_id)
            assert result.rendered is not None
            assert result.tries == 2
            assert engine.pid not in (None, first)
            assert len(deaths) == 1

    asyncio.run(scenario())


@pytest.mark.slow
def test_stopping_lets_the_engine_finish_what_it_has_begun(installation: Installation) -> None:
    async def scenario() -> None:
        deaths: list[float] = []
        async with receiving(installation) as receiver:
            async with supervised(installation, receiver, deaths) as engine:
                await until_ready(receiver.queue)
                gate = installation.state / "gate"
                running = await receiver.submit("gate", gate=str(gate))
                await receiver.begun(running)
                waiting = await receiver.submit("echo", user="somebody-else")
                stopping = asyncio.create_task(engine.stop(60.0))
                while "draining" not in {status.state for status in await receiver.queue.engines()}:
                    assert not stopping.done()
                gate.touch()
                await stopping
                assert engine.pid is None
            assert (await receiver.result(running)).rendered is not None
            assert [ticket.job_id for ticket in await receiver.queue.tickets()] == [waiting]
            assert deaths == []

    asyncio.run(scenario())


@pytest.mark.slow
def test_an_engine_of_somebody_else_is_left_to_work(installation: Installation) -> None:
    async def scenario() -> None:
        deaths: list[float] = []
        async with receiving(installation) as receiver:
            installation.start_engine()
            await until_ready(receiver.queue)
            async with supervised(installation, receiver, deaths) as engine:
                assert (await receiver.result(await receiver.submit())).rendered is not None
                assert engine.pid is None

    asyncio.run(scenario())


@pytest.mark.slow
def test_an_engine_that_cannot_start_is_tried_again_with_a_pause(
    installation: Installation, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        deaths: list[float] = []
        installation.config_path.write_text("[engine]\nwrong_key = 1\n")
        async with (
            receiving_plain(installation) as receiver,
            supervised(installation, receiver, deaths),
        ):
            await until(lambda: len(deaths) >= 2, PATIENCE_S, "two deaths")
            assert "wrong_key" in caplog.text

    asyncio.run(scenario())


def test_a_machine_that_cannot_start_a_process_now_is_asked_again(
    installation: Installation, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        deaths: list[float] = []
        async with receiving(installation) as receiver:
            with monkeypatch.context() as patched:
                patched.setattr(sys, "executable", str(installation.state / "no-such-program"))
                async with supervised(installation, receiver, deaths) as engine:
                    await until(lambda: len(deaths) == 1, PATIENCE_S, "the failed start")
                    assert "could not be started" in caplog.text
                    assert engine.pid is None
                    patched.undo()
                    await until(lambda: engine.pid is not None, PATIENCE_S, "a start that works")

    asyncio.run(scenario())


@pytest.mark.slow
@asynccontextmanager
async def receiving_plain(installation: Installation) -> AsyncIterator[Receiver]:
    """A receiver that reads the defaults instead of the installation's file."""
    from engine.queue import QueueConfig, open_queue

    queue = await open_queue(QueueConfig(), "bot", installation.state)
    try:
        yield Receiver(queue)
    finally:
        await queue.close()


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's signal at a parent's death is Linux's")
def test_when_the_bot_is_killed_its_engine_ends_too(installation: Installation) -> None:
    program = (
        "import subprocess, sys, os, time\n"
        f"child = subprocess.Popen([sys.executable, '-m', 'bot.runtime.engine_child', str(os.getpid()), {STANDIN!r},"
        f" '--json', '--config', {str(installation.config_path)!r}], stderr=subprocess.DEVNULL)\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    engine = psutil.Process(int(parent.stdout.readline()))

    async def scenario() -> None:
        async with receiving(installation) as receiver:
            await until_ready(receiver.queue)
            assert engine.nice() >= min(19, os.nice(0) + 5)
            parent.kill()
            parent.wait()
            await asyncio.to_thread(psutil.wait_procs, [engine], PATIENCE_S)
            assert not engine.is_running() or engine.status() == psutil.STATUS_ZOMBIE

    asyncio.run(scenario())


def test_of_a_line_beyond_every_limit_the_beginning_is_told_and_the_engine_goes_on(
    installation: Installation, caplog: pytest.LogCaptureFixture
) -> None:
    """Real bytes through a real pipe: three megabytes in one line, then another line."""

    async def scenario() -> None:
        program = "import sys; sys.stderr.write('x' * 3_000_000 + chr(10) + 'after' + chr(10)); sys.stderr.write('end')"
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", program, stderr=asyncio.subprocess.PIPE, limit=LINE_LIMIT_BYTES
        )
        async with receiving(installation) as receiver:
            supervised = EngineProcess("none", None, receiver.queue, lambda: None)
            assert process.stderr is not None
            await supervised._relay_all(process.stderr)
        assert await process.wait() == 0

    caplog.set_level(logging.INFO)
    asyncio.run(scenario())
    told = [record.getMessage() for record in caplog.records if record.name == "recede.engine"]
    assert told == ["x" * SHOWN_BYTES, "after", "end"]
