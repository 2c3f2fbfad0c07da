"""`python -m engine.server`: the engine process without the rest of the command line."""

from __future__ import annotations

import argparse
import sys

from engine.server.options import add_options, run

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m engine.server", description="Serve jobs from the queue.")
    add_options(parser)
    sys.exit(run(parser.parse_args()))
