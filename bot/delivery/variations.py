"""The same photo once more, a little different: what the buttons below an answer ask for."""

from __future__ import annotations

import dataclasses

from engine.protocol import MAX_STRENGTH, AttributeEdit, BaldOptions, EditOptions

# Norwood stages that look different from each other; beyond the last, the sides go too.
STAGES = (2, 3, 5, 7)
STRENGTH_STEP = 1.0
LEAST_STRENGTH = 0.5
FIRST_STRENGTH = 2.0
# Of each group a head shows one.
EXCLUSIVE: tuple[frozenset[str], ...] = (
    frozenset({"black", "brown", "blond", "gray"}),
    frozenset({"wavy", "straight"}),
    *(frozenset({"bald", name}) for name in ("receding_hairline", "bangs", "wavy", "straight", "long_hair")),
)

Options = BaldOptions | EditOptions


def weaker(options: Options) -> Options | None:
    """A little less of it, None where there is no less."""
    if isinstance(options, BaldOptions):
        if options.clean:
            return dataclasses.replace(options, clean=False, stage=STAGES[-1])
        below = [stage for stage in STAGES if stage < options.stage]
        return dataclasses.replace(options, stage=below[-1]) if below else None
    return _scaled(options, -STRENGTH_STEP)


def stronger(options: Options) -> Options | None:
    """A little more of it, None where there is no more."""
    if isinstance(options, BaldOptions):
        if options.clean:
            return None
        above = [stage for stage in STAGES if stage > options.stage]
        return dataclasses.replace(options, stage=above[0]) if above else dataclasses.replace(options, clean=True)
    return _scaled(options, STRENGTH_STEP)


def something_else(options: Options, attribute: str) -> Options:
    """Another attribute on the same photo, beside what has been changed already, as far as both can be had."""
    before = options.edits if isinstance(options, EditOptions) else (AttributeEdit("bald", bald_strength(options)),)
    if attribute == "bald" and all(excludes(edit.attribute, "bald") for edit in before):
        return BaldOptions(faces=options.faces, preset=options.preset, seed=options.seed)
    kept = tuple(edit for edit in before if not excludes(edit.attribute, attribute))
    edits = (*kept, AttributeEdit(attribute, FIRST_STRENGTH))
    return EditOptions(edits, faces=options.faces, preset=options.preset, seed=options.seed)


def excludes(one: str, other: str) -> bool:
    """Whether no head shows both attributes."""
    return one == other or any({one, other} <= group for group in EXCLUSIVE)


def bald_strength(options: BaldOptions) -> float:
    """The strength of an edit that ends about where these twenty years do."""
    if options.clean:
        return MAX_STRENGTH
    return max(LEAST_STRENGTH, FIRST_STRENGTH * (options.stage - 1) / (STAGES[-1] - 1))


def _scaled(options: EditOptions, by: float) -> EditOptions | None:
    edits = tuple(AttributeEdit(edit.attribute, _moved(edit.strength, by)) for edit in options.edits)
    return dataclasses.replace(options, edits=edits) if edits != options.edits else None


def _moved(strength: float, by: float) -> float:
    """The strength, `by` further from nothing, in the direction that it has; never less than is worth showing."""
    sign = -1.0 if strength < 0 else 1.0
    size = abs(strength)
    if by < 0 and size <= LEAST_STRENGTH:
        return strength
    return sign * min(MAX_STRENGTH, max(LEAST_STRENGTH, size + by))
