"""One photo through the queue, for programs that are not asyncio: starts broker and engine when none runs."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from engine.config import Config, load_config
from engine.errors import QueueError, RecedeError, error_from_code
from engine.protocol import AnimationOptions, BaldOptions, EditOptions, Job, Progress, Rendered, Result, StageProgress
from engine.queue import Queue, open_queue
from engine.queue.tasks import start
from engine.state import state_dir

# An engine that the command line started stays this long for the next photo, with its models warm.
IDLE_EXIT_S = 900.0
ANSWER_WAIT_S = 0.3
WATCH_REST_S = 1.0
START_LOG = "engine-start.log"
# Who waits at a terminal goes before the crowd, and for as long as it takes.
DEADLINE_S = 3000.0

ReportStep = Callable[[StageProgress], None]


class _Memory:
    """A ledger for a receiver that lives for one photo."""

    def __init__(self) -> None:
        self._known: set[str] = set()

    def __contains__(self, job_id: str) -> bool:
        return job_id in self._known

    def add(self, job_id: str) -> None:
        self._known.add(job_id)


def through_queue(
    photo: bytes,
    options: BaldOptions | EditOptions,
    animation: AnimationOptions,
    report: ReportStep,
    config: Config | None = None,
    engine_module: str = "engine.server",
) -> Rendered:
    """`engine.pipeline.bald` or `engine.pipeline.edit`, done by the engine behind the queue.

    report: called with every step; what it raises cancels the job and comes out here. engine_module: what to start
    when no engine answers. Raises the job's RecedeError, BrokerMissing, BrokerUnreachable, Busy, or what kept the
    engine from starting.
    """
    return asyncio.run(_through_queue(photo, options, animation, report, config or load_config(), engine_module))


async def _through_queue(
    photo: bytes,
    options: BaldOptions | EditOptions,
    animation: AnimationOptions,
    report: ReportStep,
    config: Config,
    module: str,
) -> Rendered:
    receiver = f"cli-{os.getpid()}-{uuid.uuid4().hex[:8]}"
    state = state_dir()
    queue = await open_queue(config.queue, receiver, state, _Memory())
    ended: asyncio.Future[Rendered] = asyncio.get_running_loop().create_future()
    job_id = uuid.uuid4().hex
    answered = False

    async def on_result(result: Result) -> None:
        nonlocal answered
        answered = True
        if not ended.done():
            try:
                ended.set_result(result.unwrap())
            except RecedeError as error:
                ended.set_exception(error)

    async def on_progress(progress: Progress) -> None:
        if progress.job_id == job_id:
            tell(StageProgress(progress.stage, progress.fraction, progress.preview_jpeg))

    def tell(step: StageProgress) -> None:
        if not ended.done():
            try:
                report(step)
            except BaseException as error:  # an interrupt as well: it must end the wait, not this callback alone
                ended.set_exception(error)

    try:
        await queue.progress(on_progress)
        await queue.results(on_result)
        started = await _start_engine_unless_one_runs(queue, config, state, module)
        deadline_s = time.time() + min(DEADLINE_S, config.queue.keep_s)
        await queue.submit(Job(job_id, "cli", receiver, photo, options, animation, deadline_s, "high"))
        watch = start(_watch_start(started, state, queue, tell, ended)) if started else None
        try:
            return await ended
        except BaseException:
            if not answered:
                await queue.cancel(job_id)
            raise
        finally:
            if watch is not None:
                watch.cancel()
    finally:
        await queue.close()


async def _start_engine_unless_one_runs(
    queue: Queue, config: Config, state: Path, module: str
) -> subprocess.Popen[bytes] | None:
    """The engine's process where one had to be started. With an operator's broker the engines are his as well."""
    if config.queue.url or await queue.engines(ANSWER_WAIT_S, most=1):
        return None
    with (state / START_LOG).open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", module, "--json", "--idle-exit-s", str(IDLE_EXIT_S), *_same_config()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
            start_new_session=True,  # it outlives this command, so that the next photo meets warm models
        )


def _same_config() -> list[str]:
    """The options that make the engine read the configuration that this process reads."""
    named = Path(os.environ.get("RECEDE_CONFIG", "config.toml"))
    return ["--config", str(named.resolve())] if named.exists() else []


async def _watch_start(
    engine: subprocess.Popen[bytes], state: Path, queue: Queue, tell: ReportStep, ended: asyncio.Future[Rendered]
) -> None:
    """Report how the engine warms up, and end the wait for a result when the engine ends instead."""
    while engine.poll() is None:
        for status in await queue.engines(ANSWER_WAIT_S, most=1):
            if status.pid == engine.pid and status.state == "warming":
                tell(StageProgress(status.stage, 0.0))
        # The question returns as soon as one engine has answered: asked without a rest it would keep everybody busy.
        await asyncio.sleep(WATCH_REST_S)
    error = _why_it_ended(state)
    # Somebody else's engine was faster: that one will do the job.
    if error.code != "engine_already_running" and not ended.done():
        ended.set_exception(error)


def _why_it_ended(state: Path) -> RecedeError:
    """What the engine logged last."""
    for line in reversed((state / START_LOG).read_text("utf-8", "replace").splitlines()):
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict) and entry.get("event") == "failed":
            return error_from_code(str(entry.get("code")), str(entry.get("message")))
    return QueueError(f"The engine ended while it started: see {state / START_LOG}, or use --in-process.")
