"""Threads that wait do not burn the core that others need."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from engine.runtime.threads import SPIN_TURNS, spin_briefly


def test_waiting_threads_are_told_to_spin_briefly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GOMP_SPINCOUNT", raising=False)
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    spin_briefly()
    assert os.environ["GOMP_SPINCOUNT"] == str(SPIN_TURNS)
    assert os.environ["OPENBLAS_NUM_THREADS"] == "1"


def test_a_setting_that_the_user_made_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOMP_SPINCOUNT", "7")
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "2")
    spin_briefly()
    assert os.environ["GOMP_SPINCOUNT"] == "7"
    assert os.environ["OPENBLAS_NUM_THREADS"] == "2"


@pytest.mark.parametrize("module", ["engine.cli", "engine.server.worker"])
def test_the_entry_points_load_neither_torch_nor_numpy_before_they_can_say_so(module: str) -> None:
    program = f"import sys, {module}; print('torch' in sys.modules or 'numpy' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "False"
