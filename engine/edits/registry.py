"""Which maker an edit has, in which order edits are made, and what each costs in waiting."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from engine.compositing import over
from engine.compositing.view import View
from engine.edits import beards, first_look, growth, receding, waves
from engine.edits.layers import Layer, Timed
from engine.edits.portrait import Portrait
from engine.edits.tints import tint
from engine.hair.recolour import COLOURS
from engine.protocol import AttributeEdit

# The photo, or the photo with the edits before, and a strength, become a layer.
Make = Callable[[Portrait, View, float], Layer]


@dataclass(frozen=True)
class Maker:
    """make: the function; stages: what it goes through after the face is parsed, with the seconds of each."""

    make: Make
    stages: tuple[tuple[str, float], ...]


# Names of stages as progress tells them, and about how many seconds each takes: for the progress bar's shares.
PARSING = ("parsing the face", 2.0)
FIRST_LOOK = (first_look.STAGE, 2.0)
INVERSION = ("learning the face", 30.0)
COMPOSITING = ("compositing", 3.0)


@dataclass(frozen=True)
class SeveralSettings:
    """How several edits of one face go together, set by eye."""

    # Below this strength (standard deviations of the score) nothing would be seen.
    min_strength: float = 0.05
    # Where shapes and colours change in one animation, shapes are done and colours begin at these shares of its time:
    # new hair is there before it changes colour.
    shapes_end: float = 0.70
    colours_begin: float = 0.45
    # How far compositing is, as progress tells it, while one edit is laid under the next.
    between: float = 0.3


def _tint_maker(attribute: str) -> Maker:
    def make(portrait: Portrait, view: View, strength: float) -> Layer:
        strands = portrait.strands if view is portrait.view else portrait.strands_of(view)
        return tint(portrait, view, strands, attribute, strength)

    return Maker(make, ())


TINTS: Mapping[str, Maker] = {name: _tint_maker(name) for name in COLOURS}


def _named(make: Callable[[Portrait, View, str, float], Layer], attribute: str) -> Make:
    return lambda portrait, view, strength: make(portrait, view, attribute, strength)


_PLATE = (INVERSION, ("looking under the hair", 12.0), ("taking the hair off", 3.0))
_GROWTH = (INVERSION, ("growing hair", 12.0))
_STEERING = (*_PLATE, ("finding the strength", 3.0))
# What a person's whole way to baldness goes through.
BALD_STAGES = (PARSING, FIRST_LOOK, *_PLATE)
# Makers for strengths above and below zero.
SHAPES: Mapping[str, tuple[Maker, Maker]] = {
    "bald": (Maker(receding.bald, _PLATE), Maker(growth.hair_again, _GROWTH)),
    "receding_hairline": (Maker(receding.receding_hairline, _PLATE), Maker(growth.lower_hairline, _GROWTH)),
    "long_hair": (Maker(growth.longer, _GROWTH), Maker(receding.shorter, _PLATE)),
    "bangs": (Maker(growth.fringed, _GROWTH), Maker(receding.without_fringe, _PLATE)),
    **{name: (Maker(_named(waves.redrawn, name), _STEERING),) * 2 for name in ("wavy", "straight")},
    **{
        name: (Maker(_named(beards.grown, name), (INVERSION,)), Maker(_named(beards.taken_off, name), (INVERSION,)))
        for name in ("beard", "mustache", "sideburns")
    },
}


def in_order(edits: Sequence[AttributeEdit], settings: SeveralSettings = SeveralSettings()) -> list[AttributeEdit]:
    """The edits that do something: shapes as the table has them, then colours, which then cover new hair as well."""
    seen = [edit for edit in edits if abs(edit.strength) >= settings.min_strength]
    own = sorted({edit.attribute for edit in seen} - {*SHAPES, *TINTS})
    order = [*SHAPES, *own, *TINTS]
    return sorted(seen, key=lambda e: order.index(e.attribute))


def maker_of(edit: AttributeEdit) -> Maker:
    """What makes an edit's layer."""
    if edit.attribute in TINTS:
        return TINTS[edit.attribute]
    if edit.attribute in SHAPES:
        return SHAPES[edit.attribute][0 if edit.strength > 0 else 1]
    # A user's own attribute: the hair as the generator draws it after the step along the boundary.
    return Maker(_named(waves.redrawn, edit.attribute), _PLATE)


def stages_of(edits: Sequence[AttributeEdit]) -> list[tuple[str, float]]:
    """Every stage that these edits go through, once, with what it costs in seconds."""
    stages = dict([PARSING])
    for edit in in_order(edits):
        stages |= dict(maker_of(edit).stages)
    stages |= dict([COMPOSITING])
    return list(stages.items())


def layers_for(
    portrait: Portrait, edits: Sequence[AttributeEdit], settings: SeveralSettings = SeveralSettings()
) -> tuple[Timed, ...]:
    """The layers of several edits over one face, first below; each is made on the picture with those before it."""
    ordered = in_order(edits, settings)
    view = portrait.view
    both = any(edit.attribute in TINTS for edit in ordered) and any(edit.attribute in SHAPES for edit in ordered)
    layers: list[Timed] = []
    for edit in ordered:
        if layers:
            portrait.tell(COMPOSITING[0], settings.between)
            view = portrait.seen_again(over(view.picture, layers[-1].layer.overlay(1.0)))
        layer = maker_of(edit).make(portrait, view, edit.strength)
        begins, ends = 0.0, 1.0
        if both:
            begins, ends = (settings.colours_begin, 1.0) if edit.attribute in TINTS else (0.0, settings.shapes_end)
        layers.append(Timed(layer, begins, ends))
    portrait.tell(COMPOSITING[0], 1.0)
    return tuple(layers)
