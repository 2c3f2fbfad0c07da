"""The user's own folders, where the system may know no home for them: in a container, or as a service's user."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path


def at_home(given: str | None, usual: Callable[[], Path]) -> Path | None:
    """The folder that a variable names (`given`; ~ is the home), or else the usual one; None where there is no home.

    usual: of platformdirs, which raises RuntimeError where it finds no home, or leaves the ~ in older versions.
    """
    try:
        path = Path(given).expanduser() if given else usual()
    except RuntimeError:
        return None
    return None if path.parts[:1] == ("~",) else path
