"""Faults at random: every job ends exactly once, and nothing of a photo is left.

These are short ones with fixed seeds; `python -m tests.support.faults.storm --jobs 500 --faults 200` is the long one.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.support.faults.storm import Storm

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("broker", ["private", "operators"])
def test_every_job_ends_exactly_once_whatever_is_killed_stopped_cut_or_full(
    tmp_path: Path, broker: str, seed: int
) -> None:
    outcome = asyncio.run(Storm(tmp_path, jobs=50, faults=20, seed=seed, tcp=broker == "operators").run())
    assert sum(outcome.outcomes.values()) == 50, outcome
    assert outcome.twice == 0, outcome
    assert outcome.outcomes["ok"] >= 30, outcome
    assert not any(outcome.stored.values()), outcome
    assert outcome.leftovers == [], outcome
