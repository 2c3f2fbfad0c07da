"""What all commands' arguments share."""

from __future__ import annotations

from argparse import ArgumentTypeError

import pytest

from engine.cli.arguments import byte_count, told_bytes


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("8MiB", 8 * 2**20),
        ("8mb", 8_000_000),
        ("500k", 500_000),
        ("500 KiB", 512_000),
        ("1.5MiB", 3 * 2**19),
        ("8388608", 8388608),
        ("12B", 12),
    ],
)
def test_numbers_of_bytes_are_read_with_and_without_units(text: str, count: int) -> None:
    assert byte_count(text) == count


@pytest.mark.parametrize("text", ["", "MiB", "-5", "8 apples", "1e6", "8 MiB MiB"])
def test_other_text_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ArgumentTypeError, match="8MiB"):
        byte_count(text)


def test_bytes_are_told_in_a_unit_that_fits() -> None:
    assert told_bytes(8 * 2**20) == "8.0 MiB"
    assert told_bytes(20 * 1024) == "20 KiB"
