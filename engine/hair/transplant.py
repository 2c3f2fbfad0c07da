"""Generated hair laid over the photo, where an edit may put it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.hair.strands import Strands
from engine.hair.toning import ToningSettings, rim_like_inside, toned_hair, with_detail
from engine.imaging.ops import Picture, Plane, blur, smoothstep


@dataclass(frozen=True)
class ShadowSettings:
    """The shadow that new hair casts on skin, set by eye; the length in face widths, the others shares."""

    # How much darker skin gets, over which softness; beside a straight edge the blur alone would reach half of it.
    darkness: float = 0.22
    sigma: float = 0.022
    gain: float = 1.4
    # Between these shares of the blurred region it takes hold, and between these of its own it covers the photo.
    region: tuple[float, float] = (0.05, 0.5)
    cover: tuple[float, float] = (0.02, 0.12)


def transplant(
    photo: Picture,
    generated: Strands,
    region: Plane,
    skin: Plane,
    toned: Picture,
    face_px: float,
    shadow: ShadowSettings = ShadowSettings(),
) -> tuple[Picture, Plane]:
    """Picture (H,W,3) and alpha (H,W) of generated hair over the photo, with the shadow it casts on skin.

    region: 0..1, where hair may be added; skin: 0..1, the photo's bare skin; toned: the generated hair's colour;
    face_px: pixels per face width.
    """
    alpha = np.clip(generated.alpha * region, 0, 1)
    # Over the person's own hair the new hair takes hold gradually, so that there is no line between them.
    sigma_px = shadow.sigma * face_px
    dark = np.clip(blur(alpha, sigma_px) * shadow.gain, 0, 1) * skin
    dark = dark * smoothstep(blur(region, sigma_px), *shadow.region)
    shaded = photo * (1 - shadow.darkness * dark)[..., None]
    cover = np.maximum(alpha, smoothstep(dark, *shadow.cover))
    mixed = shaded * (1 - alpha)[..., None] + toned * alpha[..., None]
    # Solved for the layer's own colour: what lies below it is the photo.
    layer = (mixed - photo * (1 - cover)[..., None]) / np.maximum(cover, 1e-3)[..., None]
    return np.asarray(np.clip(layer, 0, 255), np.float32), np.asarray(cover, np.float32)


def matched_hair(
    photo: Picture,
    own: Strands,
    generated: Strands,
    reference: NDArray[np.float32] | None = None,
    settings: ToningSettings = ToningSettings(),
) -> Picture:
    """Generated hair (H,W,3) in the own hair's tone and sharpness. reference: as in `toned_hair`."""
    toned = toned_hair(generated, own, reference, settings)
    toned = rim_like_inside(toned, generated.alpha, settings)
    return with_detail(toned, generated.alpha, photo, own.alpha > settings.own_sure, settings)
