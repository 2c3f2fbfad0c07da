"""The table of attributes: what each measures, what may move it, and where on the photo it may change pixels."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from engine.errors import BadOption
from engine.protocol import EDIT_ATTRIBUTES, HELD_ATTRIBUTES, EditOptions

# hair: where hair is before or after the edit. scalp: that, and the skull above the brows. lower_face: the face
# below the eyes with the strip before the ears, where beards grow. none: only held, never edited.
EditArea = Literal["hair", "scalp", "lower_face", "none"]

# W+ layers of one level of detail each: up to 16 px, 32 and 64 px, 128 px and finer. The last layers of the table's
# ranges exist in every generator of this W space.
COARSE, MIDDLE, FINE = (0, 4), (4, 8), (8, 16)
LAYER_GROUPS: dict[str, tuple[int, int]] = {"coarse": COARSE, "middle": MIDDLE, "fine": FINE}

FACE = ("age", "gender", "glasses", "smile")


@dataclass(frozen=True)
class Attribute:
    """One row of the table.

    unit: of the score, which rises with the attribute. layer_groups: keys of LAYER_GROUPS that an edit may move; empty
    where it is only held. holds: attributes kept as they are unless the caller says otherwise. region: where the
    photo's pixels may change.
    """

    name: str
    meaning: str
    unit: str
    layer_groups: tuple[str, ...]
    holds: tuple[str, ...]
    region: EditArea

    @property
    def editable(self) -> bool:
        """Whether it may be edited, not only held."""
        return bool(self.layer_groups)


def _edited(
    name: str, meaning: str, unit: str, groups: tuple[str, ...], region: EditArea, *more_holds: str
) -> Attribute:
    return Attribute(name, meaning, unit, groups, (*FACE, *more_holds), region)


def _held(name: str, meaning: str, unit: str) -> Attribute:
    return Attribute(name, meaning, unit, (), (), "none")


SHAPE = ("coarse", "middle")
COLOUR = ("middle", "fine")
BEARDS = ("coarse", "middle", "fine")
TABLE: dict[str, Attribute] = {
    row.name: row
    for row in (
        _edited("bald", "no hair on the skull above the brows", "share of the skull", SHAPE, "scalp", "hat"),
        _edited(
            "receding_hairline",
            "a hairline far above the brows, at the middle and the temples",
            "face heights",
            SHAPE,
            "scalp",
            "hat",
        ),
        _edited("bangs", "hair over the forehead", "share of the forehead", SHAPE, "scalp", "hat"),
        _edited("wavy", "strands that turn: waves and curls", "orientation spread", SHAPE, "hair", "hat"),
        _edited("straight", "strands that lie side by side", "orientation coherence", SHAPE, "hair", "hat"),
        _edited("black", "black hair", "CIELAB", COLOUR, "hair"),
        _edited("brown", "brown hair", "CIELAB", COLOUR, "hair"),
        _edited("blond", "blond hair", "CIELAB", COLOUR, "hair"),
        _edited("gray", "gray or white hair", "CIELAB", COLOUR, "hair"),
        _edited("beard", "hair on chin and jaw", "CIELAB", BEARDS, "lower_face"),
        _edited("mustache", "hair on the upper lip", "CIELAB", BEARDS, "lower_face"),
        _edited("sideburns", "hair before the ears, down the jaw", "CIELAB", BEARDS, "lower_face"),
        _edited("long_hair", "hair that hangs below the chin", "share of the crop", SHAPE, "hair", "hat"),
        _held("age", "apparent age", "years"),
        _held("gender", "apparent gender: up is a man's", "logit"),
        _held("glasses", "glasses before the eyes", "share of the eye region"),
        _held("smile", "a wide and open mouth", "face widths"),
        _held("yaw", "the head turned to its left", "face widths"),
        _held("hat", "a hat or cap on the head", "share of the crop"),
    )
}
assert tuple(TABLE) == (*EDIT_ATTRIBUTES, *HELD_ATTRIBUTES)


def attribute_named(name: str, own: Iterable[str] = ()) -> Attribute:
    """The row of that name; a user's own attributes (`own`) get a row that allows what hair needs.

    Raises BadOption that lists the known names and says which is closest.
    """
    if name in TABLE:
        return TABLE[name]
    known = [*TABLE, *own]
    if name in known:
        return Attribute(name, "an attribute of your own", "as scored", SHAPE, (*FACE, "hat"), "hair")
    close = get_close_matches(name, known, 1, 0.4)
    hint = f" Did you mean {close[0]}?" if close else ""
    raise BadOption(f"There is no attribute called '{name}': the known ones are {', '.join(known)}.{hint}", name=name)


def check_attributes(options: EditOptions, own: Iterable[str] = ()) -> None:
    """Raise BadOption where an edit or a hold names an unknown attribute, or an edit one that can only be held."""
    for edit in options.edits:
        if not attribute_named(edit.attribute, own).editable:
            raise BadOption(
                f"'{edit.attribute}' can only be held, not edited: see recede attributes.", name=edit.attribute
            )
    for name in options.hold or ():
        attribute_named(name, own)
