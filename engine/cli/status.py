"""`recede status`: what broker, engines and queue are doing."""

from __future__ import annotations

import argparse
import asyncio
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.broker.private import PrivateBroker
from engine.config import Config, load_config
from engine.protocol import EngineStatus
from engine.queue import MemoryLedger, open_queue
from engine.runtime.state import state_dir

if TYPE_CHECKING:
    from engine.cli.arguments import Parser

ENGINES_WAIT_S = 0.5


def add_parser(subparsers: argparse._SubParsersAction[Parser]) -> None:
    """Add the command."""
    parser = subparsers.add_parser("status", help="show broker, engines and queue", description="Starts nothing.")
    parser.add_argument("--config", type=Path, metavar="FILE", help="configuration (default: ./config.toml)")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of text")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the state; the exit code is 1 when no broker runs. Raises BadConfig, BrokerUnreachable."""
    state = asyncio.run(look(load_config(args.config), state_dir()))
    print(json.dumps(state) if args.json else as_text(state))
    return 0 if state["broker"]["running"] else 1


async def look(config: Config, folder: Path) -> dict[str, Any]:
    """The state of broker, engines and queue as plain data. Starts no broker. Raises BrokerUnreachable."""
    private = PrivateBroker(folder, config.queue.nats_server)
    address = None if config.queue.url else await asyncio.to_thread(private.address)
    broker: dict[str, Any] = {"url": config.queue.url.rpartition("@")[2], "private": not config.queue.url}
    if not config.queue.url:
        if address is None:
            return {"broker": {**broker, "running": False}, "engines": [], "jobs": []}
        broker.update(url=address.url, pid=address.pid, users=private.users())
    queue = await open_queue(config.queue, "status", folder, ledger=MemoryLedger(), patience_s=5.0)
    try:
        engines = await queue.engines(ENGINES_WAIT_S)
        tickets = await queue.tickets()
        stored = await queue.stored()
    finally:
        await queue.close()
    running = {job_id for engine in engines for job_id in engine.running}
    return {
        "broker": {**broker, "running": True, "stored": stored},
        "engines": [asdict(engine) for engine in engines],
        "jobs": [{**asdict(ticket), "running": ticket.job_id in running} for ticket in tickets],
    }


def as_text(state: dict[str, Any]) -> str:
    """What `look` found, for people."""
    broker = state["broker"]
    if not broker["running"]:
        return "no broker runs; whoever needs it starts it"
    kind = f"private, process {broker['pid']}, {broker['users']} users" if broker["private"] else "the operator's"
    lines = [f"broker  {broker['url']} ({kind})"]
    for found in state["engines"]:
        engine = EngineStatus(**found)
        silent = f", silent: {' '.join(engine.silent)}" if engine.silent else ""
        lines.append(
            f"engine  {engine.engine_id} on {engine.device or '?'}: {engine.state}, {len(engine.running)} jobs under "
            f"way, {engine.workers} workers, {engine.succeeded} done, {engine.failed} failed, "
            f"{engine.mean_job_s:.1f} s a job, {engine.memory_bytes / 2**20:.0f} MiB, "
            f"{engine.revived} parts revived{silent}"
        )
    if not state["engines"]:
        lines.append("engine  none answers")
    waiting = sum(not job["running"] for job in state["jobs"])
    lines.append(f"queue   {waiting} waiting, {len(state['jobs']) - waiting} running")
    return "\n".join(lines)
