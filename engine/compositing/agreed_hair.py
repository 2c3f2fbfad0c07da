"""Hair that a parser misses in one head of a way and sees in the next one, whose picture is the same there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.compositing.view import View
from engine.imaging.ops import Picture, Plane, apart, blur, reduced, smoothstep
from engine.imaging.scale import at_scale
from engine.parsing.classes import HAIR_CLASSES, FaceClass


@dataclass(frozen=True)
class AgreedHairSettings:
    """When two pictures are the same, set by eye on 10 heads. Lengths are pixels of the probabilities, the crop at half
    its size; contrasts are levels of 0..255 over all channels."""

    # Strands may differ, what they are does not: told over so much (a Gaussian's sigma).
    around_parsed_px: float = 3.0
    # Surely the same up to the first of these contrasts, surely not from the second on.
    contrasts: tuple[float, float] = (25.0, 50.0)


def with_agreed_hair(renders: Sequence[View], settings: AgreedHairSettings = AgreedHairSettings()) -> list[View]:
    """Renders of a way, each with less hair than the one before, with the hair that a later one has and that looks the
    same in them, where a parser saw background: beside a turned head, or before a wall as dark as the hair."""
    if not renders:
        return []
    settings = at_scale(settings, renders[0].scale)
    agreed = [renders[-1]]
    pictures = [_at_half(render, settings) for render in renders]
    for render, here, next_ in zip(renders[-2::-1], pictures[-2::-1], pictures[:0:-1], strict=True):
        agreed.append(_with_hair_of(agreed[-1], render, apart(here, next_), settings))
    return agreed[::-1]


def _at_half(render: View, settings: AgreedHairSettings) -> Picture:
    height_px, width_px = render.probabilities.shape[1:]
    return blur(reduced(render.picture, width_px, height_px), settings.around_parsed_px)


def _with_hair_of(later: View, render: View, differs: Plane, settings: AgreedHairSettings) -> View:
    """A render with a later one's hair where both pictures differ (H/2,W/2) little."""
    same = 1 - smoothstep(differs, *settings.contrasts)
    its, background = render.probabilities[list(HAIR_CLASSES)].sum(0), render.probabilities[FaceClass.BACKGROUND]
    gained = np.clip(later.probabilities[list(HAIR_CLASSES)].sum(0) * same - its, 0, background)
    if not gained.any():
        return render
    probabilities = render.probabilities.copy()
    probabilities[FaceClass.HAIR] += gained
    probabilities[FaceClass.BACKGROUND] -= gained
    return replace(render, probabilities=probabilities)
