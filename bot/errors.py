"""What the bot itself refuses, and why it may not start."""

from __future__ import annotations


class Refused(Exception):
    """A request that is not carried out. key: of a sentence in bot.messages; details: what the sentence names."""

    def __init__(self, key: str, **details: str | int | float) -> None:
        super().__init__(key)
        self.key = key
        self.details = details


class StartFailed(Exception):
    """The bot cannot run like this, and starting it again would change nothing. The text is one sentence."""


class TooLarge(Exception):
    """Discord takes no file of this size in this place."""


class Withdrawn(Exception):
    """Whoever asked has removed the message that was to become the answer."""


class Undelivered(Exception):
    """Discord does not answer at the moment; the answer has to be tried again."""
