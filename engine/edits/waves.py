"""Straighter or wavier hair: all of it drawn over the bare head, in the own hair's colour and light."""

from __future__ import annotations

import numpy as np

from engine.compositing.grain import grain_of
from engine.compositing.view import FEATURES, View
from engine.edits.layers import Reveal, ordered
from engine.edits.limits import within_hair
from engine.edits.portrait import Portrait
from engine.edits.steering import boundaries_for, steered
from engine.errors import NothingToEdit
from engine.hair.toning import hair_reference
from engine.hair.transplant import matched_hair
from engine.imaging.ops import blur, dilate, distance_to, smoothstep, soft
from engine.parsing import FaceClass

MIN_HAIR_PX = 20_000
# The own hair stays up to this far from the new hair's edge, at a face width of 500 px.
KEPT_BESIDE_PX = (8.0, 34.0)


def redrawn(portrait: Portrait, view: View, attribute: str, strength: float) -> Reveal:
    """The hair as the generator draws it after a move along the attribute's boundary."""
    own = portrait.strands
    if float((own.alpha > 0.5).sum()) < MIN_HAIR_PX * portrait.unit_px**2:
        raise NothingToEdit("There is too little hair on this head to be drawn anew: choose another attribute.")
    boundaries_for(portrait, attribute)  # refuses before anything that takes long
    bare_head = portrait.bare
    render = steered(portrait, attribute, strength)
    generated = portrait.strands_of(render)
    toned = matched_hair(view.picture, own, generated, hair_reference(view.picture, view.seen(FaceClass.LEFT_BROW)))
    rng = np.random.default_rng(portrait.seed)
    calm = view.seen(FaceClass.SKIN) & ~dilate(view.is_any(*FEATURES, FaceClass.HAIR), 8)
    if calm.sum() > 4000:
        toned = toned + grain_of(view.picture, calm, rng).on(render.picture, toned, generated.alpha)
    features = soft(dilate(view.is_any(*FEATURES), 3 * portrait.unit_px), 2 * portrait.unit_px, 0.05, 0.8)
    share = generated.alpha * (1 - features) * portrait.reachable
    # Close to the new hair the own stays: it fills the gap beside the face, and its stray hairs soften the outline.
    away = distance_to(share >= 0.5)
    removed = bare_head.change * smoothstep(away / portrait.unit_px, *KEPT_BESIDE_PX)
    bare = view.picture + (bare_head.heads[-1].picture - view.picture) * removed[..., None]
    mixed = bare + (toned - bare) * share[..., None]
    alpha = np.maximum(removed, share)
    layer = view.picture + (mixed - view.picture) / np.maximum(alpha, 1e-3)[..., None]
    alpha = np.where(alpha < 1 / 128, 0, alpha).astype(np.float32)
    noise = blur(rng.standard_normal(alpha.shape).astype(np.float32), 4)
    order = -portrait.v + 0.15 * noise / max(float(noise.std()), 1e-6)
    reveal = Reveal(np.asarray(np.clip(layer, 0, 255), np.float32), alpha, 0.8 * ordered(order, alpha))
    return within_hair(portrait, view, reveal)
