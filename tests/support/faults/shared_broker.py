"""One broker for many tests, each under a name of its own."""

from __future__ import annotations

import socket
import subprocess
import time
import uuid
from pathlib import Path

from engine.broker.program import find_program
from tests.support.faults.harness import PATIENCE_S

TOKEN = "of-the-tests"


class SharedBroker:
    """A nats-server as an operator would run it, on loopback, with its store in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.url = f"nats://127.0.0.1:{free_port()}"
        path = folder / "nats.conf"
        path.write_text(
            f'listen: "{self.url.removeprefix("nats://")}"\nauthorization {{ token: "{TOKEN}" }}\nmax_payload: 64MB\n'
            f'max_pending: 256MB\njetstream {{ store_dir: "{folder}/store", max_file: 100TB }}\n'
        )
        self._server = subprocess.Popen([find_program(), "-c", str(path)], stderr=subprocess.DEVNULL)
        self._wait()

    def lines(self) -> str:
        """Lines of [queue] that lead here, under a name that nobody else has."""
        return f'url = "{self.url}"\ntoken = "{TOKEN}"\nname = "test-{uuid.uuid4().hex[:12]}"\n'

    def end(self) -> None:
        """Stop it."""
        self._server.kill()
        self._server.wait()

    def _wait(self) -> None:
        host, _, port = self.url.removeprefix("nats://").rpartition(":")
        deadline_s = time.monotonic() + PATIENCE_S
        while True:
            try:
                socket.create_connection((host, int(port)), timeout=1.0).close()
                return
            except OSError:
                assert time.monotonic() < deadline_s, "the broker did not start"
                time.sleep(0.02)


def free_port() -> int:
    """A port of loopback on which nothing listens at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
