"""Discord's refusals: an HTTP status, a JSON error code, a sentence."""

from __future__ import annotations

from typing import Any

Payload = dict[str, Any]


class Refusal(Exception):
    """What the fake answers instead of a result."""

    def __init__(self, status: int, code: int, message: str, **extra: Any) -> None:
        super().__init__(f"{status} {code}: {message} {extra or ''}")
        self.status = status
        self.body: Payload = {"code": code, "message": message, **extra}


def unauthorized() -> Refusal:
    return Refusal(401, 0, "401: Unauthorized")


def unknown_channel() -> Refusal:
    return Refusal(404, 10003, "Unknown Channel")


def unknown_message() -> Refusal:
    return Refusal(404, 10008, "Unknown Message")


def unknown_webhook() -> Refusal:
    return Refusal(404, 10015, "Unknown Webhook")


def unknown_interaction() -> Refusal:
    return Refusal(404, 10062, "Unknown interaction")


def already_acknowledged() -> Refusal:
    return Refusal(400, 40060, "Interaction has already been acknowledged.")


def too_large() -> Refusal:
    return Refusal(413, 40005, "Request entity too large")


def too_many_followups() -> Refusal:
    return Refusal(400, 40094, "This interaction has reached its maximum number of follow-up messages")


def missing_access() -> Refusal:
    return Refusal(403, 50001, "Missing Access")


def empty_message() -> Refusal:
    return Refusal(400, 50006, "Cannot send an empty message")


def cannot_message_user() -> Refusal:
    return Refusal(403, 50007, "Cannot send messages to this user")


def missing_permissions() -> Refusal:
    return Refusal(403, 50013, "Missing Permissions")


def invalid_token() -> Refusal:
    return Refusal(401, 50027, "Invalid Webhook Token")


def invalid_form(why: str) -> Refusal:
    return Refusal(400, 50035, "Invalid Form Body", errors={"_errors": [{"code": "FAKE", "message": why[:2000]}]})
