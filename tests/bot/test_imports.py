"""The bot stays light: nothing that it imports brings the networks or the picture libraries along."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HEAVY = {"torch", "openvino", "onnxruntime", "numpy", "cv2", "PIL", "dlib", "sklearn", "scipy"}


def test_importing_the_whole_bot_loads_nothing_heavy_and_starts_no_work(repository: Path) -> None:
    modules = [
        ".".join(path.relative_to(repository).with_suffix("").parts).removesuffix(".__init__")
        for path in sorted(repository.glob("bot/**/*.py"))
    ]
    assert "bot.jobs.desk" in modules
    program = f"""
import importlib, sys, threading
for name in {modules!r}:
    importlib.import_module(name)
print(threading.active_count(), *{{name.partition('.')[0] for name in sys.modules}})
"""
    ran = subprocess.run([sys.executable, "-c", program], cwd=repository, capture_output=True, text=True, check=True)
    threads, *loaded = ran.stdout.split()
    assert threads == "1"
    assert "discord" in loaded
    assert not set(loaded) & HEAVY
