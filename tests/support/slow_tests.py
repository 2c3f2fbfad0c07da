"""A pytest plugin: tests that take long without saying so are listed at the end of the run.

Counted is what a test costs by itself, its call and its own fixtures, on this machine's clock. What fixtures of a wider
scope cost is shared by many tests and charged to none.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Any

import pytest

# Above it, a test is one to be marked `slow`: a thousand such tests would be an hour and a half.
LIMIT_S = 5.0
# Longer lists are cut; whoever marks the first ones sees the rest.
MAX_LISTED = 20
SHARED_S = pytest.StashKey[float]()


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
) -> Generator[None, object, object]:
    """Remember with the test how long fixtures took that others use, too."""
    begun_s = time.perf_counter()
    try:
        return (yield)
    finally:
        if fixturedef.scope != "function":
            stash = request.config.stash
            stash[SHARED_S] = stash.get(SHARED_S, 0.0) + time.perf_counter() - begun_s


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Put into the report what this phase cost the test alone, and whether it said so. Workers send reports as JSON."""
    report = yield
    shared_s = item.config.stash.get(SHARED_S, 0.0)
    item.config.stash[SHARED_S] = 0.0
    # The end of a fixture that others used falls to the last of them, so only the call and the beginning are counted.
    own_s = 0.0 if report.when == "teardown" else max(0.0, report.duration - shared_s)
    marked_slow = item.get_closest_marker("slow") is not None
    report.__dict__.update(own_s=own_s, marked_slow=marked_slow)
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """A line for each test above the limit that is not marked, longest first; nothing where there is none."""
    taken_s: dict[str, float] = {}
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport) and not getattr(report, "marked_slow", True):
                taken_s[report.nodeid] = taken_s.get(report.nodeid, 0.0) + float(getattr(report, "own_s", 0.0))
    above = sorted(((took_s, name) for name, took_s in taken_s.items() if took_s > LIMIT_S), reverse=True)
    if not above:
        return
    terminalreporter.section(f"above {LIMIT_S:.0f} s and not marked slow: {len(above)}", yellow=True)
    for took_s, name in above[:MAX_LISTED]:
        terminalreporter.write_line(f"{took_s:7.1f} s  {name}")
    if len(above) > MAX_LISTED:
        terminalreporter.write_line(f"           and {len(above) - MAX_LISTED} more")
