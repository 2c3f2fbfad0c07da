"""Hair of all heads of a way in the person's own tone, and thin where it was drawn thin.

One tone carries the hair of all heads, the first one's, which shows the person as they are. With one for each, short
sides, which a generator draws grey-brown because skin shows through them, became as black as hair that was long: a slab
with a cut edge, which eyes found first on every bald head.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.compositing.hair_on_skin import HairOnSkin, hair_on_skin
from engine.compositing.hair_tone import HairTone, HairToneSettings, hair_tone
from engine.compositing.setting import Setting
from engine.compositing.view import View
from engine.imaging.lab import to_lab
from engine.imaging.ops import (
    LEAST_SEEN,
    Mask,
    Picture,
    Plane,
    blur,
    bounding_box,
    channel_sum,
    mixed,
    smooth_over,
    smoothstep,
)
from engine.imaging.scale import at_scale

# Less light than this share of the way to the skin tells nothing.
LEAST_SHARE = 0.05


@dataclass(frozen=True)
class OwnToneSettings:
    """How hair's tone follows the person's own from place to place, and ends on skin, set by eye on 24 heads. Lightness
    is L*."""

    # What own hair is lighter or darker than the first head's, told over so much (face widths, a Gaussian's sigma), by
    # so much at most in L*, a* and b*; less and less of it where less than this share of what is around tells it.
    around: float = 0.05
    most: tuple[float, float, float] = (20.0, 6.0, 8.0)
    least_weight: float = 0.15
    # Skin shows through as far as hair is drawn lighter than most of the person's, on the way to the skin beside it, if
    # that is lighter by so much: from not at all to in full.
    contrasts: tuple[float, float] = (8.0, 20.0)
    # Where the skin's colour (a*, b*) differs from the hair's by so much, from not at all to in full, what is so light
    # must be of it, too: from none to all of it, by these shares of how far the lightness is on that way.
    colours: tuple[float, float] = (5.0, 12.0)
    as_coloured: tuple[float, float] = (0.3, 0.7)
    # Hair's tone ends so softly.
    edge_canvas_px: float = 1.5


@dataclass(frozen=True)
class OwnTone:
    """What carries drawn hair to the person's own. off: H,W,3, Lab, what that is to differ from the tone."""

    tone: HairTone
    off: Picture


def own_tone(
    setting: Setting,
    own: Mask,
    render: View,
    drawn: Mask,
    settings: OwnToneSettings = OwnToneSettings(),
) -> OwnTone | None:
    """What carries hair to the person's own, told from a head that shows them as they are; None for too little hair.

    own, drawn: H,W, sure hair of the photo and of the render.
    """
    photo = setting.photo
    tone = hair_tone(photo.picture, own, render.picture, drawn, at_scale(HairToneSettings(), photo.scale))
    if tone is None:
        return None
    off = np.zeros_like(render.picture)
    both = own & drawn
    if both.any():
        sigma_px = settings.around * setting.axes.width_px
        box = bounding_box(both, round(3 * sigma_px))
        within, toned = both[box], tone(render.picture[box])
        told = smooth_over(to_lab(photo.picture[box]) - to_lab(toned), within, sigma_px)
        weight = smoothstep(blur(within, sigma_px), 0, settings.least_weight)
        most = np.array(settings.most, np.float32)
        off[box] = np.clip(told, -most, most) * weight[..., None]
    return OwnTone(tone, off)


def with_own_tone(
    setting: Setting,
    render: View,
    picture: Picture,
    body: Picture,
    hair: Plane,
    head: Plane,
    own: OwnTone,
    settings: OwnToneSettings = OwnToneSettings(),
) -> Picture:
    """A drawn person in the photo's light (body: H,W,3), their hair in its tone, and skin where it was drawn thin.

    picture: H,W,3, the same in the render's light; hair, head: H,W, 0..1, how much of each pixel they are.
    """
    weight = blur(hair, settings.edge_canvas_px)
    where = weight > LEAST_SEEN
    if not where.any():
        return body
    toned, drawn = body.copy(), picture
    fade = hair_on_skin(setting, render, picture, hair, head)
    if fade is not None:
        light, skin, shown = _skin_beside(picture[fade.box], fade, own.tone.lighter, settings)
        # What is as light as it is by the skin that it shows is hair no lighter than most.
        darker = 1 + (np.minimum(own.tone.lighter[0] / np.maximum(light, 1), 1) - 1) * shown
        drawn = picture.copy()
        drawn[fade.box] *= darker[..., None]
    toned[where] = own.tone(drawn[where], own.off[where])
    if fade is not None:
        toned[fade.box] = mixed(toned[fade.box], fade.skin_of(body), skin * shown)
    return mixed(body, toned, weight)


def _skin_beside(
    picture: Picture, fade: HairOnSkin, hair: NDArray[np.float32], settings: OwnToneSettings
) -> tuple[Plane, Plane, Plane]:
    """How light (L*) drawn hair (h,w,3) is, how much skin it would be by that (0..1), and how sure it is to be skin at
    all. hair: Lab, what is lighter than most."""
    lab, way = to_lab(picture), to_lab(fade.skin) - hair
    off, over = lab - hair, way[..., 0]
    share = np.clip(off[..., 0] / np.maximum(over, settings.contrasts[0]), 0, 1)
    # A gloss on black hair is light, but has none of the skin's colour.
    colour = channel_sum(way[..., 1:] ** 2)
    coloured = np.clip(channel_sum((off * way)[..., 1:]) / np.maximum(colour, 1), 0, 1)
    told = smoothstep(np.sqrt(colour), *settings.colours)
    sure = 1 + (smoothstep(coloured / np.maximum(share, LEAST_SHARE), *settings.as_coloured) - 1) * told
    return lab[..., 0], share, np.asarray(sure * smoothstep(over, *settings.contrasts) * fade.near, np.float32)
