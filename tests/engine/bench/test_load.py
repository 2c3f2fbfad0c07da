"""The bench of a long queue."""

from __future__ import annotations

from engine.bench import load


def test_photos_that_wait_are_handed_in_watched_and_listed() -> None:
    figures = load.run(7, watched_s=0.1)
    assert figures["waiting"] == 7
    assert figures["submit_ms"]["p99"] >= figures["submit_ms"]["p50"] > 0
    assert figures["look_ms"] < figures["first_look_ms"]
    assert figures["broker_mib"] > 1
