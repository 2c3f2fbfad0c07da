"""Errors cross processes by their code and keep their sentence."""

from __future__ import annotations

import re

import pytest

from engine import errors

EVERY_ERROR = list(errors.all_errors())


def test_the_tree_in_the_docstring_is_the_tree_of_the_classes() -> None:
    def drawn(error: type[errors.RecedeError], depth: int) -> list[tuple[int, str]]:
        children = [child for child in error.__subclasses__() if child.__module__ == errors.__name__]
        below = [line for child in children for line in drawn(child, depth + 1)]
        return [(depth, error.__name__), *below]

    tree = []
    for line in (errors.__doc__ or "").splitlines():
        match = re.match(r"^    ([│├└─ ]*)([A-Z]\w+)", line)
        if match:
            tree.append((len(match[1]) // 4, match[2]))
    assert tree == drawn(errors.RecedeError, 0)


def test_every_code_is_used_once() -> None:
    codes = [error.code for error in EVERY_ERROR]
    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize("error", EVERY_ERROR, ids=lambda error: error.__name__)
def test_an_error_survives_the_way_through_its_code(error: type[errors.RecedeError]) -> None:
    rebuilt = errors.error_from_code(error.code, "The face has 31 px: come closer.", size_px=31)
    assert type(rebuilt) is error
    assert str(rebuilt) == rebuilt.sentence == "The face has 31 px: come closer."
    assert rebuilt.details == {"size_px": 31}
    assert "code" in vars(error), "a class without a code of its own would come back as its parent"


def test_a_code_of_a_newer_version_becomes_a_plain_error() -> None:
    rebuilt = errors.error_from_code("invented_next_year", "Something new happened.")
    assert type(rebuilt) is errors.RecedeError
    assert str(rebuilt) == "Something new happened."
