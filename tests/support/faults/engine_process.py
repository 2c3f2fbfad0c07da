"""A real engine process whose pipeline is the stand-in.

`python -m tests.support.faults.engine_process CONFIG_TOML [--second] [--device NAME]`
"""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

from engine.config import load_config
from engine.process.logs import log_to_stderr
from engine.server.serve import serve

if __name__ == "__main__":
    log_to_stderr(as_json=True)
    config = load_config(Path(sys.argv[1]))
    if "--device" in sys.argv:
        device = sys.argv[sys.argv.index("--device") + 1]
        config = dataclasses.replace(config, engine=dataclasses.replace(config.engine, device=device))
    sys.exit(serve(config, pipelines="tests.support.faults.standin", allow_second="--second" in sys.argv))
