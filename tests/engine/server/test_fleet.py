"""Several engines on one machine, with real processes and a real broker; the heavy step is a stand-in."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import torch

from engine.config import Config
from engine.errors import DeviceUnavailable
from engine.server.fleet import all_gpus
from engine.server.options import add_options, apply_options, engine_command, run
from tests.support.faults.harness import PATIENCE_S, Installation, receiving, runs, until
from tests.support.faults.shared_broker import SharedBroker


@pytest.fixture
def installation(tmp_path: Path, shared_broker: SharedBroker) -> Iterator[Installation]:
    made = Installation(tmp_path, "max_jobs_per_user = 60\n" + shared_broker.lines())
    yield made
    made.end()
    for pid in engines(made):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def engines(installation: Installation) -> list[int]:
    """Process ids of all engines that have ever said that they are ready, in order."""
    return [int(line["engine"].rpartition("-")[2]) for line in installation.log_lines() if line.get("event") == "ready"]


def devices(installation: Installation, event: str) -> list[str]:
    return [line["device"] for line in installation.log_lines() if line.get("event") == event]


async def ready(installation: Installation, count: int) -> None:
    await until(lambda: len(engines(installation)) >= count, PATIENCE_S, f"{count} engines that are ready")


@pytest.mark.slow
def test_each_device_has_an_engine_and_both_take_jobs(installation: Installation) -> None:
    async def scenario() -> None:
        fleet = installation.start("tests.support.faults.fleet_process", str(installation.config_path), "one", "two")
        await ready(installation, 2)
        assert sorted(devices(installation, "ready")) == ["one", "two"]
        log = installation.state / "pids"
        async with receiving(installation) as receiver:
            jobs = [await receiver.submit("sleep", seconds=0.5, log=str(log)) for _ in range(6)]
            for job in jobs:
                (await receiver.result(job)).unwrap()
        workers = {line.split()[2] for line in log.read_text().splitlines()}
        assert len(workers) == 2
        pids = engines(installation)
        fleet.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(fleet.wait, PATIENCE_S) == 0
        assert not any(runs(pid) for pid in pids)

    asyncio.run(scenario())


@pytest.mark.slow
def test_an_engine_that_dies_is_started_again_and_the_other_is_left_alone(installation: Installation) -> None:
    async def scenario() -> None:
        fleet = installation.start("tests.support.faults.fleet_process", str(installation.config_path), "one", "two")
        await ready(installation, 2)
        victim, other = engines(installation)
        os.kill(victim, signal.SIGKILL)
        await ready(installation, 3)
        assert len(devices(installation, "engine_died")) == 1
        assert devices(installation, "ready")[2] == devices(installation, "engine_died")[0]
        assert runs(other)
        async with receiving(installation) as receiver:
            (await receiver.result(await receiver.submit("echo"))).unwrap()
        fleet.send_signal(signal.SIGINT)
        assert await asyncio.to_thread(fleet.wait, PATIENCE_S) == 0

    asyncio.run(scenario())


@pytest.mark.slow
def test_engines_drain_when_the_one_that_watches_them_dies(installation: Installation) -> None:
    async def scenario() -> None:
        fleet = installation.start("tests.support.faults.fleet_process", str(installation.config_path), "one", "two")
        await ready(installation, 2)
        pids = engines(installation)
        fleet.kill()
        fleet.wait()
        await until(lambda: not any(runs(pid) for pid in pids), PATIENCE_S, "the engines' end")

    asyncio.run(scenario())


@pytest.mark.slow
def test_an_engine_that_cannot_start_is_not_tried_again_and_the_others_serve_on(installation: Installation) -> None:
    """The second engine finds the device's lock taken."""

    async def scenario() -> None:
        fleet = installation.start("tests.support.faults.fleet_process", str(installation.config_path), "one", "one")
        await ready(installation, 1)
        await until(lambda: bool(devices(installation, "engine_ended")), PATIENCE_S, "the second engine's end")
        async with receiving(installation) as receiver:
            (await receiver.result(await receiver.submit("echo"))).unwrap()
        assert len(devices(installation, "engine_started")) == 2
        fleet.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(fleet.wait, PATIENCE_S) == 2

    asyncio.run(scenario())


def parsed(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_options(parser)
    return parser.parse_args(words)


def test_options_are_passed_on_and_each_engine_has_a_port_of_its_own(tmp_path: Path) -> None:
    args = parsed("--all-gpus", "--preset", "fine", "--generator", "g.pt", "--metrics-port", "9100", "--json")
    words = engine_command(args, apply_options(Config(), args), 1, "cuda:1")
    engine = parsed(*words[3:])
    assert (engine.device, engine.preset, engine.generator, engine.metrics_port) == ("cuda:1", "fine", "g.pt", 9101)
    assert engine.json
    assert not engine.all_gpus
    assert not engine.allow_second
    assert engine.workers is None


@pytest.mark.slow
def test_without_a_gpu_or_with_a_device_all_gpus_is_an_error(caplog: pytest.LogCaptureFixture) -> None:
    assert run(parsed("--all-gpus", "--device", "cpu")) == 2
    if torch.cuda.is_available():
        assert all_gpus()[0] == "cuda:0"
    else:
        with pytest.raises(DeviceUnavailable, match="--all-gpus"):
            all_gpus()
