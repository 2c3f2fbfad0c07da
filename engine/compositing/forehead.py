"""The light of a drawn scalp goes on over the person's own forehead, so that nobody sees where one ends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.compositing.setting import Setting
from engine.compositing.view import EARS, SKIN
from engine.imaging.ops import (
    LEAST_SEEN,
    Mask,
    Picture,
    Plane,
    blur,
    dilate,
    distance_to,
    mixed,
    smooth_over,
    smoothstep,
    weighted,
)
from engine.imaging.scale import at_scale


@dataclass(frozen=True)
class ForeheadSettings:
    """How far a drawn scalp's light goes on over own skin, set by eye. Lengths are face widths, heights from the
    brows."""

    # It fades out over so much from where the drawn skin ends, and between these heights.
    reach: float = 0.16
    heights: tuple[float, float] = (0.04, 0.16)
    # Light is what differs over so much (a Gaussian's sigma); pores and lines stay the person's.
    sigma: float = 0.035
    # Drawn skin ends where it is less than this share (0..1) of a pixel; features end so softly (canvas pixels).
    drawn: float = 0.6
    feature_edge_canvas_px: float = 4.0
    # The photo may change wholly where so much (0..1) of the light reaches it.
    shown: float = 0.1
    # Drawn skin with less hair (0..1) than this shows its light, and own skin so far off hair.
    bare: float = 0.2
    off_hair: float = 0.01


@dataclass(frozen=True)
class ForeheadLight:
    """reach: H,W, 0..1, how much of the drawn light each pixel of the own forehead takes; changed: H,W, 0..1, where the
    photo may change, by drawn skin or by its light; own_skin: H,W, where it shows its own."""

    reach: Plane
    changed: Plane
    own_skin: Mask


def forehead_light(
    setting: Setting, change: Plane, settings: ForeheadSettings = ForeheadSettings()
) -> ForeheadLight | None:
    """Where the drawn light goes on; None where no drawn skin is seen. change: H,W, 0..1, where it is."""
    settings = at_scale(settings, setting.photo.scale)
    drawn = (change > settings.drawn) & (setting.v > settings.heights[0])
    if not drawn.any():
        return None
    away = distance_to(drawn) / np.float32(setting.axes.width_px)
    near = 1 - smoothstep(away, 0, settings.reach)
    upwards = smoothstep(setting.v, *settings.heights)
    features = blur(setting.protected, settings.feature_edge_canvas_px)
    off_hair_px = settings.off_hair * setting.axes.width_px
    own_skin = setting.photo.is_any(*SKIN) & ~setting.matte.near_hard(off_hair_px) & ~setting.protected
    # Ears that stand higher than the brows are no forehead: no drawn head is before them, but what is behind it.
    ears = dilate(setting.photo.is_any(*EARS), settings.feature_edge_canvas_px)
    own_skin &= ~ears
    seen = blur(own_skin | drawn, settings.feature_edge_canvas_px)
    spared = 1 - blur(ears, settings.feature_edge_canvas_px)
    light = near * upwards * (1 - features) * spared * seen * setting.fade * setting.photo.real
    reach = np.asarray(np.where(light < LEAST_SEEN, 0, light), np.float32)
    return ForeheadLight(reach, np.maximum(change, smoothstep(reach, 0, settings.shown)), own_skin)


def with_own_forehead(
    setting: Setting,
    person: Picture,
    hair: Plane,
    change: Plane,
    light: ForeheadLight,
    settings: ForeheadSettings = ForeheadSettings(),
) -> Picture:
    """A drawn person (H,W,3) that becomes the photo where `change` ends, with the drawn light as far as it goes on.

    Two bands, as in a pyramid (Burt and Adelson, 1983): what is fine changes at a narrow seam, what is wide over a wide
    one. hair: H,W, 0..1, drawn hair.
    """
    photo = setting.photo.picture
    both = light.own_skin & (hair < settings.bare)
    differs = smooth_over(person - photo, both, settings.sigma * setting.axes.width_px)
    own = photo + weighted(differs, light.reach)
    share = np.asarray(change / np.maximum(light.changed, LEAST_SEEN), np.float32)
    return mixed(own, person, np.where(light.reach > 0, share, np.float32(1)))
