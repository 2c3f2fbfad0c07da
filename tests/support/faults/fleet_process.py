"""A fleet of real engines with the stand-in: `python -m tests.support.faults.fleet_process CONFIG_TOML DEVICE...`."""

from __future__ import annotations

import sys

from engine.process.logs import log_to_stderr
from engine.server.fleet import serve_fleet

if __name__ == "__main__":
    log_to_stderr(as_json=True)
    config, *devices = sys.argv[1:]
    module = [sys.executable, "-m", "tests.support.faults.engine_process", config, "--device"]
    sys.exit(serve_fleet(devices, lambda index, device: [*module, device]))
