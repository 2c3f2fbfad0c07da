"""The engine process, with real processes and a real broker; the heavy step is a stand-in."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.config import EngineConfig
from engine.errors import Busy, Cancelled, Crashed, Expired, NoFace, TimedOut
from engine.pipeline.recent import MOST_ANSWERS
from engine.protocol import AnimationFormat, AnimationOptions, Cancel
from engine.protocol.codec import pack
from engine.queue.subjects import Subjects
from engine.server.reencoder import MOST_WAITING
from tests.support.faults.harness import PATIENCE_S, Installation, receiving, runs, until, until_ready
from tests.support.faults.shared_broker import SharedBroker

# A job that nobody ends works for so long.
RUNNING_S = 60.0


@pytest.fixture
def installation(tmp_path: Path, shared_broker: SharedBroker) -> Iterator[Installation]:
    """One of its own for each test, with room for many jobs of one user."""
    made = Installation(tmp_path, "max_jobs_per_user = 60\n" + shared_broker.lines())
    yield made
    made.end()


@pytest.fixture
def private(tmp_path: Path) -> Iterator[Installation]:
    """With a private broker, whose store can be looked into."""
    made = Installation(tmp_path)
    yield made
    made.end()


def test_a_job_is_answered_with_its_animation_and_leaves_nothing_behind(private: Installation) -> None:
    async def scenario() -> None:
        private.start_engine()
        async with receiving(private) as receiver:
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
            assert private.leftovers() == []

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


def test_a_job_that_hangs_is_ended_at_its_limit_and_the_next_oneruns(tmp_path: Path) -> None:
    installation = Installation(tmp_path, engine="job_limit_s = 1.5")

    async def scenario() -> None:
        installation.start_engine()
        async with receiving(installation) as receiver:
            hanging = await receiver.submit("hang")
            waiting = await receiver.submit("echo")
            with pytest.raises(TimedOut):
                (await receiver.result(hanging)).unwrap()
            assert (await receiver.result(waiting)).rendered is not None

    installation.run(scenario())


def test_cancel_ends_a_running_job_between_two_steps_and_a_waiting_one_at_once(installation: Installation) -> None:
    async def scenario() -> None:
        installation.start_engine()
        begun = installation.state / "begun"
        async with receiving(installation) as receiver:
            running = await receiver.submit("steps", seconds=RUNNING_S)
            waiting = await receiver.submit("echo", log=str(begun))
            await receiver.begun(running)
            for job_id in (waiting, running):
                assert await receiver.queue.cancel(job_id)
                assert not await receiver.queue.cancel(job_id)
                with pytest.raises(Cancelled):
                    (await receiver.result(job_id)).unwrap()
            after = await receiver.submit("echo")
            assert (await receiver.result(after, within_s=RUNNING_S / 2)).rendered is not None
            assert not begun.exists()
            assert not await receiver.queue.cancel("never-seen")

    asyncio.run(scenario())


def test_a_cancel_that_an_engine_hears_before_it_begins_the_job_counts(installation: Installation) -> None:
    """As it does who cancels while an engine fetches the photo."""

    async def scenario() -> None:
        installation.start_engine()
        async with receiving(installation) as receiver:
            await until_ready(receiver.queue)
            job_id = uuid.uuid4().hex
            cancel = Subjects(installation.config.queue.name).subject("cancel")
            await receiver.queue._connection.send(cancel, pack(Cancel(job_id)))
            await receiver.submit("steps", seconds=RUNNING_S, job_id=job_id)
            after = await receiver.submit("echo")
            assert (await receiver.result(after, within_s=RUNNING_S / 2)).rendered is not None
            with pytest.raises(Cancelled):
                (await receiver.result(job_id)).unwrap()

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


def test_a_job_past_its_deadline_is_reported_even_when_no_engineruns(installation: Installation) -> None:
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

    installation.run(scenario())


def test_waiting_jobs_are_told_their_place_and_the_time_left(installation: Installation) -> None:
    async def scenario() -> None:
        installation.start_engine()
        async with receiving(installation) as receiver:
            gate = installation.state / "gate"
            running = await receiver.submit("gate", gate=str(gate))
            await receiver.begun(running)
            waiting = [await receiver.submit(user=user) for user in ("one", "one", "two")]

            def told() -> list[int | None]:
                heard = [receiver.progress.get(job_id) for job_id in waiting]
                return [progress[-1].queue_position if progress else None for progress in heard]

            # Where a look at the queue falls between two of them, the next one puts it right.
            await until(lambda: told() == [1, 3, 2], PATIENCE_S, "positions")
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


@pytest.mark.slow
def test_two_engines_share_the_work_in_hardly_more_than_half_the_time(installation: Installation) -> None:
    """A job is long against what an engine needs between two, which is more on a busy machine: two thirds would still
    be shared work."""

    async def elapsed_s(engines: int) -> float:
        async with receiving(installation, f"bot{engines}") as receiver:
            await until_ready(receiver.queue, engines)
            begun_s = time.monotonic()
            jobs = [await receiver.submit("sleep", user=f"user{n % 4}", seconds=1.0) for n in range(8)]
            for job_id in jobs:
                await receiver.result(job_id)
            return max(receiver.arrived_s.values()) - begun_s

    installation.start_engine()
    alone_s = asyncio.run(elapsed_s(1))
    installation.start_engine("--second")
    assert alone_s / asyncio.run(elapsed_s(2)) >= 1.5


@pytest.mark.slow
def test_a_killed_engine_gives_its_four_jobs_back_when_its_lease_is_over(tmp_path: Path) -> None:
    installation = Installation(tmp_path, "max_jobs_per_user = 60\nlease_s = 2.0", "workers = 4")
    gate = installation.state / "gate"

    async def scenario() -> None:
        first = installation.start_engine()
        async with receiving(installation) as receiver:
            jobs = [await receiver.submit("gate", gate=str(gate)) for _ in range(4)]
            for job_id in jobs:
                await receiver.begun(job_id)
            installation.start_engine("--second")
            await until_ready(receiver.queue, 2)
            receiver.progress.clear()
            first.kill()
            for job_id in jobs:
                await receiver.begun(job_id)
            gate.touch()
            for job_id in jobs:
                assert (await receiver.result(job_id)).tries == 2

    installation.run(scenario())


def test_sigterm_lets_running_jobs_finish_and_leaves_the_others_in_the_queue(installation: Installation) -> None:
    async def scenario() -> None:
        engine = installation.start_engine()
        async with receiving(installation) as receiver:
            gate = installation.state / "gate"
            running = await receiver.submit("gate", gate=str(gate))
            await receiver.begun(running)
            waiting = await receiver.submit("echo")
            engine.send_signal(signal.SIGTERM)
            await until(lambda: _logged(installation, "draining"), PATIENCE_S, "the signal's being heard")
            gate.touch()
            assert (await receiver.result(running)).rendered is not None
            await until(lambda: engine.poll() is not None, PATIENCE_S, "the engine's end")
            assert engine.returncode == 0
            assert waiting not in receiver.results
            installation.start_engine()
            assert (await receiver.result(waiting)).tries == 1

    asyncio.run(scenario())


def test_a_second_sigterm_gives_the_running_job_to_another_engine_at_once(
    tmp_path: Path, shared_broker: SharedBroker
) -> None:
    """That is, without waiting for the end of its lease, which is beyond this test's patience."""
    installation = Installation(tmp_path, f"lease_s = 600\n{shared_broker.lines()}")
    gate = installation.state / "gate"

    async def scenario() -> None:
        engine = installation.start_engine()
        async with receiving(installation) as receiver:
            running = await receiver.submit("gate", gate=str(gate))
            await receiver.begun(running)
            installation.start_engine("--second")
            await until_ready(receiver.queue, 2)
            receiver.progress.clear()
            engine.send_signal(signal.SIGTERM)
            await until(lambda: _logged(installation, "draining"), PATIENCE_S, "the first signal's being heard")
            assert engine.poll() is None
            engine.send_signal(signal.SIGTERM)
            await receiver.begun(running)
            await until(lambda: engine.poll() is not None, PATIENCE_S, "the engine's end")
            assert engine.returncode == 0
            gate.touch()
            assert (await receiver.result(running)).tries == 2

    installation.run(scenario())


def _logged(installation: Installation, event: str) -> bool:
    return any(line.get("event") == event for line in installation.log_lines())


def test_a_second_engine_on_the_same_device_is_refused(installation: Installation) -> None:
    async def scenario() -> None:
        installation.start_engine()
        async with receiving(installation) as receiver:
            await until_ready(receiver.queue)
            second = installation.start_engine()
            await until(lambda: second.poll() is not None, PATIENCE_S, "the refusal")
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
            text = ""
            deadline_s = time.monotonic() + PATIENCE_S
            while not re.search(r"recede_memory_bytes [1-9]", text):  # it is looked at now and then
                assert time.monotonic() < deadline_s
                text = await asyncio.to_thread(
                    lambda: urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics").read().decode()
                )
        assert 'recede_jobs_total{outcome="ok"} 1.0' in text
        assert 'recede_jobs_total{outcome="no_face"} 1.0' in text
        assert "recede_waiting_seconds_count 2.0" in text
        memory = next(line for line in text.splitlines() if line.startswith("recede_memory_bytes "))
        assert float(memory.split()[1]) > 10e6

    installation.run(scenario())


def test_an_idle_engine_ends_by_itself_when_told_to_and_takes_the_broker_along(tmp_path: Path) -> None:
    installation = Installation(tmp_path, engine="idle_exit_s = 1.0")
    try:
        engine = installation.start_engine()
        assert engine.wait(PATIENCE_S) == 0
        assert installation.broker_pid() is None
    finally:
        installation.end()


def test_no_photo_and_no_name_of_a_user_is_logged(installation: Installation) -> None:
    def events() -> list[str]:
        return [line["event"] for line in installation.log_lines() if "event" in line]

    async def scenario() -> None:
        installation.start_engine()
        async with receiving(installation) as receiver:
            for do in ("echo", "no_face", "raise"):
                await receiver.result(await receiver.submit(do, user="name-of-a-user"))
            # An engine logs a job's end when its result is on the way.
            await until(lambda: events().count("ended") >= 3, PATIENCE_S, "the last job's end in the log")

    asyncio.run(scenario())
    logged = installation.log_path.read_text()
    assert "PHOTO-THAT" not in logged
    assert "name-of-a-user" not in logged
    assert events().count("begun") == 5
    assert events().count("ended") == 3


async def _until_empty(queue: object) -> None:
    for _ in range(3600):
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
            await until(lambda: not runs(worker_pid), PATIENCE_S, "the worker's end")

    asyncio.run(scenario())


def test_a_worker_ends_when_its_engine_hangs_up_in_mid_sentence(repository: Path) -> None:
    ours, theirs = socket.socketpair()
    settings = json.dumps(dataclasses.asdict(EngineConfig()))
    command = [sys.executable, "-m", "engine.server.worker", str(theirs.fileno()), str(os.getpid())]
    worker = subprocess.Popen(
        [*command, "engine.bench.echo", settings],
        cwd=repository,
        pass_fds=(theirs.fileno(),),
        stderr=subprocess.PIPE,
    )
    try:
        theirs.close()
        assert select.select([ours], [], [], PATIENCE_S)[0]
        ours.close()  # with what it has said unread, which its own reading sees as a reset
        assert worker.wait(PATIENCE_S) == 1
        assert worker.stderr is not None
        assert b"Traceback" not in worker.stderr.read()
    finally:
        worker.kill()
        worker.wait()


def test_sigterm_while_a_worker_loads_ends_the_engine_at_once(tmp_path: Path) -> None:
    installation = Installation(tmp_path, engine='device = "slow"')
    engine = installation.start_engine()

    def loading() -> bool:
        return any(line.get("stage") == "loading nothing" for line in installation.log_lines())

    try:
        asyncio.run(until(loading, PATIENCE_S, "the load"))
        engine.send_signal(signal.SIGTERM)
        assert engine.wait(30.0) == 0
        asyncio.run(until(lambda: installation.broker_pid() is None, PATIENCE_S, "the broker's end"))
    finally:
        installation.end()


def test_what_is_kept_of_a_photo_is_for_its_asker_until_it_is_to_be_forgotten(installation: Installation) -> None:
    async def scenario() -> None:
        installation.start_engine()
        async with receiving(installation) as receiver:

            async def known(user: str) -> bool:
                job_id = await receiver.submit("keep", user=user, face="a")
                return bool((await receiver.result(job_id)).unwrap().measured["known"])

            assert not await known("ann")
            assert await known("ann")
            assert not await known("bob")
            await receiver.queue.forget(["ann", "carl"])
            assert not await known("ann")
            assert await known("bob")

    asyncio.run(scenario())


def test_a_job_that_is_under_way_when_its_asker_is_to_be_forgotten_leaves_nothing(
    installation: Installation, tmp_path: Path
) -> None:
    async def scenario() -> None:
        installation.start_engine()
        gate = tmp_path / "gate"
        async with receiving(installation) as receiver:
            first = await receiver.submit("keep", face="a", gate=str(gate))
            await receiver.begun(first)
            await receiver.queue.forget(["user"])
            await asyncio.sleep(0.5)  # the message is on its way to the worker, which says nothing to it
            gate.touch()
            await receiver.result(first)
            second = await receiver.submit("keep", face="a")
            assert not (await receiver.result(second)).unwrap().measured["known"]

    asyncio.run(scenario())


def test_when_its_time_is_over_nothing_is_known(tmp_path: Path, shared_broker: SharedBroker) -> None:
    made = Installation(tmp_path, shared_broker.lines(), "recent_s = 0.2")

    async def scenario() -> None:
        made.start_engine()
        async with receiving(made) as receiver:
            for _ in range(2):
                job_id = await receiver.submit("keep", face="a")
                assert not (await receiver.result(job_id)).unwrap().measured["known"]
                await asyncio.sleep(0.5)

    try:
        asyncio.run(scenario())
    finally:
        made.end()


def file_of(format: AnimationFormat = "webp", frames: int = 24) -> AnimationOptions:
    return AnimationOptions(format=format, frames=frames)


def test_another_file_of_a_fresh_answer_is_made_beside_the_job_that_is_being_worked_on(
    private: Installation, tmp_path: Path
) -> None:
    async def scenario() -> None:
        private.start_engine()
        gate = tmp_path / "gate"
        async with receiving(private) as receiver:
            first = await receiver.submit("film", user="ann", bytes=3_000_000)
            answer = (await receiver.result(first)).unwrap()
            other = await receiver.submit("steps", user="bob", gate=str(gate))
            await receiver.begun(other)
            for format in ("webp", "mp4"):
                assert await receiver.queue.reencode(f"{first}-{format}", first, "ann", file_of(format))
            for format in ("webp", "mp4"):
                again = (await receiver.result(f"{first}-{format}")).unwrap()
                assert (again.animation, again.format) == (answer.animation, format)
            assert [ticket.job_id for ticket in await receiver.queue.tickets()] == [other]
            gate.touch()
            (await receiver.result(other)).unwrap()
            await _until_empty(receiver.queue)
            assert private.leftovers() == []

    asyncio.run(scenario())


def test_pictures_that_are_not_kept_for_this_user_or_this_file_are_told_as_missing(installation: Installation) -> None:
    async def scenario() -> None:
        async with receiving(installation) as receiver:
            assert not await receiver.queue.reencode("before-any-engine", "job", "ann", file_of())
            installation.start_engine()
            await until_ready(receiver.queue)
            first = await receiver.submit("film", user="ann")
            await receiver.result(first)
            assert not await receiver.queue.reencode("of-another", first, "bob", file_of())
            assert not await receiver.queue.reencode("of-more-frames", first, "ann", file_of(frames=25))
            assert not await receiver.queue.reencode("of-no-answer", "job", "ann", file_of())
            assert await receiver.queue.reencode("mine", first, "ann", file_of())
            await receiver.result("mine")
            await receiver.queue.forget(["ann"])
            await asyncio.sleep(0.5)  # the message is on its way to the worker, which says nothing to it
            assert not await receiver.queue.reencode("forgotten", first, "ann", file_of())
            assert set(receiver.results) == {first, "mine"}

    asyncio.run(scenario())


def test_only_the_last_few_answers_pictures_are_kept(installation: Installation) -> None:
    async def scenario() -> None:
        installation.start_engine()
        async with receiving(installation) as receiver:
            jobs = [await receiver.submit("film", user="ann") for _ in range(MOST_ANSWERS + 1)]
            for job_id in jobs:
                await receiver.result(job_id)
            begun = sorted(jobs, key=lambda job_id: receiver.results[job_id][0].unwrap().measured["begun"])
            assert not await receiver.queue.reencode("first", begun[0], "ann", file_of())
            assert await receiver.queue.reencode("second", begun[1], "ann", file_of())

    asyncio.run(scenario())


def test_wishes_for_more_files_than_can_be_made_soon_are_left_to_the_queue(installation: Installation) -> None:
    async def scenario() -> None:
        installation.start_engine()
        async with receiving(installation) as receiver:
            first = await receiver.submit("film", user="ann", again=0.5)
            await receiver.result(first)
            names = [f"file-{number}" for number in range(MOST_WAITING + 3)]
            taken = [name for name in names if await receiver.queue.reencode(name, first, "ann", file_of())]
            assert MOST_WAITING <= len(taken) < len(names)
            for name in taken:
                assert (await receiver.result(name)).unwrap().format == "webp"

    asyncio.run(scenario())


def test_an_engine_that_is_told_to_stop_finishes_the_file_that_it_has_promised(installation: Installation) -> None:
    async def scenario() -> None:
        engine = installation.start_engine()
        async with receiving(installation) as receiver:
            first = await receiver.submit("film", user="ann", again=1.0)
            await receiver.result(first)
            assert await receiver.queue.reencode("promised", first, "ann", file_of())
            engine.send_signal(signal.SIGTERM)
            assert (await receiver.result("promised")).unwrap().format == "webp"
            await until(lambda: engine.poll() is not None, PATIENCE_S, "the engine's end")
            assert engine.returncode == 0
            assert not await receiver.queue.reencode("later", first, "ann", file_of())

    asyncio.run(scenario())


def test_a_worker_that_dies_while_it_makes_another_file_takes_nothing_else_with_it(installation: Installation) -> None:
    async def scenario() -> None:
        installation.start_engine()
        async with receiving(installation) as receiver:
            first = await receiver.submit("film", user="ann", again=60.0)
            await receiver.result(first)
            assert await receiver.queue.reencode("lost", first, "ann", file_of())
            await receiver.result(await receiver.submit("die", user="bob"))
            assert not await receiver.queue.reencode("gone", first, "ann", file_of())
            assert (await receiver.result(await receiver.submit("echo"))).rendered is not None
            assert "lost" not in receiver.results

    asyncio.run(scenario())
