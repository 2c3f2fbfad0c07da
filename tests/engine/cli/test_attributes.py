"""``recede attributes``."""

from __future__ import annotations

import json

import pytest

from engine import cli
from engine.protocol import EDIT_ATTRIBUTES, HELD_ATTRIBUTES


@pytest.fixture(autouse=True)
def no_own(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECEDE_DATA", str(tmp_path_factory.mktemp("data")))


def test_every_attribute_is_listed_with_its_meaning_and_range(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["attributes", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["attributes"]
    assert list(rows) == [*EDIT_ATTRIBUTES, *HELD_ATTRIBUTES]
    assert rows["bald"]["range"] == [-3, 3]
    assert rows["age"]["range"] is None
    assert cli.main(["attributes"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(rows)
    assert "hair over the forehead" in lines[2]


def test_an_unknown_name_is_told_the_known_ones_and_the_closest(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["attributes", "moustache"]) == 2
    told = capsys.readouterr().err
    assert "Did you mean mustache?" in told
    assert "long_hair" in told
