"""Where the user's folders are, and that there may be none."""

from __future__ import annotations

from pathlib import Path

import platformdirs
import pytest

from engine.attributes.custom import custom_directory, custom_names
from engine.errors import StateUnusable
from engine.runtime.home import at_home
from tests.support.homeless import leave_homeless


def usual() -> Path:
    return platformdirs.user_data_path("recede", appauthor=False)


def test_a_named_folder_is_taken_and_a_tilde_is_the_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert at_home("~/there", usual) == tmp_path / "there"
    assert at_home("/elsewhere", usual) == Path("/elsewhere")


def test_without_a_home_there_is_no_folder_but_a_named_one(monkeypatch: pytest.MonkeyPatch) -> None:
    leave_homeless(monkeypatch)
    assert at_home(None, usual) is None
    assert at_home("~/there", usual) is None
    assert at_home(None, lambda: Path("~/.local/share/recede")) is None  # as older versions of platformdirs have it
    assert at_home("/elsewhere", usual) == Path("/elsewhere")


def test_without_a_home_there_are_no_own_attributes_and_none_can_be_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    leave_homeless(monkeypatch)
    assert custom_names() == ()
    with pytest.raises(StateUnusable, match="HOME"):
        custom_directory()
