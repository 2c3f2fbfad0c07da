"""What goes wrong, row by row of tests.support.bot.failures."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.support.bot import (  # noqa: F401  the table's rows
    failures_alone,
    failures_discord,
    failures_moving,
    failures_people,
)
from tests.support.bot.failures import TABLE
from tests.support.bot.stage import Stage

SHARED = [name for name, row in TABLE.items() if row.shared is not None]
ALONE = [
    pytest.param(name, marks=pytest.mark.slow if row.slow else ())
    for name, row in TABLE.items()
    if row.alone is not None
]


@pytest.mark.slow
@pytest.mark.parametrize("name", SHARED)
def test_failure(stage: Stage, name: str) -> None:
    scenario = TABLE[name].shared
    assert scenario is not None
    stage.run(scenario(stage))


@pytest.mark.slow
@pytest.mark.parametrize("name", ALONE)
def test_failure_of_a_whole_process(name: str, tmp_path: Path) -> None:
    scenario = TABLE[name].alone
    assert scenario is not None
    asyncio.run(scenario(tmp_path))
