"""A real engine process whose pipeline is the bot tests' stand-in; takes the options of `python -m engine.server`."""

from __future__ import annotations

import argparse
import sys

from engine.server.options import add_options, serve_pipelines

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    add_options(parser)
    sys.exit(serve_pipelines(parser.parse_args(), "tests.support.bot.standin"))
