"""Skin that a drawn head has it keeps: a parser, which has hardly seen bald heads, takes parts of it for background."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from engine.compositing.setting import Setting
from engine.compositing.view import View
from engine.imaging.ops import blur, erode
from engine.imaging.scale import at_scale
from engine.parsing.classes import FaceClass


@dataclass(frozen=True)
class KeptSkinSettings:
    """What is kept, set by eye. Lengths are pixels of the probabilities, two of the canvas's."""

    # Skin of the head before, likelier than this and so far inside of it: heads get a little lower with their hair.
    sure: float = 0.5
    inside_parsed_px: float = 8.0
    # It is taken for background where that is likelier than this, over so many pixels at least; its edge is so soft.
    lost: float = 0.5
    min_lost_parsed_area: int = 150
    edge_parsed_px: float = 1.5


def with_kept_skin(
    setting: Setting, renders: Sequence[View], settings: KeptSkinSettings = KeptSkinSettings()
) -> list[View]:
    """Renders of one person with less and less hair, none with background where the one before it shows skin."""
    settings = at_scale(settings, setting.photo.scale)
    kept = list(renders[:1])
    for render in renders[1:]:
        probabilities = render.probabilities
        skin = erode(kept[-1].probabilities[FaceClass.SKIN] > settings.sure, settings.inside_parsed_px)
        lost = skin & (probabilities[FaceClass.BACKGROUND] > settings.lost)
        if int(lost.sum()) >= settings.min_lost_parsed_area:
            found = blur(skin, settings.edge_parsed_px) * probabilities[FaceClass.BACKGROUND]
            probabilities = probabilities.copy()
            probabilities[FaceClass.SKIN] += found
            probabilities[FaceClass.BACKGROUND] -= found
            render = replace(render, probabilities=probabilities)
        kept.append(render)
    return kept
