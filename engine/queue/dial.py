"""What a connection to a broker is made with, and what its refusals mean."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Awaitable, Callable
from typing import Any

import nats.js.errors
from nats.aio.msg import Msg

from engine.broker import BrokerAddress
from engine.config import QueueConfig

log = logging.getLogger("recede.queue")

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


def passes(error: nats.js.errors.APIError) -> bool:
    """Whether a refusal is the broker's trouble, which passes, and no answer to what was asked."""
    # A full queue answers with 503 as well, and a message that cannot be deleted because it is gone with 500.
    return error.code == 503 and "maximum" not in (error.description or "")


def guarded(handler: Handler) -> Handler:
    """`handler`, whose own failure costs one message and not the subscription."""

    async def handle(message: Msg) -> None:
        try:
            await handler(message)
        except Exception:
            log.exception("a message could not be handled", extra={"event": "handler_failed"})

    return handle
