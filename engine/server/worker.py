"""The worker: a process of its own that holds the models and runs one job, or the next beside one that is nearly done.

It is apart from the supervisor so that work that hangs, or takes the whole process down from inside native code,
costs this process alone: the supervisor keeps its place in the queue and starts another.

Run as `python -m engine.server.worker SOCKET_FD PARENT_PID MODULE SETTINGS`, where MODULE has
`device_of(device) -> str` and `load(settings, hear, recent, films) -> {job kind: run}` (see engine.server.pipelines),
and SETTINGS is engine.config.EngineConfig as JSON.
"""

from __future__ import annotations

import contextlib
import dataclasses
import importlib
import json
import os
import queue
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from engine.config import EngineConfig
from engine.errors import Cancelled, RecedeError
from engine.pipeline.recent import MOST_ANSWER_BYTES, MOST_ANSWERS, Recent
from engine.process.parent import ending_with
from engine.protocol import Failure, Forget, Job, Reencode, Rendered, StageProgress
from engine.protocol.codec import pack, unpack
from engine.runtime.allocator import keep_freed_memory
from engine.runtime.progress import Hear
from engine.runtime.threads import spin_briefly
from engine.server import messages
from engine.server.reencoder import Reencodable, Reencoder

Run = Callable[[Job, Hear], Rendered]

# One that is nearly done leaves a core idle half of the time, and what the next begins with is done on one. Which job
# may begin when is the supervisor's affair.
JOBS_AT_ONCE = 2


class Pipelines(Protocol):
    """What the module named on the command line offers."""

    def device_of(self, device: str) -> str:
        """The device that `device` ("auto", "cpu", "cuda:0", ...) means here. Raises DeviceUnavailable."""

    def load(
        self, settings: EngineConfig, hear: Hear, recent: Recent[Any], films: Recent[Reencodable]
    ) -> Mapping[str, Run]:
        """Load the models onto `settings.device`; what to run for each kind of job. recent: what a job may leave for
        the next one of the same photo; films: where it may leave its answer's pictures, for other files of them."""


class _Supervisor:
    """The worker's end of the socket pair."""

    def __init__(self, connection: socket.socket, recent: Recent[Any], films: Recent[Reencodable]) -> None:
        self._connection = connection
        self._kept = (recent, films)
        self._reencoder = Reencoder(films, self.send)
        self._sending = threading.Lock()
        self._cancelled: set[str] = set()
        self.inbox: queue.SimpleQueue[tuple[bytes, bytes]] = queue.SimpleQueue()
        threading.Thread(target=self._listen, daemon=True).start()

    def send(self, kind: bytes, body: bytes = b"") -> None:
        """Send one message; ends this process where nobody hears it any more."""
        try:
            with self._sending:
                self._connection.sendall(messages.packed(kind, body))
        except OSError:
            os._exit(1)

    def is_cancelled(self, job_id: str) -> bool:
        """Whether the supervisor wants that job to stop."""
        return job_id in self._cancelled

    def forget(self, job_id: str) -> None:
        """The job is over."""
        self._cancelled.discard(job_id)

    def _listen(self) -> None:
        # A supervisor that dies in mid-sentence shows as a reset instead of an end.
        with contextlib.suppress(OSError), self._connection.makefile("rb") as stream:
            while self._hear(messages.read_message(stream)):
                pass
        # The supervisor is gone, and with it everybody who could want this job's result.
        os._exit(1)

    def _hear(self, received: tuple[bytes, bytes] | None) -> bool:
        """Take one message; False at the stream's end. No name here outlives it: a message may hold a photo."""
        if received is None:
            return False
        kind, body = received
        if kind == messages.CANCEL:
            self._cancelled.add(body.decode())
        elif kind == messages.FORGET:
            for kept in self._kept:
                kept.forget(unpack(Forget, body).users)
        elif kind == messages.REENCODE:
            self._reencoder.ask(unpack(Reencode, body))
        else:
            self.inbox.put(received)
        return True


def run_worker(connection: socket.socket, pipelines: Pipelines, settings: EngineConfig) -> None:
    """Load the models when told to, then run jobs until the supervisor goes away."""
    recent = Recent[Any](settings.recent_s)
    films = Recent[Reencodable](settings.recent_s, most=MOST_ANSWERS, most_bytes=MOST_ANSWER_BYTES)
    for kept in (recent, films):
        threading.Thread(target=kept.watch, daemon=True).start()
    supervisor = _Supervisor(connection, recent, films)
    try:
        device = pipelines.device_of(settings.device)
        supervisor.send(messages.DEVICE, device.encode())
        kind, _ = supervisor.inbox.get()
        assert kind == messages.LOAD
        settings = dataclasses.replace(settings, device=device)

        def hear(progress: StageProgress) -> None:
            supervisor.send(messages.WARMING, pack(progress))

        runs = pipelines.load(settings, hear, recent, films)
    except RecedeError as error:
        supervisor.send(messages.NOT_LOADED, pack(Failure.of(error)))
        return
    supervisor.send(messages.READY)

    def work() -> None:
        while True:
            # Without a name that holds on to the photo while the next job is waited for.
            supervisor.send(*_run_job(supervisor, runs, unpack(Job, supervisor.inbox.get()[1])))

    for _ in range(JOBS_AT_ONCE - 1):
        threading.Thread(target=work, daemon=True).start()
    work()


def _run_job(supervisor: _Supervisor, runs: Mapping[str, Run], job: Job) -> tuple[bytes, bytes]:
    """The message that answers `job`."""
    kind, body = _answer(supervisor, runs, job)
    return kind, messages.of_job(job.job_id, body)


def _answer(supervisor: _Supervisor, runs: Mapping[str, Run], job: Job) -> tuple[bytes, bytes]:
    """What becomes of `job`: the message's kind, and what it says."""

    def hear(progress: StageProgress) -> None:
        if supervisor.is_cancelled(job.job_id):
            raise Cancelled()
        supervisor.send(messages.PROGRESS, messages.of_job(job.job_id, pack(progress)))

    try:
        return messages.RENDERED, pack(runs[job.kind](job, hear))
    except RecedeError as error:
        return messages.FAILURE, pack(Failure.of(error))
    except Exception as error:
        # The traceback's lines of code are ours; the message of the exception may quote the photo.
        where = traceback.extract_tb(error.__traceback__)[-1]
        sentence = f"{type(error).__name__} at {Path(where.filename).name}:{where.lineno}"
        return messages.BROKEN, pack(Failure("crashed", sentence))
    finally:
        supervisor.forget(job.job_id)


def main() -> None:
    """Entry point of the child process."""
    fd, parent_pid, module, settings = sys.argv[1:5]
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the supervisor, which drains
    ending_with(int(parent_pid), signal.SIGKILL)()
    keep_freed_memory(large_pages=True)
    spin_briefly()
    pipelines: Pipelines = importlib.import_module(module)
    run_worker(socket.socket(fileno=int(fd)), pipelines, EngineConfig(**json.loads(settings)))


if __name__ == "__main__":
    main()
