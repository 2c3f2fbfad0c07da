"""Children end with the process that started them."""

from __future__ import annotations

import os
import subprocess
import sys

import psutil
import pytest

# Starts a child that sleeps, says its number, and waits to be killed.
PARENT = """
import os, signal, subprocess, sys
from engine.process.parent import ending_with
child = subprocess.Popen(
    [sys.executable, "-c", "import time; time.sleep(600)"], preexec_fn=ending_with(os.getpid(), signal.SIGTERM)
)
print(child.pid, flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="other systems tell nobody of a parent's death")
def test_a_child_ends_when_its_parent_is_killed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    psutil.wait_procs([child], timeout=30)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


def test_a_child_whose_parent_is_gone_already_ends_at_once() -> None:
    nobody = os.getpid()  # the child's parent is the program below, not this process
    program = (
        "import os, signal; from engine.process.parent import ending_with; "
        f"ending_with({nobody}, signal.SIGTERM)(); print('lives')"
    )
    inner = f"import subprocess, sys; sys.exit(subprocess.run([sys.executable, '-c', {program!r}]).returncode)"
    ran = subprocess.run([sys.executable, "-c", inner], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (1, "")


def test_a_child_whose_parent_lives_goes_on() -> None:
    program = (
        "import os, signal; from engine.process.parent import ending_with; "
        "ending_with(os.getppid(), signal.SIGTERM)(); print('lives')"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout == "lives\n"
