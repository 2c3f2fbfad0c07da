"""Skin that a drawn head has it keeps: a parser, which has hardly seen bald heads, takes parts of it for background."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.compositing.setting import Setting
from engine.compositing.view import View
from engine.imaging.lab import to_lab
from engine.imaging.ops import Mask, apart, blur, erode, nearby_colour, reduced
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
    # Where hair was, this far inside of the head, it is skin by its colour: told this smooth, at most so far (Lab) off
    # that of sure skin around, and so many times as far off the background's as off that, and at least so far. Of 56
    # faces 12 heads that were cut by the parser have such places, the others hardly a pixel.
    hair_inside_parsed_px: float = 6.0
    smooth_parsed_px: float = 2.0
    most_off_skin: float = 12.0
    times_off_background: float = 2.0
    least_off_background: float = 14.0
    # Skin and background are sure when likelier than the first of these, so far inside, and are told over so much.
    surely_skin: float = 0.7
    surely_inside_parsed_px: float = 4.0
    skin_sigma_parsed_px: float = 24.0
    background_sigma_parsed_px: float = 40.0


def with_kept_skin(
    setting: Setting, renders: Sequence[View], settings: KeptSkinSettings = KeptSkinSettings()
) -> list[View]:
    """Renders of one person with less and less hair, none with background where the one before it shows skin, or where
    hair has gone from before what looks like skin."""
    settings = at_scale(settings, setting.photo.scale)

    def enough(lost: Mask) -> bool:
        return int(lost.sum()) >= settings.min_lost_parsed_area

    kept = list(renders[:1])
    for render in renders[1:]:
        before, background = kept[-1].probabilities, render.probabilities[FaceClass.BACKGROUND] > settings.lost
        skin = erode(before[FaceClass.SKIN] > settings.sure, settings.inside_parsed_px)
        found = skin if enough(skin & background) else np.zeros_like(skin)
        head = before[FaceClass.SKIN] + before[FaceClass.HAIR] > settings.sure
        uncovered = erode(head, settings.hair_inside_parsed_px) & background
        # Colours are looked at only where there is anything to find.
        if enough(uncovered) and enough(bare := uncovered & _looks_like_skin(render, background & ~head, settings)):
            found = found | bare
        if found.any():
            probabilities = render.probabilities.copy()
            share = blur(found, settings.edge_parsed_px) * probabilities[FaceClass.BACKGROUND]
            probabilities[FaceClass.SKIN] += share
            probabilities[FaceClass.BACKGROUND] -= share
            render = replace(render, probabilities=probabilities)
        kept.append(render)
    return kept


def _looks_like_skin(render: View, background: Mask, settings: KeptSkinSettings) -> Mask:
    """What of a render (H,W of its probabilities) has the colour of its skin, and not that of this background."""
    height, width = background.shape
    picture = reduced(render.picture, width, height)
    skin = erode(render.probabilities[FaceClass.SKIN] > settings.surely_skin, settings.surely_inside_parsed_px)
    colours = to_lab(blur(picture, settings.smooth_parsed_px))
    off_skin, off_background = (
        apart(colours, to_lab(nearby_colour(picture, where, sigma_px)[0]))
        for where, sigma_px in (
            (skin, settings.skin_sigma_parsed_px),
            (erode(background, settings.surely_inside_parsed_px), settings.background_sigma_parsed_px),
        )
    )
    like = (off_skin < settings.most_off_skin) & (off_background > settings.least_off_background)
    return np.asarray(like & (off_background > settings.times_off_background * off_skin), bool)
