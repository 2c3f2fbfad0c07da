"""Beard, mustache and sideburns, more or less of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.compositing.arrays import Mask, Plane, blur, dilate, erode, soft
from engine.compositing.scalp import SkinSample
from engine.compositing.view import FEATURES, SKIN, View
from engine.makeover.layers import Reveal, ordered
from engine.makeover.regions import faded, lower_face_region
from engine.makeover.steering import steered, unmoved
from engine.makeover.studio import Studio
from engine.parsing import FaceClass
from engine.retouch.beard import bearded, shaved

# Half widths and heights in face widths: where each attribute may grow within the lower face.
MOUSTACHE_HALF_WIDTH = 0.30
SIDEBURN_INNER = 0.30
MIN_TONE_PX = 800


def grown(studio: Studio, view: View, attribute: str, strength: float) -> Reveal:
    """A beard where there is none, or a fuller one."""
    before, after = unmoved(studio), steered(studio, attribute, strength)
    region = region_of(studio, view, attribute)
    picture, alpha = bearded(view.picture, before.picture, after.picture, region, studio.unit_px, _tone(studio))
    alpha = np.where(alpha < 1 / 128, 0, alpha * studio.reachable * (region > 0)).astype(np.float32)
    return Reveal(picture, alpha, _scattered(studio, alpha))


def taken_off(studio: Studio, view: View, attribute: str, strength: float) -> Reveal:
    """The same face shaved."""
    before, after = unmoved(studio), steered(studio, attribute, strength)
    region = region_of(studio, view, attribute)
    beard = region > 0
    features = dilate(view.is_any(*FEATURES), 4 * studio.unit_px)
    hair = view.is_any(FaceClass.HAIR)
    upper = erode(view.seen(*SKIN) & after.is_any(*SKIN), 4) & ~features & ~dilate(hair, 14 * studio.unit_px)
    upper &= ~dilate(beard & (studio.v < -0.35), 6 * studio.unit_px)
    sample = SkinSample(upper, upper & (studio.v > -0.45))
    rng = np.random.default_rng(studio.seed)
    picture, alpha = shaved(
        view.picture,
        before.picture,
        after.picture,
        region,
        sample,
        after.is_any(*SKIN),
        studio.u,
        studio.v,
        studio.unit_px,
        rng,
    )
    alpha = np.where(alpha < 1 / 128, 0, alpha * studio.reachable).astype(np.float32)
    return Reveal(picture, alpha, _scattered(studio, alpha))


def region_of(studio: Studio, view: View, attribute: str) -> Plane:
    """0..1: where in the lower face an attribute may change pixels."""
    face_px = studio.canvas_frame.width_px
    allowed = lower_face_region(view, studio.on_canvas, studio.u, studio.v, face_px)
    u = np.abs(studio.u - _midline(studio))
    nose, lips = _height(studio, 33), _height(studio, 62)
    if attribute == "mustache":
        allowed &= (u < MOUSTACHE_HALF_WIDTH) & (studio.v < nose + 0.02) & (studio.v > lips - 0.03)
    elif attribute == "sideburns":
        allowed &= (u > SIDEBURN_INNER) & (studio.v > _height(studio, 57) - 0.1)
    # Broad fades to the sides, so that a cheek turns into a beard gradually; a narrow one towards the lips.
    soft_edge = soft(erode(allowed, 10 * studio.unit_px), 9 * studio.unit_px, 0.05, 0.95)
    return np.asarray(np.maximum(soft_edge, 0) * faded(allowed, studio.unit_px), np.float32)


def _height(studio: Studio, landmark: int) -> float:
    offset = studio.on_canvas[landmark] - studio.canvas_frame.origin
    return float(offset @ studio.canvas_frame.up / studio.canvas_frame.width_px)


def _midline(studio: Studio) -> float:
    offset = studio.on_canvas[[33, 51, 57]].mean(0) - studio.canvas_frame.origin
    return float(offset @ studio.canvas_frame.right / studio.canvas_frame.width_px)


def _tone(studio: Studio) -> NDArray[np.float32] | None:
    """RGB of the person's own hair, darker parts first: what their beard would look like."""
    hair: Mask = studio.strands.alpha > 0.9
    if hair.sum() < MIN_TONE_PX:
        return None
    pixels = studio.view.picture[hair]
    dark = pixels[pixels.mean(-1) <= np.percentile(pixels.mean(-1), 40)]
    return np.asarray(np.median(dark, 0), np.float32)


def _scattered(studio: Studio, alpha: Plane) -> Plane:
    """Hairs come and go one by one all over the region, at the chin a little earlier."""
    noise = np.random.default_rng(studio.seed).standard_normal(alpha.shape).astype(np.float32)
    fine = blur(noise, 1.2)
    return 0.85 * ordered(fine / fine.std() + 1.5 * (studio.v + 0.6), alpha)
