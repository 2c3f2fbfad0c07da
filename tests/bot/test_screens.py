"""docs/screens.md shows what the bot says today."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.support.bot.screens import PAGE, essence, make_page


@pytest.mark.slow
def test_the_page_of_screens_is_fresh_except_for_numbers(tmp_path: Path) -> None:
    page = asyncio.run(make_page(tmp_path))
    fresh = essence(page) == essence(PAGE.read_text("utf-8"))
    assert fresh, "docs/screens.md is out of date: run `python -m tests.support.bot.screens`"
