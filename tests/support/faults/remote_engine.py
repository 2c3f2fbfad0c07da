"""What `engine.queue.remote` starts in tests instead of `engine.server`: the same options, the stand-in as pipeline."""

from __future__ import annotations

import argparse
import sys

from engine.server.options import add_options, serve_pipelines

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    add_options(parser)
    sys.exit(serve_pipelines(parser.parse_args(), "tests.support.faults.standin"))
