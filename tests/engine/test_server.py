"""The engine process, with real processes and a real broker; the heavy step is a stand-in."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.errors import Busy, Cancelled, Crashed, Expired, NoFace, TimedOut
from tests.support.faults.harness import Installation, receiving, until, until_ready


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    """One of its own for each test, with room for many jobs of one user."""
    made = Installation(tmp_path, "max_jobs_per_user = 60")
    yield made
    made.end()


def test_a_job_is_answered_with_its_animation_and_leaves_nothing_behind(installation: Installation) -> None:
    async def scenario() -> None:
        installation.start_engine()
        async with receiving(installation) as receiver:
            job_id = await receiver.submit("steps", seconds=0.2, bytes=200_000)
            rendered = (await receiver.result(job_id)).unwrap()
            assert rendered.animation.startswith(f"ANSWER{job_id}".encode())
            assert len(rendered.animation) > 200_000
            stages = receiver.progress[job_id]
            fractions = [progress.fraction for progress in stages if progress.queue_position is None]
            assert fractions == sorted(fractions)
            assert any(progress.preview_jpeg for progress in stages)
            assert all(progress.seconds_left is not None for progress in stages)
            await _until_empty(receiver.queue)
            assert installation.leftovers() == []

    asyncio.run(scenario())


def test_an_error_of_the_pipeline_arrives_as_that_error(installation: Installation) -> None:
    async def scenario() -> None:
        installation.start_engine()
        async with receiving(installation) as receiver:
            result = await receiver.result(await receiver.submit("no_face"))
            assert result.tries == 1
            with pytest.raises(NoFace, match="No face was found"):
                result.unwrap()

    asyncio.run(scenario())


@pytest.mark.parametrize("poison", ["die", "raise"])
def test_a_poison_photo_is_tried_three_times_and_hurts_nobody_else(installation: Installation, poison: str) -> None:
    async def scenario() -> None:
        installation.start_engine()
        tries = installation.state / "tries"
        async with receiving(installation) as receiver:
            poisoned = await receiver.submit(poison, user="mallory", log=str(tries))
            others = [await receiver.submit("echo", user=f"user{n}") for n in range(4)]
            for job_id in others:
                assert (await receiver.result(job_id)).rendered is not None
            result = await receiver.result(poisoned)
            assert result.tries == 3
            assert len(tries.read_text().splitlines()) == 3
            with pytest.raises(Crashed):
                result.unwrap()
        assert "the photo's own words" not in installation.log_path.read_text()

    asyncio.run(scenario())


def test_a_job_that_hangs_is_ended_at_its_limit_and_the_next_one_runs(tmp_path: Path) -> None:
    installation = Installation(tmp_path, engine="job_limit_s = 1.5")

    async def scenario() -> None:
        installation.start_engine()
        async with receiving(installation) as receiver:
            hanging = await receiver.submit("hang")
            waiting = await receiver.submit("echo")
            with pytest.raises(TimedOut):
                (await receiver.result(hanging)).unwrap()
            assert (await receiver.result(waiting)).rendered is not None

    try:
        asyncio.run(scenario())
    finally:
        installation.end()


def test_cancel_ends_a_running_job_between_two_steps_and_a_waiting_one_at_once(installation: Installation) -> None:
    async def scenario() -> None:
        installation.start_engine()
        begun = installation.state / "begun"
        async with receiving(installation) as receiver:
            running = await receiver.submit("steps", seconds=60.0)
            waiting = await receiver.submit("echo", log=str(begun))
            await receiver.begun(running)
            for job_id in (waiting, running):
                assert await receiver.queue.cancel(job_id)
                assert not await receiver.queue.cancel(job_id)
                with pytest.raises(Cancelled):
                    (await receiver.result(job_id)).unwrap()
            after = await receiver.submit("echo")
            assert (await receiver.result(after, within_s=5.0)).rendered is not None
            assert not begun.exists()
            assert not await receiver.queue.cancel("never-seen")

    asyncio.run(scenario())


def test_a_job_past_its_deadline_is_reported_and_not_run(installation: Installation) -> None:
    async def scenario() -> None:
        installation.start_engine()
        begun = installation.state / "begun"
        async with receiving(installation) as receiver:
            await receiver.submit("sleep", seconds=2.0)
            late = await receiver.submit("echo", expires_in_s=1.0, log=str(begun))
            with pytest.raises(Expired):
                (await receiver.result(late)).unwrap()
            assert not begun.exists()

    asyncio.run(scenario())


def test_a_job_past_its_deadline_is_reported_even_when_no_engine_runs(installation: Installation) -> None:
    async def scenario() -> None:
        async with receiving(installation) as receiver:
            late = await receiver.submit("echo", expires_in_s=0.5)
            with pytest.raises(Expired):
                (await receiver.result(late)).unwrap()
            await _until_empty(receiver.queue)

    asyncio.run(scenario())


def test_the_same_job_id_runs_once_however_often_it_is_handed_in(installation: Installation) -> None:
    async def scenario() -> None:
        installation.start_engine()
        runs = installation.state / "runs"
        async with receiving(installation) as receiver:
            for _ in range(3):
                await receiver.submit("sleep", job_id="one", seconds=0.3, log=str(runs))
            await receiver.result("one")
            await receiver.submit("sleep", job_id="one", log=str(runs))
            await receiver.result(await receiver.submit("echo"))
            assert len(runs.read_text().splitlines()) == 1
            assert len(receiver.results["one"]) == 1

    asyncio.run(scenario())


def test_a_full_share_is_refused_with_the_time_to_wait(tmp_path: Path) -> None:
    installation = Installation(tmp_path, "max_jobs = 5\nmax_jobs_per_user = 3")

    async def scenario() -> None:
        async with receiving(installation) as receiver:
            for _ in range(3):
                await receiver.submit(user="greedy")
            with pytest.raises(Busy, match="Your share") as refused:
                await receiver.submit(user="greedy", job_id="once-more")
            assert float(refused.value.details["retry_after_s"]) > 0
            for user in ("a", "b"):
                await receiver.submit(user=user)
            with pytest.raises(Busy, match="The queue is full"):
                await receiver.submit(user="c")
            installation.start_engine()
            await _until_empty(receiver.queue)
            await receiver.submit(user="greedy", job_id="once-more")
            assert (await receiver.result("once-more")).rendered is not None

    try:
        asyncio.run(scenario())
    finally:
        installation.end()


def test_waiting_jobs_are_told_their_place_and_the_time_left(installation: Installation) -> None:
    async def scenario() -> None:
        installation.start_engine()
        async with receiving(installation) as receiver:
            running = await receiver.submit("steps", seconds=8.0)
            await receiver.begun(running)
            waiting = [await receiver.submit(user=user) for user in ("one", "one", "two")]
            await until(lambda: all(job_id in receiver.progress for job_id in waiting), 7.0, "positions")
            positions = [receiver.progress[job_id][0].queue_position for job_id in waiting]
            assert positions == [1, 3, 2]
            assert all((receiver.progress[job_id][0].seconds_left or 0) > 0 for job_id in waiting)

    asyncio.run(scenario())


def test_a_user_with_two_jobs_waits_for_at_most_two_of_one_with_fifty(installation: Installation) -> None:
    async def scenario() -> None:
        starts = installation.state / "starts"
        async with receiving(installation) as receiver:
            many = [await receiver.submit("sleep", user="many", seconds=0.02, log=str(starts)) for _ in range(50)]
            few = [await receiver.submit("sleep", user="few", seconds=0.02, log=str(starts)) for _ in range(2)]
            installation.start_engine()
            for job_id in (*few, *many):
                await receiver.result(job_id)
        began = [line.split()[0] for line in starts.read_text().splitlines()]
        assert began.index(few[0]) <= 2
        assert sum(job_id in many for job_id in began[: began.index(few[1])]) <= 2

    asyncio.run(scenario())


def test_the_high_lane_goes_first(installation: Installation) -> None:
    async def scenario() -> None:
        starts = installation.state / "starts"
        async with receiving(installation) as receiver:
            low = [await receiver.submit(user=f"user{n}", log=str(starts)) for n in range(4)]
            high = [await receiver.submit(user="user0", lane="high", log=str(starts)) for n in range(2)]
            installation.start_engine()
            for job_id in (*low, *high):
                await receiver.result(job_id)
        began = [line.split()[0] for line in starts.read_text().splitlines()]
        assert began[:2] == high

    asyncio.run(scenario())


def test_two_engines_share_the_work_and_halve_the_time(installation: Installation) -> None:
    async def elapsed_s(engines: int) -> float:
        async with receiving(installation, f"bot{engines}") as receiver:
            await until_ready(receiver.queue, engines)
            begun_s = time.monotonic()
            jobs = [await receiver.submit("sleep", user=f"user{n % 4}", seconds=0.4) for n in range(20)]
            for job_id in jobs:
                await receiver.result(job_id)
            return max(receiver.arrived_s.values()) - begun_s

    installation.start_engine()
    alone_s = asyncio.run(elapsed_s(1))
    installation.start_engine("--second")
    assert alone_s / asyncio.run(elapsed_s(2)) >= 1.8


def test_a_killed_engine_gives_its_four_jobs_back_when_its_lease_is_over(tmp_path: Path) -> None:
    installation = Installation(tmp_path, "max_jobs_per_user = 60\nlease_s = 2.0", "workers = 4")

    async def scenario() -> None:
        first = installation.start_engine()
        async with receiving(installation) as receiver:
            jobs = [await receiver.submit("steps", seconds=4.0) for _ in range(4)]
            for job_id in jobs:
                await receiver.begun(job_id)
            installation.start_engine("--second")
            await until_ready(receiver.queue, 2)
            receiver.progress.clear()
            first.kill()
            for job_id in jobs:
                await receiver.begun(job_id)
            for job_id in jobs:
                assert (await receiver.result(job_id)).tries == 2

    try:
        asyncio.run(scenario())
    finally:
        installation.end()


def test_sigterm_lets_running_jobs_finish_and_leaves_the_others_in_the_queue(installation: Installation) -> None:
    async def scenario() -> None:
        engine = installation.start_engine()
        async with receiving(installation) as receiver:
            running = await receiver.submit("steps", seconds=1.0)
            await receiver.begun(running)
            waiting = await receiver.submit("echo")
            engine.send_signal(signal.SIGTERM)
            assert (await receiver.result(running)).rendered is not None
            await until(lambda: engine.poll() is not None, 10.0, "the engine's end")
            assert engine.returncode == 0
            assert waiting not in receiver.results
            installation.start_engine()
            assert (await receiver.result(waiting)).tries == 1

    asyncio.run(scenario())


def test_a_second_sigterm_gives_the_running_job_to_another_engine_at_once(installation: Installation) -> None:
    async def scenario() -> None:
        engine = installation.start_engine()
        async with receiving(installation) as receiver:
            running = await receiver.submit("steps", seconds=6.0)
            await receiver.begun(running)
            installation.start_engine("--second")
            await until_ready(receiver.queue, 2)
            receiver.progress.clear()
            engine.send_signal(signal.SIGTERM)
            await asyncio.sleep(0.5)
            assert engine.poll() is None
            engine.send_signal(signal.SIGTERM)
            await receiver.begun(running, within_s=3.0)
            await until(lambda: engine.poll() is not None, 10.0, "the engine's end")
            assert engine.returncode == 0
            assert (await receiver.result(running)).tries == 2

    asyncio.run(scenario())


def test_a_second_engine_on_the_same_device_is_refused(installation: Installation) -> None:
    async def scenario() -> None:
        installation.start_engine()
        async with receiving(installation) as receiver:
            await until_ready(receiver.queue)
            second = installation.start_engine()
            await until(lambda: second.poll() is not None, 20.0, "the refusal")
            assert second.returncode == 2
            assert any(line.get("code") == "engine_already_running" for line in installation.log_lines())

    asyncio.run(scenario())


def test_metrics_are_served_on_loopback_when_configured(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    installation = Installation(tmp_path, engine=f"metrics_port = {port}")

    async def scenario() -> None:
        installation.start_engine()
        async with receiving(installation) as receiver:
            await receiver.result(await receiver.submit("echo"))
            await receiver.result(await receiver.submit("no_face"))
            await asyncio.sleep(1.2)  # memory is looked at once a second
        text = await asyncio.to_thread(
            lambda: urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics").read().decode()
        )
        assert 'recede_jobs_total{outcome="ok"} 1.0' in text
        assert 'recede_jobs_total{outcome="no_face"} 1.0' in text
        assert "recede_waiting_seconds_count 2.0" in text
        memory = next(line for line in text.splitlines() if line.startswith("recede_memory_bytes "))
        assert float(memory.split()[1]) > 10e6

    try:
        asyncio.run(scenario())
    finally:
        installation.end()


def test_an_idle_engine_ends_by_itself_when_told_to_and_takes_the_broker_along(tmp_path: Path) -> None:
    installation = Installation(tmp_path, engine="idle_exit_s = 1.0")
    try:
        engine = installation.start_engine()
        assert engine.wait(20) == 0
        assert installation.broker_pid() is None
    finally:
        installation.end()


def test_no_photo_and_no_name_of_a_user_is_logged(installation: Installation) -> None:
    async def scenario() -> None:
        installation.start_engine()
        async with receiving(installation) as receiver:
            for do in ("echo", "no_face", "raise"):
                await receiver.result(await receiver.submit(do, user="name-of-a-user"))

    asyncio.run(scenario())
    logged = installation.log_path.read_text()
    assert "PHOTO-THAT" not in logged
    assert "name-of-a-user" not in logged
    events = [line["event"] for line in installation.log_lines() if "event" in line]
    assert events.count("begun") == 5
    assert events.count("ended") == 3


async def _until_empty(queue: object) -> None:
    for _ in range(200):
        if not any((await queue.stored()).values()):  # type: ignore[attr-defined]
            return
        await asyncio.sleep(0.05)
    raise AssertionError("something is still stored")


def test_an_orphaned_worker_does_not_outlive_its_engine(installation: Installation) -> None:
    async def scenario() -> None:
        engine = installation.start_engine()
        pids = installation.state / "pids"
        async with receiving(installation) as receiver:
            job_id = await receiver.submit("hang", log=str(pids))
            await receiver.begun(job_id)
            worker_pid = int(pids.read_text().split()[2])
            engine.kill()
            engine.wait()
            await until(lambda: not _runs(worker_pid), 5.0, "the worker's end")

    asyncio.run(scenario())


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"
