"""The broker under attack: the private one, or an operator's with TLS and a user, behind a proxy that cuts."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess
from contextlib import suppress
from pathlib import Path

from engine.bench.storm.proxy import CuttableProxy
from engine.broker.private import PrivateBroker
from engine.broker.program import find_program
from engine.errors import BadOption

USER, PASSWORD = "storm", "of-the-storm"


class AttackedBroker:
    """`state`: where the private one lives; operators: one of an operator's instead."""

    def __init__(self, folder: Path, state: Path, operators: bool) -> None:
        self._folder = folder
        self._state = state
        self._server: subprocess.Popen[bytes] | None = None
        self._port = 0
        self.proxy: CuttableProxy | None = None
        self.operators = operators

    async def open(self) -> str:
        """Start what is to run; returns the lines of [queue] that lead there."""
        if not self.operators:
            return ""
        certificate, key = self._certificate()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]
        (self._folder / "operator.conf").write_text(
            f'listen: "127.0.0.1:{self._port}"\nauthorization {{ user: "{USER}", password: "{PASSWORD}" }}\n'
            f'tls {{ cert_file: "{certificate}", key_file: "{key}" }}\n'
            f'jetstream {{ store_dir: "{self._state.parent / "operator"}", sync_interval: always }}\n'
        )
        self.start()
        self.proxy = CuttableProxy(self._port)
        await self.proxy.open()
        return (
            f'url = "tls://127.0.0.1:{self.proxy.port}"\nuser = "{USER}"\npassword = "{PASSWORD}"\n'
            f'tls_ca = "{certificate}"\n'
        )

    def start(self) -> None:
        """Start the operator's broker, again after a kill; whoever uses the private one starts that."""
        if self.operators and (self._server is None or self._server.poll() is not None):
            self._server = subprocess.Popen(
                [find_program(), "-c", str(self._folder / "operator.conf")],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )

    async def kill(self, away_s: float) -> None:
        """Kill it; an operator's comes back after `away_s`."""
        self._signal(signal.SIGKILL)
        if self._server is not None:
            self._server.wait()
            await asyncio.sleep(away_s)
            self.start()

    async def hang(self, seconds: float) -> None:
        """Let it do nothing for so long."""
        self._signal(signal.SIGSTOP)
        await asyncio.sleep(seconds)
        self._signal(signal.SIGCONT)

    async def close(self) -> None:
        """End it."""
        self._signal(signal.SIGKILL)
        if self._server is not None:
            self._server.wait()
        if self.proxy is not None:
            await self.proxy.close()

    def _signal(self, number: int) -> None:
        if self.operators:
            pid = self._server.pid if self._server is not None and self._server.poll() is None else None
        else:
            address = PrivateBroker(self._state).address()
            pid = address.pid if address is not None else None
        if pid is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def _certificate(self) -> tuple[Path, Path]:
        """A certificate for loopback, and its key. Raises BadOption where openssl is missing."""
        if shutil.which("openssl") is None:
            raise BadOption("The storm on an operator's broker needs openssl for its certificate: install it.")
        certificate, key = self._folder / "certificate.pem", self._folder / "key.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=storm"]
            + ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)],
            check=True,
            capture_output=True,
        )
        return certificate, key
