"""The soak watches engine and broker over many jobs."""

from __future__ import annotations

import pytest

from engine.bench.soak import SoakSettings, run
from engine.protocol import AnimationOptions
from tests.support.faults.harness import order


@pytest.mark.slow
def test_every_job_counts_and_both_sizes_are_those_of_living_processes() -> None:
    photos = [order("echo")[1], order("no_face")[1]]
    measured = run(
        photos, AnimationOptions(), SoakSettings(jobs=6, limit_s=60.0), pipelines="tests.support.faults.standin"
    )
    assert measured["jobs"] == 6
    assert measured["failed"] == 3
    assert measured["engine"]["settled_mib"] > 20
    assert measured["broker"]["settled_mib"] > 5
    assert abs(measured["engine"]["growth"]) < 0.5


@pytest.mark.slow
def test_time_ends_it_before_the_jobs_do() -> None:
    photos, settings = [order("sleep", seconds=0.5)[1]], SoakSettings(jobs=1000, limit_s=1.0)
    measured = run(photos, AnimationOptions(), settings, pipelines="tests.support.faults.standin")
    assert 1 <= measured["jobs"] < 20
