"""A small version of `python -m tests.support.bot.load`; that one has the numbers, this one what must hold anywhere."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.support.bot.load import measure

# The aim is 200 ms on a machine of its own; anything that really blocks the loop takes longer than this.
BLOCKED_MS = 1000.0


@pytest.mark.slow
def test_many_at_once_are_each_answered_once_and_the_event_loop_stays_free(tmp_path: Path) -> None:
    outcome = asyncio.run(measure(tmp_path, interactions=60, within_s=1.5, max_jobs=20))
    assert outcome.answered == 60, outcome
    assert outcome.busy > 0, outcome
    assert outcome.animations > 0, outcome
    assert outcome.duplicates == 0, outcome
    assert outcome.limits_exceeded == 0, outcome
    assert outcome.shortest_progress_gap_ms >= 1500.0, outcome
    assert 0.0 < outcome.loop_lag_ms_max < BLOCKED_MS, outcome
