"""What a connection to a broker is made with, and what its refusals mean."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Awaitable, Callable
from typing import Any

import nats.errors
import nats.js.errors
from nats.aio.client import Client
from nats.aio.msg import Msg

from engine.broker.private import BrokerAddress
from engine.config import QueueConfig

log = logging.getLogger("recede.queue")

# JetStream's own numbers (nats-server, server/errors.json).
NO_RESOURCES = 10023
NO_STORAGE = 10047
TOO_LARGE_FOR_STREAM = 10054
STORE_FAILED = 10077
STREAM_NOT_FOUND = 10059

Handler = Callable[[Msg], Awaitable[None]]


def server_and_credentials(config: QueueConfig, private: BrokerAddress | None) -> dict[str, Any]:
    """Options for nats-py: the private broker where there is one, else the operator's."""
    if private is not None:
        return {"servers": [private.url], "token": private.token}
    options: dict[str, Any] = {"servers": [url.strip() for url in config.url.split(",")]}
    options.update({key: value for key in ("user", "password", "token") if (value := getattr(config, key))})
    if config.credentials:
        options["user_credentials"] = config.credentials
    if config.url.startswith("tls://") or config.tls_ca or config.tls_certificate:
        context = ssl.create_default_context(cafile=config.tls_ca or None)
        if config.tls_certificate:
            context.load_cert_chain(config.tls_certificate, config.tls_key or None)
        options["tls"] = context
    return options


class GuardedClient(Client):
    """Sends no credentials in clear where TLS was asked for.

    nats-py encrypts when the server asks for it: whoever stands in between has only to leave that out of the greeting.
    """

    def _connect_command(self) -> bytes:
        writer = getattr(self._transport, "_io_writer", None)
        encrypted = writer is not None and writer.get_extra_info("ssl_object") is not None
        if "tls" in self.options and not encrypted:
            raise nats.errors.Error("it does not encrypt, so nothing was sent to it: have it require TLS")
        command: bytes = super()._connect_command()
        return command


def abort(client: Client) -> None:
    """Let go of the socket at once; what has not been sent is dropped, and nobody listens to it any more."""
    writer = getattr(client._transport, "_io_writer", None)
    if writer is not None:
        writer.transport.abort()
    # nats-py ends its subscriptions when closing comes to that, which it does not where it could not write before.
    for subscription in client._subs.values():
        listening = getattr(subscription, "_wait_for_msgs_task", None)
        if listening is not None:
            listening.cancel()


def is_transient(error: nats.js.errors.APIError) -> bool:
    """Whether a refusal is the broker's trouble, which passes, and no answer to what was asked."""
    if error.err_code == STORE_FAILED:
        # One number for a full stream, a message that no stream takes, and a disk that does not take any.
        return not (is_full(error) or is_too_large(error))
    if error.err_code == STREAM_NOT_FOUND:
        return True
    return bool(error.code == 503) and error.err_code not in (NO_RESOURCES, TOO_LARGE_FOR_STREAM, NO_STORAGE)


def is_full(error: nats.js.errors.APIError) -> bool:
    """Whether a stream's limit, or the whole store's, has no room for the message."""
    if error.err_code == TOO_LARGE_FOR_STREAM:
        return False
    return error.err_code in (NO_RESOURCES, NO_STORAGE) or "maximum" in (error.description or "")


def is_too_large(error: nats.js.errors.APIError) -> bool:
    """Whether the message alone is longer than any stream takes, so that asking again is of no use."""
    return error.err_code == TOO_LARGE_FOR_STREAM or "too large" in (error.description or "")


def guarded(handler: Handler) -> Handler:
    """`handler`, whose own failure costs one message and not the subscription."""

    async def handle(message: Msg) -> None:
        try:
            await handler(message)
        except Exception:
            log.exception("a message could not be handled", extra={"event": "handler_failed"})

    return handle
