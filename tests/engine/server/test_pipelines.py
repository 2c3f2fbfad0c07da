"""What a worker runs for a job."""

from __future__ import annotations

import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from types import SimpleNamespace
from typing import Any

import pytest

from engine.config import EngineConfig
from engine.pipeline.recent import Recent
from engine.protocol import AnimationOptions, BaldOptions, Job, Rendered
from engine.runtime.side_by_side import is_alone
from engine.server.pipelines import load


class Sparing:
    """A generator that has no memory to spare."""

    def spare_memory(self) -> bool:
        return False


def job(user: str) -> Job:
    return Job(uuid.uuid4().hex, user, "a", b"a photo", BaldOptions(), AnimationOptions(), time.time() + 60)


def test_two_jobs_of_a_worker_know_of_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    both, seen = Barrier(2, timeout=30), []

    def bald(*_: object) -> Rendered:
        both.wait()
        seen.append(is_alone())
        both.wait()
        return Rendered(b"", "gif", 1, 1, 1, "")

    monkeypatch.setattr("engine.models.load.load_configured", lambda *_: SimpleNamespace(generator=Sparing()))
    monkeypatch.setattr("engine.pipeline.run.bald", bald)
    monkeypatch.setattr("engine.pipeline.prepared.Prepared.size_bytes", lambda *_: 0)
    kept: tuple[Recent[Any], Recent[Any]] = (Recent(0.0), Recent(0.0))
    runs = load(EngineConfig(), lambda progress: None, *kept)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda user: runs["bald"](job(user), lambda progress: None), ("one", "other")))
    assert seen == [False, False]
    assert is_alone()
