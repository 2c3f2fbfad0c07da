"""Long-lived tasks are revived, short ones are not forgotten, and nobody starts one elsewhere."""

from __future__ import annotations

import ast
import asyncio
import logging
from pathlib import Path

import pytest

from engine.errors import PartFailed
from engine.queue.tasks import Patience, Supervisor, first_of

QUICK = Patience(first_pause_s=0.001, longest_pause_s=0.01, most=4, settled_s=60.0)


def test_a_part_that_fails_is_started_again_and_its_story_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    tries = 0

    async def work() -> None:
        nonlocal tries
        tries += 1
        if tries < 4:
            raise ZeroDivisionError("of a kind that nobody thought of")

    async def scenario() -> None:
        tasks = Supervisor(QUICK)
        await tasks.keep("part", work)
        assert tasks.failures == 3

    with caplog.at_level(logging.WARNING):
        asyncio.run(scenario())
    assert tries == 4
    assert [record.exc_info is not None for record in caplog.records] == [True, False, False]


def test_a_part_that_fails_as_often_as_it_is_started_ends_the_process_with_a_sentence() -> None:
    async def work() -> None:
        raise ZeroDivisionError

    async def scenario() -> None:
        tasks = Supervisor(QUICK)
        tasks.keep("keeper", work)
        with pytest.raises(PartFailed, match="keeper.*failed 4 times"):
            await asyncio.wait_for(tasks.until_failed(), 5.0)

    asyncio.run(scenario())


def test_a_part_that_says_nothing_is_told_as_silent_until_it_speaks() -> None:
    async def scenario() -> None:
        tasks = Supervisor()
        tasks.keep("mute", asyncio.Event().wait)  # type: ignore[arg-type]
        await asyncio.sleep(0.05)
        assert tasks.silent(0.01) == ("mute",)
        tasks.lives("mute")
        assert tasks.silent(0.01) == ()
        await tasks.end()
        assert tasks.silent(0.0) == ()

    asyncio.run(scenario())


def test_what_an_errand_dies_of_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def work() -> None:
        raise ZeroDivisionError

    async def scenario() -> None:
        tasks = Supervisor()
        tasks.spawn(work())
        await asyncio.sleep(0.01)

    asyncio.run(scenario())
    assert any(record.exc_info for record in caplog.records)


def test_the_first_to_end_decides_and_the_others_are_cancelled() -> None:
    ended: list[str] = []

    async def slow() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("slow")

    async def scenario() -> None:
        assert await first_of(slow(), asyncio.sleep(0.001)) == 1
        assert ended == ["slow"]
        assert await first_of(slow(), timeout_s=0.001) is None

    asyncio.run(scenario())


def test_no_other_module_starts_tasks_that_nobody_watches(repository: Path) -> None:
    found = []
    for path in sorted((*repository.glob("engine/**/*.py"), *repository.glob("bot/**/*.py"))):
        if path.relative_to(repository).as_posix() == "engine/queue/tasks.py":
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            name = getattr(node, "attr", getattr(node, "id", ""))
            if name in ("create_task", "ensure_future", "TaskGroup"):
                found.append(f"{path.relative_to(repository)}:{getattr(node, 'lineno', 0)}")
    assert not found, "use engine.queue.tasks"
