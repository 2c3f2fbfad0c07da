"""What may be asked for: how bald, or which attributes, on whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from engine.errors import BadOption
from engine.protocol.names import is_name

Preset = Literal["draft", "fast", "fine"]

# What /edit and `recede edit` can change.
EDIT_ATTRIBUTES = (
    "bald",
    "receding_hairline",
    "bangs",
    "wavy",
    "straight",
    "black",
    "brown",
    "blond",
    "gray",
    "beard",
    "mustache",
    "sideburns",
    "long_hair",
)
# What an edit can be told to leave as it is, besides the above.
HELD_ATTRIBUTES = ("age", "gender", "glasses", "smile", "yaw", "hat")
MAX_STRENGTH = 3.0


@dataclass(frozen=True)
class BaldOptions:
    """How bald, and who.

    faces: "largest", "all", or "1", "2", ... counted from left to right.
    stage: Norwood stage 1..7 at which the last year stops; 7 is the horseshoe.
    clean: remove the sides too.
    seed: of everything random (the order in which strands fall, texture of the filled background).
    Raises BadOption for anything else.
    """

    faces: str = "largest"
    stage: int = 7
    clean: bool = False
    preset: Preset = "fast"
    seed: int = 0

    def __post_init__(self) -> None:
        if self.faces not in ("largest", "all") and not (self.faces.isdecimal() and int(self.faces) >= 1):
            raise BadOption(f"'{self.faces}' does not choose faces: use largest, all, or a number from 1 on.")
        if not 1 <= self.stage <= 7:
            raise BadOption(f"The stage must be 1 to 7 on the Norwood scale, got {self.stage}.")
        if self.preset not in get_args(Preset):
            raise BadOption(f"'{self.preset}' is not a preset: use draft, fast or fine.")


@dataclass(frozen=True)
class AttributeEdit:
    """One change. strength: -3..3 standard deviations of that attribute's score over people at large.

    attribute: one of EDIT_ATTRIBUTES, or a user's own that the engine has installed; the engine checks whether it has.
    Raises BadOption for what can be no name, and for a strength out of range.
    """

    attribute: str
    strength: float

    def __post_init__(self) -> None:
        if not is_name(self.attribute):
            raise BadOption(f"'{self.attribute}' cannot be an attribute's name: see recede attributes.")
        if not -MAX_STRENGTH <= self.strength <= MAX_STRENGTH:
            raise BadOption(f"A strength must be -3 to 3, got {self.strength:g}.")


@dataclass(frozen=True)
class EditOptions:
    """What to change, and on whom.

    edits: at least one, each attribute once; they are added. hold: attributes to keep as they are; None holds what
    each attribute's table row names. faces, preset, seed: as in BaldOptions. Raises BadOption for anything else.
    """

    edits: tuple[AttributeEdit, ...]
    hold: tuple[str, ...] | None = None
    faces: str = "largest"
    preset: Preset = "fast"
    seed: int = 0

    def __post_init__(self) -> None:
        names = [edit.attribute for edit in self.edits]
        if not names:
            raise BadOption("There is nothing to edit: name an attribute and a strength.")
        if len(set(names)) < len(names):
            raise BadOption("An attribute is named twice: give each once, with its whole strength.")
        BaldOptions(faces=self.faces, preset=self.preset)
