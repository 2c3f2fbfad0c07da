"""Edits that only change the colour of the hair that is there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.compositing.view import SKIN, View
from engine.edits.layers import Reveal, ordered, visible
from engine.edits.portrait import Portrait
from engine.edits.regions import hair_limit
from engine.errors import NothingToEdit
from engine.hair.recolour import gets_darker, light_of, recoloured
from engine.hair.strands import Strands
from engine.hair.thin import without_skin
from engine.parsing import FaceClass

EYES = (FaceClass.LEFT_EYE, FaceClass.RIGHT_EYE)


@dataclass(frozen=True)
class TintSettings:
    """When hair is coloured, set by eye."""

    # Less hair than this, in squares of a face width's side, has no colour to speak of.
    min_hair: float = 0.016
    # The last of the colour appears at this share of the time.
    order_time: float = 0.8


def tint(
    portrait: Portrait,
    view: View,
    strands: Strands,
    attribute: str,
    strength: float,
    settings: TintSettings = TintSettings(),
) -> Reveal:
    """The hair in another colour. Raises NothingToEdit where there is none to colour."""
    if float((strands.alpha > 0.5).sum()) < settings.min_hair * portrait.face_px**2:
        raise NothingToEdit("There is no hair on this head whose colour could change: choose another attribute.")
    darker = gets_darker(strands, attribute, strength)
    strands = without_skin(strands, view, portrait.face_px, darker)
    photo = portrait.view
    light = light_of(photo.picture, photo.seen(*EYES), photo.seen(*SKIN))
    colour = recoloured(strands, attribute, strength, portrait.face_px, light)
    alpha = strands.alpha
    # What the layer shows is the photo with its hair exchanged, so that the share of each pixel is alpha's alone.
    picture = view.picture + (colour - strands.colour)
    limit = hair_limit(view, view, portrait.face_px) * portrait.reachable
    alpha = visible(alpha) * limit
    # Colour runs down from the top of the head.
    order = settings.order_time * ordered(-portrait.v, alpha)
    return Reveal(np.asarray(np.clip(picture, 0, 255), np.float32), alpha.astype(np.float32), order)
