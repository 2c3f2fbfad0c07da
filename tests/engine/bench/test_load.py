"""The bench of a long queue."""

from __future__ import annotations

import pytest

from engine.bench import load


@pytest.mark.slow
def test_photos_that_wait_are_handed_in_watched_listed_and_done() -> None:
    figures = load.run(7, watched_s=0.1, large=2)
    assert figures["waiting"] == 7
    assert figures["submit_ms"]["p99"] >= figures["submit_ms"]["p50"] > 0
    assert figures["look_ms"] < figures["first_look_ms"]
    assert min(figures["broker_mib"], figures["engine_mib"], figures["jobs_per_s"]) > 1
    assert figures["large"]["fetched"] == figures["large"]["results"] == 2
