"""The suite tells by itself which tests should be marked slow."""

from __future__ import annotations

import pytest

from tests.support import slow_tests

MARKED = """
import time, pytest

@pytest.fixture(scope="session")
def shared():
    time.sleep(0.4)

@pytest.fixture
def own():
    time.sleep(0.4)

@pytest.mark.slow
def test_marked():
    time.sleep(0.4)

def test_quick():
    pass

def test_that_sets_up_what_others_use(shared):
    pass

def test_with_a_long_call():
    time.sleep(0.4)

def test_with_a_long_fixture_of_its_own(own):
    pass

def test_that_fails_late():
    time.sleep(0.4)
    assert False
"""


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A folder of tests beside which `LIMIT_S` is short."""
    monkeypatch.setattr(slow_tests, "LIMIT_S", 0.35)
    pytester.makeini("[pytest]\nmarkers = slow: takes long")
    return pytester


def test_what_takes_long_and_is_not_marked_is_listed_with_its_time(run: pytest.Pytester) -> None:
    run.makepyfile(test_inner=MARKED)
    result = run.runpytest_inprocess("-p", "tests.support.slow_tests")
    result.assert_outcomes(passed=5, failed=1)
    listed = [line for line in result.outlines if " s  test_inner.py::" in line]
    names = {line.rpartition("::")[2] for line in listed}
    assert names == {"test_with_a_long_call", "test_with_a_long_fixture_of_its_own", "test_that_fails_late"}
    assert all(0.35 <= float(line.split()[0]) < 60 for line in listed)


def test_nothing_is_said_where_nothing_takes_long(run: pytest.Pytester) -> None:
    run.makepyfile(test_inner="def test_quick(): pass")
    result = run.runpytest_inprocess("-p", "tests.support.slow_tests")
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*not marked slow*")


def test_a_long_list_is_cut_and_says_so(run: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slow_tests, "LIMIT_S", -1.0)
    count = slow_tests.MAX_LISTED + 3
    run.makepyfile(test_inner=f"import pytest\n@pytest.mark.parametrize('n', range({count}))\ndef test_one(n): pass")
    result = run.runpytest_inprocess("-p", "tests.support.slow_tests")
    assert len([line for line in result.outlines if " s  test_inner.py::" in line]) == slow_tests.MAX_LISTED
    result.stdout.fnmatch_lines(["*and 3 more"])
