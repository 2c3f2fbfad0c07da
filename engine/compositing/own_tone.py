"""Hair of all heads of a way in the person's own tone, and thin where it was drawn thin.

One tone carries the hair of all heads, the first one's, which shows the person as they are. With one for each, short
sides, which a generator draws grey-brown because skin shows through them, became as black as hair that was long: a slab
with a cut edge, which eyes found first on every bald head.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.compositing.hair_on_skin import hair_on_skin
from engine.compositing.hair_tone import HairTone, HairToneSettings, hair_tone
from engine.compositing.setting import Setting
from engine.compositing.view import View
from engine.imaging.lab import to_lab
from engine.imaging.ops import LEAST_SEEN, Mask, Picture, Plane, blur, bounding_box, mixed, smooth_over, smoothstep
from engine.imaging.scale import at_scale


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
    toned = body.copy()
    toned[where] = own.tone(picture[where], own.off[where])
    fade = hair_on_skin(setting, render, picture, hair, head)
    if fade is not None:
        light, skin_light = (to_lab(image)[..., 0] for image in (picture[fade.box], fade.skin))
        over = skin_light - np.float32(own.tone.light)
        share = np.clip((light - np.float32(own.tone.light)) / np.maximum(over, settings.contrasts[0]), 0, 1)
        share *= smoothstep(over, *settings.contrasts) * fade.near
        toned[fade.box] = mixed(toned[fade.box], fade.skin_of(body), share)
    return mixed(body, toned, weight)
