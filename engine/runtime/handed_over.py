"""What is large, on its way from one holder to the next."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

Value = TypeVar("Value")


def handed_over(values: list[Value]) -> Iterator[Value]:
    """What a list holds, from first to last, each taken out of it: who takes them is then the only one to hold them,
    and may let go of each when they have done with it, whoever still waits for the outcome with the list in hand."""
    while values:
        yield values.pop(0)
