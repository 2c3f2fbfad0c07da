"""One process's link to the broker, kept up: what breaks is made again.

nats-py's own reconnecting is switched off. It buffers what is published meanwhile, keeps requests waiting that can
no longer be answered, and cannot follow a private broker to its new port; a fresh connection is simpler to reason
about.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import nats.errors
import nats.js.errors
from nats.aio.client import Client
from nats.js import JetStreamContext

from engine.broker.private import BrokerAddress, PrivateBroker, reap_brokers
from engine.config import QueueConfig
from engine.errors import BrokerMissing, BrokerUnreachable, RecedeError, StateUnusable
from engine.protocol import MIB
from engine.queue.dial import GuardedClient, Handler, abort, guarded, server_and_credentials
from engine.queue.probe import ProbeSettings, until_gone
from engine.queue.tasks import Supervisor, end_tasks, start
from engine.queue.troubles import Service, Troubles
from engine.runtime.state import full_disk

log = logging.getLogger("recede.queue")

Answer = TypeVar("Answer")

REQUEST_TIMEOUT_S = 3.0
PATIENCE_S = 20.0
RETRY_PAUSE_S = 0.1
DISK_PAUSE_S = 1.0  # room is not made in an instant
# A private broker that answers nothing for so long (it is stopped, or hangs) is replaced. Its JetStream switches
# itself off when the disk is full and stays off: that shows as 503 at once, and only a restart brings it back.
SILENT_LIMIT_S = 10.0
REFUSING_LIMIT_S = 1.0
# Starting a private broker takes up to 15 s, making the streams on a slow disk a few.
CONNECT_LIMIT_S = 40.0
CLOSE_TIMEOUT_S = 2.0
ROOM_PERIOD_S = 5.0  # between two looks whether the disk has more room than it had
PART, ROOM_PART = "link", "room"
MAX_BUFFER_BYTES = 128 * 2**20

# NoServersError hides why there is none.
HANGING_UP = (nats.errors.NoServersError, nats.errors.UnexpectedEOF, ConnectionResetError, BrokenPipeError)


class LinkLost(Exception):
    """The connection went away under a request."""


class Link:
    """A link to the broker of `config`; `prepare` runs on each new connection (make streams, for instance)."""

    def __init__(
        self,
        config: QueueConfig,
        state: Path,
        name: str,
        tasks: Supervisor | None = None,
        probe: ProbeSettings = ProbeSettings(),
    ) -> None:
        self.config = config
        self._probe = probe
        self.tasks = tasks or Supervisor()
        self._name = name
        self._broker = None if config.url else PrivateBroker(state, config.nats_server, config.store_mib)
        self._address: BrokerAddress | None = None
        self._client: Client | None = None
        self._ready = asyncio.Event()
        self._lost = asyncio.Event()
        self._keepers: list[asyncio.Task[None]] = []
        self._joining: asyncio.Task[BrokerAddress] | None = None
        self._measuring: asyncio.Task[BrokerAddress | None] | None = None
        self._fatal: RecedeError | None = None
        self._last_error = ""
        self._troubles = Troubles()
        self._subscriptions: list[tuple[str, Handler]] = []
        self.prepare: list[Callable[[JetStreamContext], Awaitable[None]]] = []
        self.connections = 0

    async def open(self, patience_s: float = PATIENCE_S) -> None:
        """Connect, starting the private broker if need be. Raises BrokerMissing, BrokerUnreachable."""
        self._keepers = [self.tasks.keep(PART, self._keep)]
        if self._broker is not None:
            self._keepers.append(self.tasks.keep(ROOM_PART, self._follow_room))
        try:
            await self._wait_ready(time.monotonic() + patience_s)
        except BaseException:
            await self.close()
            raise

    async def close(self, linger_s: float = 0.0) -> None:
        """Disconnect and give up this process's share in the private broker."""
        await end_tasks(self._keepers)
        self._keepers.clear()
        await self._drop_client()
        if self._broker is not None:
            # Nobody can stop the thread that is starting the broker; left behind, it would start one for nobody.
            threads = [thread for thread in (self._joining, self._measuring) if thread is not None]
            if threads:
                await asyncio.wait(threads)
            await asyncio.to_thread(self._broker.leave, linger_s)

    @property
    def connected(self) -> bool:
        """Whether requests can be sent at this moment."""
        return self._ready.is_set()

    @property
    def store_bytes(self) -> int:
        """How much of the broker's disk the queue may take."""
        return self._address.store_bytes if self._address is not None else self.config.store_mib * MIB

    async def wait_lost(self) -> None:
        """Returns once the present connection is gone."""
        await self._lost.wait()

    async def _follow_room(self) -> None:
        """Let the streams grow once the disk, which was full when the broker started, has room again."""
        assert self._broker is not None
        while True:
            self.tasks.lives(ROOM_PART)
            await asyncio.sleep(ROOM_PERIOD_S)
            client = self._client
            if client is None or not self._ready.is_set():
                continue
            self._measuring = start(asyncio.to_thread(self._broker.grow))
            try:
                address = await asyncio.shield(self._measuring)
            except (OSError, ValueError):  # a disk that takes nothing has no room to tell
                continue
            if address is not None and self._address is not None and address.store_bytes != self._address.store_bytes:
                self._address = replace(self._address, store_bytes=address.store_bytes)
                await self._prepare_again(client)

    async def _prepare_again(self, client: Client) -> None:
        """Make what the broker no longer has, or should have another size, though the connection to it stands."""
        with contextlib.suppress(RecedeError, TimeoutError, LinkLost, nats.errors.Error, nats.js.errors.Error, OSError):
            for prepare in self.prepare:
                await self._unless_lost(prepare(client.jetstream(timeout=REQUEST_TIMEOUT_S)))

    async def _unless_lost(self, work: Awaitable[Answer]) -> Answer:
        """The outcome of `work`, or LinkLost as soon as the connection is gone."""
        gone = self._lost

        async def wait_lost() -> None:
            await gone.wait()

        async def run() -> Answer:
            return await work

        task, lost = start(run()), start(wait_lost())
        try:
            await asyncio.wait((task, lost), return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                raise LinkLost("the connection was lost")
            return task.result()
        finally:
            lost.cancel()
            if not task.done():
                task.cancel()

    async def _wait_ready(self, deadline_s: float) -> Client:
        while not self._ready.is_set():
            if self._fatal is not None:
                raise self._fatal
            left_s = deadline_s - time.monotonic()
            if left_s <= 0:
                raise self._unreachable()
            with contextlib.suppress(asyncio.TimeoutError):
                async with asyncio.timeout(min(left_s, 0.5)):
                    await self._ready.wait()
        assert self._client is not None
        return self._client

    def _unreachable(self) -> BrokerUnreachable:
        full = full_disk(self._broker.state) if self._broker is not None else None
        if full is not None:
            return BrokerUnreachable(full.sentence)
        where = self.config.url.rpartition("@")[2] or "the private broker"
        why = f" ({self._last_error})" if self._last_error else ""
        return BrokerUnreachable(f"The queue at {where} does not answer{why}: check that it runs, then try again.")

    async def _note_trouble(self, limit_s: float, service: Service = "ask") -> None:
        """Replace a private broker that has not served for `limit_s`."""
        if self._broker is None:
            return
        if service == "store" and full_disk(self._broker.state) is not None:
            return  # another one could not store anything either
        if self._troubles.call_for_another(service, limit_s):
            log.warning("the broker does not serve and is started again", extra={"event": "broker_restart"})
            with contextlib.suppress(RecedeError, OSError):
                await asyncio.to_thread(self._broker.restart, self._address)

    async def _keep(self) -> None:
        """Stay connected until closed."""
        while self._fatal is None:
            try:
                async with asyncio.timeout(CONNECT_LIMIT_S):
                    await self._connect()
            except BrokerMissing as error:
                self._fatal = error
                return
            except StateUnusable as error:
                if not self.connections:  # at the start nobody is there who could wait for room or permission
                    self._fatal = error
                    return
                self._remember(error)
                self.tasks.lives(PART)
                await asyncio.sleep(DISK_PAUSE_S)
                continue
            except Exception as error:
                # Whatever it is, nats-py's inner workings included: without a connection nothing else works.
                expected = (TimeoutError, LinkLost, RecedeError, nats.errors.Error, nats.js.errors.Error, OSError)
                if not isinstance(error, expected):
                    log.exception("connecting failed in a new way", extra={"event": "connect_failed"})
                self.tasks.lives(PART)
                self._remember(error)
                await self._drop_client()
                await self._note_trouble(SILENT_LIMIT_S)
                await asyncio.sleep(RETRY_PAUSE_S)
                continue
            self._ready.set()
            assert self._client is not None
            await until_gone(self._client, self._lost, lambda: self.tasks.lives(PART), self._probe)
            self._ready.clear()
            await self._drop_client()
            reap_brokers()

    async def _connect(self) -> None:
        self._lost = lost = asyncio.Event()

        async def closed() -> None:
            lost.set()

        async def complained(error: Exception) -> None:
            self._remember(error)

        if self._broker is not None:
            self._joining = start(asyncio.to_thread(self._broker.join))
            self._address = await asyncio.shield(self._joining)
        client = GuardedClient()
        self._client = client
        await client.connect(
            **server_and_credentials(self.config, self._address),
            name=self._name,
            allow_reconnect=False,
            # Each server is tried twice before this gives up, and the address is looked up again.
            max_reconnect_attempts=1,
            reconnect_time_wait=0,
            connect_timeout=5,
            ping_interval=self._probe.ping_interval_s,
            max_outstanding_pings=2,
            pending_size=MAX_BUFFER_BYTES,
            closed_cb=closed,
            disconnected_cb=closed,
            error_cb=complained,
        )
        for prepare in self.prepare:
            await self._unless_lost(prepare(client.jetstream(timeout=REQUEST_TIMEOUT_S)))
        for subject, handler in self._subscriptions:
            await client.subscribe(subject, cb=guarded(handler))
        self._troubles.all_over()
        self._last_error = ""
        self.connections += 1

    def _remember(self, error: Exception) -> None:
        """Keep why there is no connection, for whoever has to be told."""
        # A broker that refuses says why and then hangs up: the cut that follows says less than its words.
        if self._last_error and isinstance(error, HANGING_UP):
            return
        self._last_error = str(error) or type(error).__name__

    async def _drop_client(self) -> None:
        client, self._client = self._client, None
        self._ready.clear()
        self._lost.set()
        if client is not None:
            # It is being thrown away in whatever state it is. Closing it writes, and may hang as the broker does.
            closing = start(client.close())
            await asyncio.wait((closing,), timeout=CLOSE_TIMEOUT_S)
            abort(client)
            await end_tasks((closing,))
