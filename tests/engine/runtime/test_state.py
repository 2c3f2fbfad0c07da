"""The state folder: made for the user alone, or one true sentence why not."""

from __future__ import annotations

import errno
import os
import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from engine.broker.private import PrivateBroker
from engine.errors import StateUnusable
from engine.runtime.state import LEAST_FREE_BYTES, check_state_dir, full_disk, state_dir, unusable
from tests.support.homeless import leave_homeless

Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder that does not exist yet."""
    path = tmp_path / "deep" / "state"
    monkeypatch.setenv("RECEDE_STATE", str(path))
    return path


def test_it_is_made_for_the_users_eyes_alone(named: Path) -> None:
    assert state_dir() == named
    assert named.stat().st_mode & 0o777 == 0o700
    assert state_dir() == named


def test_checking_makes_nothing(named: Path) -> None:
    assert check_state_dir() == named
    assert not named.parent.exists()


def test_a_file_in_its_way_is_named(named: Path) -> None:
    named.parent.write_text("")
    for look in (state_dir, check_state_dir):
        with pytest.raises(StateUnusable, match=r"deep, which is a file: .*RECEDE_STATE"):
            look()
    named.parent.unlink()
    named.parent.mkdir()
    named.write_text("")
    for look in (state_dir, check_state_dir):
        with pytest.raises(StateUnusable, match=r"state is a file: .*RECEDE_STATE"):
            look()


def test_a_name_that_is_not_utf_8_is_refused(named: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECEDE_STATE", os.fsdecode(bytes(named) + b"\xff"))
    for look in (state_dir, check_state_dir):
        with pytest.raises(StateUnusable, match=r"state\\udcff has a name that is not UTF-8") as told:
            look()
        told.value.sentence.encode("utf-8")  # it can be printed


def test_without_a_home_it_is_said_and_no_folder_called_tilde_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    leave_homeless(monkeypatch)
    with pytest.raises(StateUnusable, match="no home folder.*HOME"):
        state_dir()
    assert list(tmp_path.iterdir()) == []


def test_a_nearly_full_disk_is_found_by_the_check(named: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(2**40, 2**40, LEAST_FREE_BYTES - 1))
    with pytest.raises(StateUnusable, match=r"nearly full \(63 MiB left, 64 are needed\)"):
        check_state_dir()


def test_a_full_disk_is_told_apart_from_a_missing_permission(named: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "is full" in unusable(named, OSError(errno.ENOSPC, "No space left on device")).sentence
    assert "permissions" in unusable(named, PermissionError(errno.EACCES, "Permission denied")).sentence
    assert full_disk(state_dir()) is None
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(2**40, 2**40, 0))
    told = full_disk(named)
    assert told is not None
    assert "is full: make room" in told.sentence


def test_a_broker_without_room_for_its_files_says_so(named: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    broker = PrivateBroker(state_dir())
    monkeypatch.setattr(os, "open", full)
    with pytest.raises(StateUnusable, match="is full: make room"):
        broker.join()
