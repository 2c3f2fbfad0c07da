"""What jobs, users and receivers may be called."""

from __future__ import annotations

import re

from engine.errors import BadOption

# Job, user and receiver are parts of subjects and of consumers' names at the broker, where dots, blanks, slashes
# and wildcards mean something.
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


def is_name(text: str) -> bool:
    """Whether `text` may name a job, a user or a receiver: 1 to 64 of A-Z, a-z, 0-9, _ and -."""
    return _NAME.fullmatch(text) is not None


def check_name(what: str, text: str) -> None:
    """Raises BadOption where `text` cannot name a job, a user or a receiver."""
    if not is_name(text):
        raise BadOption(f"The {what} has no usable name: use 1 to 64 letters, digits, _ or -.")
