"""Generated hair laid over the photo, where an edit may put it."""

from __future__ import annotations

import numpy as np

from engine.hair.strands import Strands
from engine.hair.toning import rim_like_inside, toned_hair, with_detail
from engine.imaging.ops import Picture, Plane, blur, smoothstep

SHADOW = 0.22
SHADOW_SIGMA_PX = 11.0


def transplant(
    photo: Picture, own: Strands, generated: Strands, region: Plane, skin: Plane, toned: Picture, unit_px: float
) -> tuple[Picture, Plane]:
    """Picture (H,W,3) and alpha (H,W) of generated hair over the photo, with the shadow it casts on skin.

    region: 0..1, where hair may be added; skin: 0..1, the photo's bare skin; toned: the generated hair's colour.
    """
    alpha = np.clip(generated.alpha * region, 0, 1)
    # Over the person's own hair the new hair takes hold gradually, so that there is no line between them.
    sigma = SHADOW_SIGMA_PX * unit_px
    dark = np.clip(blur(alpha, sigma) * 1.4, 0, 1) * skin * smoothstep(blur(region, sigma), 0.05, 0.5)
    shaded = photo * (1 - SHADOW * dark)[..., None]
    cover = np.maximum(alpha, smoothstep(dark, 0.02, 0.12))
    mixed = shaded * (1 - alpha)[..., None] + toned * alpha[..., None]
    # Solved for the layer's own colour: what lies below it is the photo.
    layer = (mixed - photo * (1 - cover)[..., None]) / np.maximum(cover, 1e-3)[..., None]
    return np.asarray(np.clip(layer, 0, 255), np.float32), np.asarray(cover, np.float32)


def matched_hair(photo: Picture, own: Strands, generated: Strands, reference: object = None) -> Picture:
    """Generated hair in the own hair's tone and sharpness."""
    toned = toned_hair(generated, own, reference)  # type: ignore[arg-type]
    toned = rim_like_inside(toned, generated.alpha)
    return with_detail(toned, generated.alpha, photo, own.alpha > 0.9)
