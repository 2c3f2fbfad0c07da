"""What is asked over a link: asked again when the connection breaks under it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

import nats.errors
import nats.js.errors
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.api import PubAck

from engine.queue.dial import STREAM_NOT_FOUND, Handler, guarded, is_transient
from engine.queue.link import (
    PATIENCE_S,
    REFUSING_LIMIT_S,
    REQUEST_TIMEOUT_S,
    RETRY_PAUSE_S,
    SILENT_LIMIT_S,
    Answer,
    Link,
    LinkLost,
)
from engine.queue.troubles import Service


class Connection(Link):
    """A link with what can be asked over it."""

    async def max_payload_bytes(self, patience_s: float = PATIENCE_S) -> int:
        """The longest message that the broker takes. Raises BrokerUnreachable."""
        client = await self._wait_ready(time.monotonic() + patience_s)
        return client.max_payload

    async def call(
        self,
        operation: Callable[[JetStreamContext], Awaitable[Answer]],
        patience_s: float = PATIENCE_S,
        service: Service = "ask",
    ) -> Answer:
        """The answer to `operation`, which may run several times until the broker answers. Raises BrokerUnreachable
        when it does not within `patience_s`, and nats' APIError for what the broker refuses for good."""
        deadline_s = time.monotonic() + patience_s
        while True:
            client = await self._wait_ready(deadline_s)
            try:
                answer = await self._unless_lost(operation(client.jetstream(timeout=REQUEST_TIMEOUT_S)))
                self._troubles.over(service)
                return answer
            except nats.js.errors.APIError as error:
                if not is_transient(error):
                    raise
                self._last_error = error.description or "the broker's store does not serve"
                if error.err_code == STREAM_NOT_FOUND:
                    await self._prepare_again(client)
                await self._note_trouble(REFUSING_LIMIT_S, service)
            except (TimeoutError, LinkLost, nats.errors.Error, nats.js.errors.Error, OSError) as error:
                self._last_error = str(error) or type(error).__name__
                if not isinstance(error, LinkLost):
                    refused = isinstance(error, nats.js.errors.NoStreamResponseError)
                    if refused:
                        await self._prepare_again(client)
                    await self._note_trouble(REFUSING_LIMIT_S if refused else SILENT_LIMIT_S, service)
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
            lambda js: js.publish(subject, payload, headers=dict(headers), timeout=timeout_s),
            patience_s,
            "store",
        )

    async def send(self, subject: str, payload: bytes = b"") -> None:
        """Publish to whoever listens now; lost without a word when the connection is down."""
        client = self._client
        if client is not None and self._ready.is_set():
            # nats-py waits for its flusher, which a connection that is gone no longer has.
            with contextlib.suppress(nats.errors.Error, OSError, LinkLost):
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

    async def pull_all(self, stream: str, consumer: str, most: int) -> tuple[list[Msg], bool]:
        """What a pull consumer has at this moment, up to `most` messages, and whether that is all: a slow broker, or a
        connection that is lost, leaves the rest out."""
        request = json.dumps({"batch": most, "no_wait": True}).encode()
        answers = await self.ask(f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{consumer}", request, REQUEST_TIMEOUT_S, most)
        messages = [message for message in answers if "Status" not in (message.headers or {})]
        ended = len(messages) < len(answers) and (answers[-1].headers or {}).get("Status") in ("404", "408")
        return messages, ended or len(messages) == most

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
                with contextlib.suppress(nats.errors.Error, OSError, LinkLost):
                    await self._unless_lost(subscription.unsubscribe())
        except (TimeoutError, LinkLost, nats.errors.Error, OSError):
            pass
        return got
