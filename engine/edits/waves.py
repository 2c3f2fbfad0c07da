"""Straighter or wavier hair: all of it drawn over the bare head, in the own hair's colour and light."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.compositing.grain import grain_of
from engine.compositing.setting import UNIT_FACE_PX
from engine.compositing.view import View
from engine.edits.layers import Reveal, ordered, visible
from engine.edits.limits import within_hair
from engine.edits.portrait import Portrait
from engine.edits.regions import features_kept
from engine.edits.steering import boundaries_for, steered
from engine.errors import NothingToEdit
from engine.hair.toning import hair_reference
from engine.hair.transplant import matched_hair
from engine.imaging.ops import LEAST_WEIGHT, blur, dilate, distance_to, smoothstep
from engine.parsing import FaceClass
from engine.parsing.classes import FEATURES


@dataclass(frozen=True)
class WaveSettings:
    """How hair that is wholly drawn takes the place of the own, set by eye. Lengths in face widths; those named `_px`
    are canvas pixels, because noise belongs to that grid."""

    # Less hair than this, in squares of a face width's side, is too little to have a texture.
    min_hair: float = 0.08
    # The own hair stays close to the new hair's edge, wholly up to the first distance, no longer from the second on.
    kept_beside: tuple[float, float] = (0.016, 0.068)
    # Grain is learnt from skin so far off hair and features, if there are so many pixels of it.
    grain_away_px: float = 8.0
    min_grain_px: int = 4000
    # The highest appears first, by spots so large, so far apart; the last at this share of the time.
    spot_px: float = 4.0
    order_spots: float = 0.15
    order_time: float = 0.8


def redrawn(
    portrait: Portrait, view: View, attribute: str, strength: float, settings: WaveSettings = WaveSettings()
) -> Reveal:
    """The hair as the generator draws it after a move along the attribute's boundary. Raises NothingToEdit."""
    own = portrait.strands
    if float((own.alpha > 0.5).sum()) < settings.min_hair * portrait.face_px**2:
        raise NothingToEdit("There is too little hair on this head to be drawn again: choose another attribute.")
    boundaries_for(portrait, attribute)  # refuses before anything that takes long
    bare_head = portrait.bare
    render = steered(portrait, attribute, strength)
    generated = portrait.strands_of(render)
    toned = matched_hair(view.picture, own, generated, hair_reference(view.picture, view.seen(FaceClass.LEFT_BROW)))
    rng = np.random.default_rng(portrait.seed)
    calm = view.seen(FaceClass.SKIN) & ~dilate(view.is_any(*FEATURES, FaceClass.HAIR), settings.grain_away_px)
    if calm.sum() > settings.min_grain_px:
        toned = toned + grain_of(view.picture, calm, rng).on(render.picture, toned, generated.alpha)
    share = generated.alpha * (1 - features_kept(view, portrait.face_px)) * portrait.reachable
    # Close to the new hair the own stays: it fills the gap beside the face, and its stray hairs soften the outline.
    away = distance_to(share >= 0.5)
    kept_beside = (UNIT_FACE_PX * distance for distance in settings.kept_beside)
    removed = bare_head.change * smoothstep(away / portrait.unit_px, *kept_beside)
    bare = view.picture + (bare_head.heads[-1].picture - view.picture) * removed[..., None]
    mixed = bare + (toned - bare) * share[..., None]
    alpha = np.maximum(removed, share)
    layer = view.picture + (mixed - view.picture) / np.maximum(alpha, LEAST_WEIGHT)[..., None]
    alpha = visible(alpha)
    noise = blur(rng.standard_normal(alpha.shape).astype(np.float32), settings.spot_px)
    order = -portrait.v + settings.order_spots * noise / max(float(noise.std()), 1e-6)
    reveal = Reveal(np.asarray(np.clip(layer, 0, 255), np.float32), alpha, settings.order_time * ordered(order, alpha))
    return within_hair(portrait, view, reveal)
