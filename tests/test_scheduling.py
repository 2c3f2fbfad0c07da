"""Which worker of pytest-xdist runs which file."""

from __future__ import annotations

import pytest

from tests.support import scheduling

NOTES_ITS_WORKER = """
import os, pathlib, pytest

@pytest.mark.parametrize("n", range(3))
def test_one(n):
    with (pathlib.Path(__file__).parents[2] / "ran").open("a") as file:
        file.write(os.environ["PYTEST_XDIST_WORKER"] + " " + pathlib.Path(__file__).parent.name + chr(10))
"""


def test_files_that_wait_run_beside_files_that_compute(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All that wait come first by name; with --dist loadscope alone both workers would begin with them."""
    monkeypatch.setattr(scheduling, "WAITING", ("tests/bot/",))
    for folder in ("bot", "faces"):
        for number in range(2):
            path = pytester.path / "tests" / folder / f"test_{number}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(NOTES_ITS_WORKER)
    words = ("-n", "2", "--dist", "loadscope", "--no-loadscope-reorder", "--import-mode=importlib")
    pytester.runpytest_inprocess("-p", "tests.support.scheduling", *words).assert_outcomes(passed=12)
    ran = (pytester.path / "ran").read_text().splitlines()
    firsts: dict[str, str] = {}
    for line in ran:
        worker, _, kind = line.partition(" ")
        firsts.setdefault(worker, kind)
    assert firsts == {"gw0": "bot", "gw1": "faces"}
