"""Straighter or wavier hair: all of it drawn over the bare head, in the own hair's colour and light."""

from __future__ import annotations

import numpy as np

from engine.compositing.grain import grain_of
from engine.compositing.view import View
from engine.edits.layers import Reveal, ordered, visible
from engine.edits.limits import within_hair
from engine.edits.portrait import Portrait
from engine.edits.steering import boundaries_for, steered
from engine.errors import NothingToEdit
from engine.hair.toning import hair_reference
from engine.hair.transplant import matched_hair
from engine.imaging.ops import blur, dilate, distance_to, smoothstep, soft
from engine.parsing import FaceClass
from engine.parsing.classes import FEATURES

MIN_HAIR_PX = 20_000
# The own hair stays up to this far from the new hair's edge, at a face width of 500 px.
KEPT_BESIDE_PX = (8.0, 34.0)
# Grain is learnt from skin so far off hair and features (canvas pixels), if there are so many pixels of it.
GRAIN_AWAY_PX, MIN_GRAIN_PX = 8, 4000
# Around eyes and mouth nothing is laid, so far and so softly, at a face width of 500 px; and between which shares.
PROTECTED_PX, PROTECTED_EDGE_PX, PROTECTED = 3, 2, (0.05, 0.8)
# The highest appears first, by spots so large (canvas pixels), so far apart (face widths); the last at this share
# of the time.
SPOT_PX, ORDER_SPOTS, ORDER_TIME = 4, 0.15, 0.8


def redrawn(portrait: Portrait, view: View, attribute: str, strength: float) -> Reveal:
    """The hair as the generator draws it after a move along the attribute's boundary."""
    own = portrait.strands
    if float((own.alpha > 0.5).sum()) < MIN_HAIR_PX * portrait.unit_px**2:
        raise NothingToEdit("There is too little hair on this head to be drawn again: choose another attribute.")
    boundaries_for(portrait, attribute)  # refuses before anything that takes long
    bare_head = portrait.bare
    render = steered(portrait, attribute, strength)
    generated = portrait.strands_of(render)
    toned = matched_hair(view.picture, own, generated, hair_reference(view.picture, view.seen(FaceClass.LEFT_BROW)))
    rng = np.random.default_rng(portrait.seed)
    calm = view.seen(FaceClass.SKIN) & ~dilate(view.is_any(*FEATURES, FaceClass.HAIR), GRAIN_AWAY_PX)
    if calm.sum() > MIN_GRAIN_PX:
        toned = toned + grain_of(view.picture, calm, rng).on(render.picture, toned, generated.alpha)
    near = dilate(view.is_any(*FEATURES), PROTECTED_PX * portrait.unit_px)
    features = soft(near, PROTECTED_EDGE_PX * portrait.unit_px, *PROTECTED)
    share = generated.alpha * (1 - features) * portrait.reachable
    # Close to the new hair the own stays: it fills the gap beside the face, and its stray hairs soften the outline.
    away = distance_to(share >= 0.5)
    removed = bare_head.change * smoothstep(away / portrait.unit_px, *KEPT_BESIDE_PX)
    bare = view.picture + (bare_head.heads[-1].picture - view.picture) * removed[..., None]
    mixed = bare + (toned - bare) * share[..., None]
    alpha = np.maximum(removed, share)
    layer = view.picture + (mixed - view.picture) / np.maximum(alpha, 1e-3)[..., None]
    alpha = visible(alpha)
    noise = blur(rng.standard_normal(alpha.shape).astype(np.float32), SPOT_PX)
    order = -portrait.v + ORDER_SPOTS * noise / max(float(noise.std()), 1e-6)
    reveal = Reveal(np.asarray(np.clip(layer, 0, 255), np.float32), alpha, ORDER_TIME * ordered(order, alpha))
    return within_hair(portrait, view, reveal)
