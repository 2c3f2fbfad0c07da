"""A process's counts, readable by Prometheus."""

from __future__ import annotations

from typing import Protocol

from prometheus_client import CollectorRegistry, start_http_server


class _Server(Protocol):
    def shutdown(self) -> None: ...

    def server_close(self) -> None: ...


class Exposition:
    """registry: what is counted since the start; `serve` makes it readable."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._server: _Server | None = None

    def serve(self, port: int, address: str = "127.0.0.1") -> None:
        """Answer scrapes on that port of this machine's address until `close`. Raises OSError when that cannot be."""
        self._server, _ = start_http_server(port, addr=address, registry=self.registry)

    def close(self) -> None:
        """Stop answering."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
