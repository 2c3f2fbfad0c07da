"""The decoding child can neither look around nor talk to anybody, where the kernel can see to that."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.photo.reader import CHILD, _child_path

PROGRAM = """
import json, os, socket, sys
sys.path += sys.argv[3:]
from decoding import sandbox
held = sandbox.enter()

def may(work):
    try:
        work()
    except OSError:
        return False
    return True

def run():
    os.execv(sys.executable, [sys.executable, "-c", "print('{}')"])

from PIL import Image
Image.init()
told = {
    "held": held,
    "environment": may(lambda: open(f"/proc/{os.getppid()}/environ", "rb").read()),
    "memory": may(lambda: open(f"/proc/{os.getppid()}/mem", "rb")),
    "secret": may(lambda: open(sys.argv[1]).read()),
    "write": may(lambda: open(sys.argv[2], "w")),
    "network": may(lambda: socket.create_connection(("127.0.0.1", 9), 1.0)),
    "socket": may(socket.socket),
    "signal": may(lambda: os.kill(os.getppid(), 0)),
    "program": may(run),
}
print(json.dumps(told))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="Landlock and seccomp are Linux's")
def test_the_child_reads_no_file_of_ours_and_reaches_nobody(tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text("of the broker")
    words = [sys.executable, *CHILD[:4], PROGRAM, str(secret), str(tmp_path / "copy"), *_child_path()]
    ran = subprocess.run(words, capture_output=True, text=True, check=False, env={"PATH": os.environ["PATH"]})
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    landlock, seccomp = told.pop("held")
    if not (landlock and seccomp):
        pytest.skip("this kernel has no Landlock or no seccomp")
    assert told == dict.fromkeys(told, False)
