"""What `engine.remote` starts in tests instead of `engine.server`: the same options, the stand-in as pipeline."""

from __future__ import annotations

import argparse
import sys

from engine.cli.serve import add_options, apply_options
from engine.config import load_config
from engine.server import serve
from engine.server.logs import set_up_logs

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    add_options(parser)
    options = parser.parse_args()
    set_up_logs(options.json)
    sys.exit(serve(apply_options(load_config(options.config), options), pipelines="tests.engine.faults.standin"))
