"""Faults at random: every job ends exactly once, and nothing of a photo is left.

These are short ones with fixed seeds, with a full disk where a small one can be mounted; `recede bench storm` is the
long one.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from engine.bench.storm.storm import Storm

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("operators", [False, True])
@pytest.mark.parametrize("broker_only", [False, True])
def test_every_job_ends_exactly_once_whatever_is_killed_stopped_or_cut(
    tmp_path: Path, broker_only: bool, operators: bool
) -> None:
    outcome = asyncio.run(Storm(tmp_path, 30, 10, 1, operators, broker_only, full_disk=True).run())
    assert outcome.clean, outcome
    assert outcome.outcomes["ok"] >= 20, outcome
