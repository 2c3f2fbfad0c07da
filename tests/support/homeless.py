"""A user whom the system does not know, as a container may have it."""

from __future__ import annotations

import pytest


def leave_homeless(monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable names a home or a folder in it, and the system's list of users does not have this one."""

    def unknown(*_: object) -> None:
        raise KeyError("no such user")

    for variable in ("HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(variable, raising=False)
    for variable in ("RECEDE_CACHE", "RECEDE_STATE", "RECEDE_DATA"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr("pwd.getpwuid", unknown)
