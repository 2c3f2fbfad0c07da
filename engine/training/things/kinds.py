"""Which kinds of things the hair watch learns from, and which it is only measured on."""

from __future__ import annotations

from collections.abc import Callable

from engine.training.things.headdress import crown, ears, feather, sticks
from engine.training.things.ornaments import chin_strap, pearls, pins
from engine.training.things.shapes import (
    band,
    beads,
    blob,
    bow,
    cap,
    clip,
    flower,
    glasses,
    headphones,
    sticker,
    straps,
    stroke,
)
from engine.training.things.stage import Cover, Rng, Stage
from engine.training.things.veils import veil
from engine.training.things.writing import caption, letters, printed

Draw = Callable[[Stage, Rng], list[Cover]]
# New kinds go to the end: a bench's seed then still draws the others as before.
LEARNT: dict[str, Draw] = {
    "blob": blob,
    "stroke": stroke,
    "band": band,
    "bow": bow,
    "flower": flower,
    "beads": beads,
    "letters": letters,
    "clip": clip,
    "glasses": glasses,
    "headphones": headphones,
    "straps": straps,
    "cap": cap,
    "sticker": sticker,
    "caption": caption,
    "pearls": pearls,
    "pins": pins,
    "chin strap": chin_strap,
    "print": printed,
}
UNSEEN: dict[str, Draw] = {"crown": crown, "ears": ears, "sticks": sticks, "feather": feather}
# Those that hair is seen through, laid with SHEER_LAYING of laid.py; the head is only measured on them, too.
SHEER: dict[str, Draw] = {"veil": veil}
