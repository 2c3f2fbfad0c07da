"""Base of all errors that are meant for a user."""

from __future__ import annotations

from typing import ClassVar


class RecedeError(Exception):
    """Base of all errors that are meant for a user's eyes.

    ``code`` names the class across processes and versions; ``details`` holds the numbers of the sentence
    so that it can be told again in another language.
    """

    code: ClassVar[str] = "error"

    def __init__(self, sentence: str, **details: str | int | float) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.details = details
