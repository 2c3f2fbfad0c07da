"""Which names an attribute edit may use, and what to say of any other. Needs neither torch nor NumPy."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from engine.errors import BadOption
from engine.protocol import EDIT_ATTRIBUTES, HELD_ATTRIBUTES, EditOptions


def check_attributes(options: EditOptions, own: Iterable[str] = ()) -> None:
    """Raise BadOption for a name that is no attribute; the sentence lists those that are, and the closest.

    own: names that a user has added to this engine.
    """
    editable = (*EDIT_ATTRIBUTES, *own)
    for edit in options.edits:
        _check(edit.attribute, editable, "attribute")
    for name in options.hold or ():
        _check(name, (*HELD_ATTRIBUTES, *editable), "attribute to hold")


def _check(name: str, known: Sequence[str], what: str) -> None:
    if name not in known:
        close = difflib.get_close_matches(name, known, 1, 0.5)
        hint = f" Did you mean {close[0]}?" if close else ""
        raise BadOption(f"There is no {what} '{name}': the known ones are {', '.join(known)}.{hint}")
