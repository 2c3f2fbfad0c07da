"""Errors cross processes by their code and keep their sentence."""

from __future__ import annotations

import re

import pytest

from engine import errors

EVERY_ERROR = list(errors.all_errors())


def test_the_tree_in_the_docstring_is_the_tree_of_the_classes() -> None:
    parents: dict[str, str] = {}
    branch: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        match = re.match(r"^    ([│├└─ ]*)([A-Z]\w+)", line)
        if match:
            branch = [*branch[: len(match[1]) // 4], match[2]]
            parents[match[2]] = branch[-2] if len(branch) > 1 else ""
    ours = [error for error in EVERY_ERROR if error.__module__.startswith(f"{errors.__name__}.")]
    bases = {error.__name__: error.__mro__[1].__name__ for error in ours}
    assert parents == bases | {"RecedeError": ""}


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
