"""Drawn brows, which a generator puts where it likes and as faint as it likes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.compositing.light import LOG_OFFSET, MAX_LOG_GAIN, with_gain
from engine.compositing.setting import Setting
from engine.compositing.view import SKIN, View
from engine.imaging.ops import Mask, Picture, Plane, blur, bounding_box, dilate, luminance, nearby_colour
from engine.imaging.scale import at_scale
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
    # Own brows tell how dark they are so far off hair; drawn ones, how much of a pixel is hair, where they are darker
    # than the skin around by so many levels.
    clear_px: float = 12.0
    least_darker: float = 6.0
    # Less of brows says nothing about how dark they are.
    min_canvas_area: int = 500


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


def with_brows_as_dark(
    setting: Setting, render: View, body: Picture, settings: BrowSettings = BrowSettings()
) -> Picture:
    """A drawn person (H,W,3) whose brows, where hair hid the person's, are as dark as their own: hair by hair, since
    the skin between them, darkened with them, made a stencil of each."""
    settings, unit_px = at_scale(settings, render.scale), setting.unit_px
    brows = render.is_any(*BROWS)
    drawn = brows & setting.brow_line
    own = setting.photo.seen(*BROWS) & ~setting.matte.near_hard(settings.clear_px * unit_px)
    gain = brow_gain(setting.photo.picture, body, own, drawn, settings)
    if not gain.any():
        return body
    box = bounding_box(drawn, round(settings.most_sigmas * settings.skin_sigma_px * unit_px))
    skin = render.is_any(*SKIN)[box] & ~dilate(brows[box], settings.edge_px * unit_px)
    hairs = _hairs(body[box], drawn[box], skin, unit_px, settings)
    darker = body.copy()
    darker[box] = with_gain(body[box], np.asarray(hairs[..., None] * gain, np.float32))
    return darker


def brow_gain(
    photo: Picture, body: Picture, own: Mask, drawn: Mask, settings: BrowSettings = BrowSettings()
) -> NDArray[np.float32]:
    """Log gain (3) that makes drawn brows (H,W) as dark as own ones (H,W), 0 where these are too few to tell."""
    if min(int(own.sum()), int(drawn.sum())) < settings.min_canvas_area:
        return np.zeros(3, np.float32)
    real, made = (np.median(np.log(np.maximum(values, 0) + LOG_OFFSET), 0) for values in (photo[own], body[drawn]))
    return np.asarray(np.clip(real - made, -MAX_LOG_GAIN, MAX_LOG_GAIN), np.float32)


def _hairs(body: Picture, drawn: Mask, skin: Mask, unit_px: float, settings: BrowSettings) -> Plane:
    """How much of each pixel (h,w, 0..1) of drawn brows (h,w), and right beside them, is a brow's hair: how far it is
    from the skin around (h,w) to what most of the brow is."""
    around, _ = nearby_colour(body, skin, settings.skin_sigma_px * unit_px)
    darker = luminance(around) - luminance(body)
    usual = float(np.median(darker[drawn]))
    if not skin.any() or usual < settings.least_darker:
        return drawn.astype(np.float32)
    near = blur(dilate(drawn, settings.edge_px * unit_px), settings.edge_px * unit_px)
    return np.asarray(np.clip(darker / np.float32(usual), 0, 1) * near, np.float32)
