"""The way to the engine."""

from __future__ import annotations

from engine.errors.base import RecedeError


class QueueError(RecedeError):
    """The way to the engine is closed."""

    code = "queue"


class Busy(QueueError):
    """The queue, or this user's share of it, is full."""

    code = "busy"


class BrokerMissing(QueueError):
    """The broker's program is not on this machine."""

    code = "broker_missing"


class BrokerUnreachable(QueueError):
    """The broker does not answer."""

    code = "broker_unreachable"


class BadMessage(QueueError):
    """A message of another version or shape."""

    code = "bad_message"


class EngineAlreadyRunning(QueueError):
    """Another engine holds this device."""

    code = "engine_already_running"


class PartFailed(QueueError):
    """A part of a process fails as often as it is started."""

    code = "part_failed"
