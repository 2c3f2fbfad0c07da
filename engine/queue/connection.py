"""One process's connection to the broker, kept up: what breaks is made again, and what was asked is asked again.

nats-py's own reconnecting is switched off. It buffers what is published meanwhile, keeps requests waiting that can
no longer be answered, and cannot follow a private broker to its new port; a fresh connection is simpler to reason
about.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import nats
import nats.errors
import nats.js.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.api import PubAck

from engine.broker.private import BrokerAddress, PrivateBroker, reap_brokers
from engine.config import QueueConfig
from engine.errors import BrokerMissing, BrokerUnreachable, RecedeError, StateUnusable
from engine.protocol import MIB
from engine.queue.dial import (
    STREAM_NOT_FOUND,
    GuardedClient,
    Handler,
    abort,
    guarded,
    is_transient,
    server_and_credentials,
)
from engine.queue.tasks import Supervisor, end_tasks, start
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
PING_INTERVAL_S = 4
# nats-py's own pings do not show that its reader has died, nor that a drain of its socket never returns.
PROBE_PERIOD_S = 1.0
PROBE_TIMEOUT_S = 15
# Starting a private broker takes up to 15 s, making the streams on a slow disk a few.
CONNECT_LIMIT_S = 40.0
CLOSE_TIMEOUT_S = 2.0
ROOM_PERIOD_S = 5.0  # between two looks whether the disk has more room than it had
# Between two restarts of a broker that does not serve: a restart that has not helped will not help at once either.
FIRST_RESTART_GAP_S, LONGEST_RESTART_GAP_S = 1.0, 60.0
CALM_S = 300.0
PART, ROOM_PART = "link", "room"
MAX_BUFFER_BYTES = 128 * 2**20

# NoServersError hides why there is none.
HANGING_UP = (nats.errors.NoServersError, nats.errors.UnexpectedEOF, ConnectionResetError, BrokenPipeError)


class _Lost(Exception):
    """The connection went away under a request."""


class Connection:
    """A connection to the broker of `config`; `prepare` runs on each new one (make streams, for instance)."""

    def __init__(self, config: QueueConfig, state: Path, name: str, tasks: Supervisor | None = None) -> None:
        self.config = config
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
        self._bad_since_s: float | None = None
        self._restarted_s = -CALM_S
        self._restart_gap_s = FIRST_RESTART_GAP_S
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

    async def max_payload_bytes(self, patience_s: float = PATIENCE_S) -> int:
        """The longest message that the broker takes. Raises BrokerUnreachable."""
        client = await self._wait_ready(time.monotonic() + patience_s)
        return client.max_payload

    @property
    def store_bytes(self) -> int:
        """How much of the broker's disk the queue may take."""
        return self._address.store_bytes if self._address is not None else self.config.store_mib * MIB

    async def wait_lost(self) -> None:
        """Returns once the present connection is gone."""
        await self._lost.wait()

    async def call(
        self, operation: Callable[[JetStreamContext], Awaitable[Answer]], patience_s: float = PATIENCE_S
    ) -> Answer:
        """The answer to `operation`, which may run several times until the broker answers. Raises BrokerUnreachable
        when it does not within `patience_s`, and nats' APIError for what the broker refuses for good."""
        deadline_s = time.monotonic() + patience_s
        while True:
            client = await self._wait_ready(deadline_s)
            try:
                answer = await self._unless_lost(operation(client.jetstream(timeout=REQUEST_TIMEOUT_S)))
                self._bad_since_s = None
                return answer
            except nats.js.errors.APIError as error:
                if not is_transient(error):
                    raise
                self._last_error = error.description or "the broker's store does not serve"
                if error.err_code == STREAM_NOT_FOUND:
                    await self._prepare_again(client)
                await self._note_trouble(REFUSING_LIMIT_S)
            except (TimeoutError, _Lost, nats.errors.Error, nats.js.errors.Error, OSError) as error:
                self._last_error = str(error) or type(error).__name__
                if not isinstance(error, _Lost):
                    refused = isinstance(error, nats.js.errors.NoStreamResponseError)
                    if refused:
                        await self._prepare_again(client)
                    await self._note_trouble(REFUSING_LIMIT_S if refused else SILENT_LIMIT_S)
            if time.monotonic() > deadline_s:
                raise self._unreachable()
            await asyncio.sleep(RETRY_PAUSE_S)

    async def store(
        self, subject: str, payload: bytes, headers: dict[str, str], patience_s: float = PATIENCE_S
    ) -> PubAck:
        """Publish into a stream; returns when the message is on disk. `headers` should hold a Nats-Msg-Id, since
        a message whose acknowledgement was lost is sent again."""
        # The longer a message, the longer its way to the disk.
        timeout_s = REQUEST_TIMEOUT_S + len(payload) / 5e6
        return await self.call(
            lambda js: js.publish(subject, payload, headers=dict(headers), timeout=timeout_s), patience_s
        )

    async def send(self, subject: str, payload: bytes = b"") -> None:
        """Publish to whoever listens now; lost without a word when the connection is down."""
        client = self._client
        if client is not None and self._ready.is_set():
            # nats-py waits for its flusher, which a connection that is gone no longer has.
            with contextlib.suppress(nats.errors.Error, OSError, _Lost):
                await self._unless_lost(client.publish(subject, payload))

    async def subscribe(self, subject: str, handler: Handler) -> None:
        """Call `handler` for every message on `subject`, on this connection and the ones after it."""
        self._subscriptions.append((subject, handler))
        client = self._client
        if client is not None and self._ready.is_set():
            with contextlib.suppress(nats.errors.Error, OSError):
                await client.subscribe(subject, cb=guarded(handler))

    async def pull(self, stream: str, consumer: str, wait_s: float = 0.0) -> Msg | None:
        """The next message of a pull consumer, None when there is none within `wait_s`. Raises NotFoundError of
        nats where there is no such consumer, BrokerUnreachable when the connection is lost."""
        request: dict[str, Any] = {"batch": 1}
        if wait_s > 0:
            request["expires"] = int(wait_s * 1e9)
        else:
            request["no_wait"] = True
        answers = await self.ask(
            f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{consumer}", json.dumps(request).encode(), wait_s + REQUEST_TIMEOUT_S
        )
        message = answers[0] if answers else None
        if message is None:
            return None
        status = (message.headers or {}).get("Status")
        if status is None:
            return message
        if status == "503":
            raise nats.js.errors.NotFoundError(code=404, description="no such consumer")
        if status not in ("404", "408"):
            raise nats.js.errors.NotFoundError(code=404, description=f"the consumer answers {status}")
        return None

    async def pull_all(self, stream: str, consumer: str, most: int) -> list[Msg]:
        """What a pull consumer has at this moment, up to `most` messages. Raises BrokerUnreachable when it cannot be
        known whether that is all."""
        request = json.dumps({"batch": most, "no_wait": True}).encode()
        answers = await self.ask(f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{consumer}", request, REQUEST_TIMEOUT_S, most)
        messages = [message for message in answers if "Status" not in (message.headers or {})]
        ended = len(messages) < len(answers) and (answers[-1].headers or {}).get("Status") in ("404", "408")
        if len(messages) < most and not ended:
            raise self._unreachable()
        return messages

    async def ask(self, subject: str, payload: bytes, wait_s: float, most: int = 1) -> list[Msg]:
        """Up to `most` answers to a request that arrive within `wait_s`; fewer when the broker says that there are
        no more, or when the connection is lost."""
        client = self._client
        if client is None or not self._ready.is_set():
            return []
        answers: asyncio.Queue[Msg] = asyncio.Queue()
        inbox = client.new_inbox()
        got: list[Msg] = []
        deadline_s = time.monotonic() + wait_s
        try:
            subscription = await self._unless_lost(client.subscribe(inbox, cb=answers.put))
            try:
                await self._unless_lost(client.publish(subject, payload, reply=inbox))
                while len(got) < most:
                    left_s = deadline_s - time.monotonic()
                    async with asyncio.timeout(max(left_s, 0.001)):
                        got.append(await self._unless_lost(answers.get()))
                    if "Status" in (got[-1].headers or {}):
                        break
            finally:
                with contextlib.suppress(nats.errors.Error, OSError, _Lost):
                    await self._unless_lost(subscription.unsubscribe())
        except (TimeoutError, _Lost, nats.errors.Error, OSError):
            pass
        return got

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
        with contextlib.suppress(RecedeError, TimeoutError, _Lost, nats.errors.Error, nats.js.errors.Error, OSError):
            for step in self.prepare:
                await self._unless_lost(step(client.jetstream(timeout=REQUEST_TIMEOUT_S)))

    async def _unless_lost(self, work: Awaitable[Answer]) -> Answer:
        """The outcome of `work`, or _Lost as soon as the connection is gone."""
        gone = self._lost

        async def wait_lost() -> None:
            await gone.wait()

        async def run() -> Answer:
            return await work

        task, lost = start(run()), start(wait_lost())
        try:
            await asyncio.wait((task, lost), return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                raise _Lost("the connection was lost")
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

    async def _note_trouble(self, limit_s: float) -> None:
        """Replace a private broker that has not served for `limit_s`."""
        now_s = time.monotonic()
        if self._bad_since_s is None:
            self._bad_since_s = now_s
        elif self._broker is not None and now_s - self._bad_since_s > limit_s:
            since_s = now_s - self._restarted_s
            if since_s < self._restart_gap_s:
                return
            calm = since_s > CALM_S
            self._restart_gap_s = FIRST_RESTART_GAP_S if calm else min(2 * self._restart_gap_s, LONGEST_RESTART_GAP_S)
            self._restarted_s = self._bad_since_s = now_s
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
                expected = (TimeoutError, _Lost, RecedeError, nats.errors.Error, nats.js.errors.Error, OSError)
                if not isinstance(error, expected):
                    log.exception("connecting failed in a new way", extra={"event": "connect_failed"})
                self.tasks.lives(PART)
                self._remember(error)
                await self._drop_client()
                await self._note_trouble(SILENT_LIMIT_S)
                await asyncio.sleep(RETRY_PAUSE_S)
                continue
            self._ready.set()
            await self._watch_connection()
            self._ready.clear()
            await self._drop_client()
            reap_brokers()

    async def _watch_connection(self) -> None:
        """Returns once the connection is gone, whether or not nats-py says so."""
        client, lost = self._client, self._lost
        assert client is not None
        probe: asyncio.Task[None] | None = None
        sent_s = time.monotonic()
        try:
            while not lost.is_set() and not client.is_closed:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(PROBE_PERIOD_S):
                        await lost.wait()
                self.tasks.lives(PART)
                if probe is not None and probe.done():
                    if probe.cancelled() or probe.exception() is not None:
                        return
                    probe = None
                if probe is None and time.monotonic() - sent_s > PING_INTERVAL_S:
                    sent_s = time.monotonic()
                    probe = start(client.flush(PROBE_TIMEOUT_S))
        finally:
            if probe is not None:
                probe.cancel()

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
            ping_interval=PING_INTERVAL_S,
            max_outstanding_pings=2,
            pending_size=MAX_BUFFER_BYTES,
            closed_cb=closed,
            disconnected_cb=closed,
            error_cb=complained,
        )
        for step in self.prepare:
            await self._unless_lost(step(client.jetstream(timeout=REQUEST_TIMEOUT_S)))
        for subject, handler in self._subscriptions:
            await client.subscribe(subject, cb=guarded(handler))
        self._bad_since_s = None
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
