"""The options of an engine process, and what they start."""

from __future__ import annotations

import argparse
import dataclasses
import logging
import sys
from pathlib import Path
from typing import Any, get_args

from engine.config import Config, load_config
from engine.errors import BadOption, RecedeError
from engine.protocol import Preset

OPTIONS = ("device", "preset", "generator", "workers", "job_limit_s", "metrics_port", "idle_exit_s")
log = logging.getLogger("recede.engine")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options; each overrides its key in [engine] of the configuration."""
    parser.add_argument("--config", type=Path, metavar="FILE", help="configuration (default: ./config.toml)")
    parser.add_argument("--device", help="auto, cpu, cuda:0, ...")
    parser.add_argument("--generator", metavar="FILE", help="a StyleGAN2 checkpoint instead of the default generator")
    parser.add_argument("--preset", choices=get_args(Preset), help="which models to keep warm")
    parser.add_argument("--workers", type=int, metavar="N", help="jobs at the same time")
    parser.add_argument("--job-limit-s", type=float, metavar="S", help="end a job that works longer")
    parser.add_argument("--metrics-port", type=int, metavar="PORT", help="Prometheus metrics on this port")
    parser.add_argument("--idle-exit-s", type=float, metavar="S", help="end after so long without a job")
    parser.add_argument(
        "--all-gpus", action="store_true", help="an engine process for each GPU, started again where one fails"
    )
    parser.add_argument("--allow-second", action="store_true", help="start although an engine serves on this device")
    parser.add_argument("--json", action="store_true", help="logs as one JSON object per line")


def apply_options(config: Config, args: argparse.Namespace) -> Config:
    """`config` with the options that were given. Raises BadConfig."""
    given: dict[str, Any] = {name: getattr(args, name) for name in OPTIONS if getattr(args, name) is not None}
    return dataclasses.replace(config, engine=dataclasses.replace(config.engine, **given))


def run(args: argparse.Namespace) -> int:
    """Serve; the exit code is 2 when the engine cannot start, and the last line of the log says why."""
    from engine.server.serve import REAL_PIPELINES

    return serve_all(args) if args.all_gpus else serve_pipelines(args, REAL_PIPELINES)


def serve_all(args: argparse.Namespace) -> int:
    """An engine process for each GPU; returns the exit status."""
    from engine.process.logs import log_to_stderr
    from engine.server.fleet import all_gpus, serve_fleet

    log_to_stderr(as_json=args.json)
    try:
        if args.device is not None:
            raise BadOption("--all-gpus and --device contradict each other: give one of them.")
        config = apply_options(load_config(args.config), args)
        devices = all_gpus()
    except RecedeError as error:
        log.error("%s", error.sentence, extra={"event": "failed", "code": error.code})
        return 2
    return serve_fleet(devices, lambda index, device: engine_command(args, config, index, device))


def engine_command(args: argparse.Namespace, config: Config, index: int, device: str) -> list[str]:
    """The command line of one engine of several: the options that were given, its device, and a port of its own."""
    words = [sys.executable, "-m", "engine.server", "--device", device]
    for name in OPTIONS:
        if name not in ("device", "metrics_port") and getattr(args, name) is not None:
            words += [f"--{name.replace('_', '-')}", str(getattr(args, name))]
    if config.engine.metrics_port:
        words += ["--metrics-port", str(config.engine.metrics_port + index)]
    if args.config is not None:
        words += ["--config", str(args.config)]
    return words + ["--allow-second"] * args.allow_second + ["--json"] * args.json


def serve_pipelines(args: argparse.Namespace, pipelines: str) -> int:
    """`run`, with the work done by the module `pipelines`."""
    from engine.process.logs import log_to_stderr
    from engine.server.serve import serve

    log_to_stderr(as_json=args.json)
    try:
        config = apply_options(load_config(args.config), args)
    except RecedeError as error:
        log.error("%s", error.sentence, extra={"event": "failed", "code": error.code})
        return 2
    return serve(config, pipelines=pipelines, allow_second=args.allow_second)
