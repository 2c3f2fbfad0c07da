"""Drawn brows, which a generator puts where it likes and as faint as it likes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.compositing.light import LOG_OFFSET, MAX_LOG_GAIN
from engine.compositing.setting import Setting
from engine.compositing.view import SKIN, View
from engine.imaging.ops import Mask, Picture, Plane, blur, dilate, nearby_colour
from engine.parsing.classes import FaceClass

BROWS = (FaceClass.LEFT_BROW, FaceClass.RIGHT_BROW)


@dataclass(frozen=True)
class BrowSettings:
    """Which drawn brows stay, set by eye. Lengths are pixels of a face 500 wide."""

    # A drawn brow off the line of the person's own is skin: it gets the colour of the skin around, over so much (a
    # Gaussian's sigma), with so soft an edge.
    skin_sigma_px: float = 20.0
    edge_px: float = 4.0
    # No more than so many of its sigmas around is looked at: further off hardly anything counts.
    most_sigmas: int = 3
    # Fewer canvas pixels of brows say nothing about how dark they are.
    min_px: int = 500


def without_other_brows(setting: Setting, render: View, settings: BrowSettings = BrowSettings()) -> View:
    """The render without its brows where the person has none: a generator moves them, and both would be seen."""
    brows, unit_px = render.is_any(*BROWS), setting.unit_px
    off = dilate(brows, settings.edge_px * unit_px) & ~setting.brow_line
    skin = render.is_any(*SKIN) & ~dilate(brows, 2 * settings.edge_px * unit_px)
    if not off.any() or not skin.any():
        return render
    # No further around than the skin's colour is told.
    margin_px = round(settings.most_sigmas * settings.skin_sigma_px * unit_px)
    here = tuple(slice(max(int(at.min()) - margin_px, 0), int(at.max()) + margin_px) for at in np.nonzero(off))
    picture = render.picture.copy()
    colour, _ = nearby_colour(picture[here], skin[here], settings.skin_sigma_px * unit_px)
    share = blur(off[here], settings.edge_px * unit_px)[..., None]
    picture[here] += (colour - picture[here]) * share
    return render.with_picture(picture)


def brow_gain(
    photo: Picture,
    body: Picture,
    own: Mask,
    drawn: Plane,
    pixel_px: float = 1,
    settings: BrowSettings = BrowSettings(),
) -> Plane:
    """Log gain (H,W,3) that makes drawn brows (H,W, 0..1), where hair hid the person's, as dark as their own.

    own: H,W, where those are seen; pixel_px: canvas pixels per pixel of all these.
    """
    sure = drawn > 0.5
    if min(int(own.sum()), int(sure.sum())) < settings.min_px / pixel_px**2:
        return np.zeros_like(photo)
    real, made = (np.median(np.log(np.maximum(values, 0) + LOG_OFFSET), 0) for values in (photo[own], body[sure]))
    gain = np.clip(real - made, -MAX_LOG_GAIN, MAX_LOG_GAIN)
    return np.asarray(drawn[..., None] * gain, np.float32)
