"""Beard, mustache and sideburns, more or less of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.compositing.view import View
from engine.edits.beard_shape import beard_shape, directions
from engine.edits.layers import Reveal, ordered, visible
from engine.edits.portrait import Portrait
from engine.edits.regions import EYES_AND_NOSE, faded, lower_face_region
from engine.edits.strengths import at_strength
from engine.errors import NothingToEdit
from engine.face import ibug
from engine.face.polygon import filled
from engine.hair.shaving import without_beard
from engine.hair.toning import hair_reference
from engine.imaging.lab import from_lab, to_lab
from engine.imaging.ops import Plane, blur, dilate, erode, luminance, soft
from engine.imaging.strokes import Strokes, with_hairs
from engine.parsing import FaceClass
from engine.parsing.classes import LIPS


@dataclass(frozen=True)
class FacialHair:
    """lengths: of a hair at strengths 0 to 3, in face widths; min_share: with less than this share of where its hairs
    grow covered, there is none: shade and freckles; missing: how a sentence says so."""

    lengths: tuple[float, float, float, float]
    min_share: float
    missing: str


FACIAL_HAIR: Mapping[str, FacialHair] = {
    "beard": FacialHair((0.003, 0.010, 0.026, 0.048), 0.42, "is no beard"),
    "mustache": FacialHair((0.003, 0.012, 0.026, 0.040), 0.6, "is no mustache"),
    "sideburns": FacialHair((0.003, 0.008, 0.018, 0.030), 0.6, "are no sideburns"),
}


@dataclass(frozen=True)
class BeardSettings:
    """How beards are drawn and taken off, set by eye. Lengths in face widths; those named `_px` are canvas pixels,
    because drawn hairs and the edges of masks belong to that grid."""

    # How dense hairs stand at strengths 0 to 3; where hair grows already, this share of it is not drawn over.
    densities: tuple[float, float, float, float] = (0.0, 0.45, 0.85, 1.0)
    own_kept: float = 0.85
    # Strength at which everything is shaved, and by how much more of a region is looked at to take hair away.
    shaved_at: float = 2.0
    taken_margin: float = 0.04
    # Patches of two sizes, the small ones so strong beside the large; density's mean and deviation, which is cut off
    # at so many deviations above.
    patch_sigmas: tuple[float, float] = (0.024, 0.008)
    small_patches: float = 0.6
    patch_mean: float = 0.8
    patch_spread: float = 0.25
    patch_most: float = 0.8
    # The light is told this smooth, from skin below this height over the brows and so far off its edge.
    light_sigma: float = 0.018
    light_below: float = 0.0
    light_edge_px: float = 4.0
    # Level (0..255) of the skin where none is seen.
    usual_level: float = 128.0
    # What counts as surely beard or hair for its tone, in so many pixels, and the percentile of lightness below which
    # it is dark.
    sure_beard: float = 0.7
    sure_hair: float = 0.9
    min_tone_px: int = 800
    dark_percentile: float = 45.0
    # Beards are darker and redder than the hair of the head: factors of its L*, a* and b*.
    tone: tuple[float, float, float] = (0.80, 1.15, 1.05)
    # Sigma of the sharpest lashes in pixels of the photo's sensor; at most so many canvas pixels; from so many photo
    # pixels on a canvas pixel shows all of it.
    lash_px: float = 0.45
    softest_px: float = 2.5
    full_detail_px: float = 0.8
    # Single hairs come in an order of their own, this large, the lower earlier by so many deviations a face width,
    # from this far below the brows; the last of them at this share of the time.
    hair_px: float = 1.2
    chin_first: float = 1.5
    chin_from: float = 0.6
    order_time: float = 0.85
    # The mouth's edge is kept so softly, between these shares of the blur.
    lip_edge_px: float = 1.5
    lip_edge: tuple[float, float] = (0.3, 0.9)
    # Drawn hairs reach so far beyond where they root, so softly, where more than this density roots.
    reach_px: float = 2.0
    reach_edge_px: float = 1.5
    least_density: float = 0.02


def grown(
    portrait: Portrait, view: View, attribute: str, strength: float, settings: BeardSettings = BeardSettings()
) -> Reveal:
    """Stubble at 1, a short beard at 2, a full one at 3."""
    kind = FACIAL_HAIR[attribute]
    rng = np.random.default_rng(portrait.seed)
    allowed = _allowed(portrait, view)
    own = without_beard(view, portrait.on_canvas, allowed > 0, portrait.v, portrait.face_px, rng)[1]
    shape = beard_shape(portrait, attribute)
    has_beard = _share(own, shape * allowed) >= kind.min_share
    # Where hair grows already, only its gaps are filled.
    density = shape * _patchy(portrait, rng, settings) * allowed
    if has_beard:
        density = density * (1 - settings.own_kept * own)
    growth = Strokes(
        np.asarray(density.astype(np.float64) * at_strength(settings.densities, strength), np.float32),
        directions(portrait),
        at_strength(kind.lengths, strength) * portrait.face_px,
        _colour(portrait, view, own * allowed if has_beard else None, settings),
    )
    picture = with_hairs(view.picture, growth, _light(portrait, view, settings), portrait.face_px, rng)
    picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), _softness_px(portrait, settings)), np.float32)
    rooted = density > settings.least_density
    reach = blur(dilate(rooted, growth.length_px + settings.reach_px), settings.reach_edge_px)
    alpha = visible(reach * _lips_kept(portrait, view, settings) * portrait.reachable)
    return Reveal(picture, alpha, _scattered(portrait, alpha, settings))


def taken_off(
    portrait: Portrait, view: View, attribute: str, strength: float, settings: BeardSettings = BeardSettings()
) -> Reveal:
    """Trimmed at -1, shaved at -2. Raises NothingToEdit."""
    kind = FACIAL_HAIR[attribute]
    rng = np.random.default_rng(portrait.seed)
    allowed = _allowed(portrait, view)
    # All of the lower face is looked at: where a beard ends is its owner's choice.
    shape = np.ones_like(allowed)
    if attribute != "beard":
        shape = beard_shape(portrait, attribute, margin=settings.taken_margin)
    picture, beard = without_beard(view, portrait.on_canvas, allowed > 0, portrait.v, portrait.face_px, rng)
    if _share(beard, beard_shape(portrait, attribute) * allowed) < kind.min_share:
        raise NothingToEdit(f"There {kind.missing} on this face that could go: choose another attribute.")
    alpha = beard * shape * allowed * portrait.reachable * min(-strength / settings.shaved_at, 1.0)
    alpha = visible(alpha)
    return Reveal(picture, alpha, _scattered(portrait, alpha, settings))


def _allowed(portrait: Portrait, view: View) -> Plane:
    """The lower face's skin, and what lies over it as hair; fading out at its edges."""
    region = lower_face_region(view, portrait.on_canvas, portrait.u, portrait.v, portrait.face_px)
    return faded(region, portrait.face_px)


def _lips_kept(portrait: Portrait, view: View, settings: BeardSettings) -> Plane:
    """0 on mouth, nose and eyes, whatever hangs over them."""
    kept = filled(portrait.on_canvas[ibug.MOUTH], portrait.u.shape) | view.is_any(*LIPS, *EYES_AND_NOSE)
    return np.asarray((1 - soft(kept, settings.lip_edge_px, *settings.lip_edge)) * ~kept, np.float32)


def _patchy(portrait: Portrait, rng: np.random.Generator, settings: BeardSettings) -> Plane:
    """No beard is even: 0.55..1 in soft patches."""
    large, small = (
        blur(rng.standard_normal(portrait.u.shape).astype(np.float32), sigma * portrait.face_px)
        for sigma in settings.patch_sigmas
    )
    noise = large + settings.small_patches * small
    spread = np.clip(noise / max(float(noise.std()), 1e-6), -1, settings.patch_most)
    return np.asarray(settings.patch_mean + settings.patch_spread * spread, np.float32)


def _light(portrait: Portrait, view: View, settings: BeardSettings) -> Plane:
    """The light on the lower face relative to the face's middle, from the skin's own brightness."""
    level = blur(luminance(view.picture), settings.light_sigma * portrait.face_px)
    skin = erode(view.seen(FaceClass.SKIN), settings.light_edge_px) & (portrait.v < settings.light_below)
    usual = float(np.median(level[skin])) if skin.any() else settings.usual_level
    return np.asarray(level / max(usual, 1.0), np.float32)


def _colour(portrait: Portrait, view: View, own_beard: Plane | None, settings: BeardSettings) -> NDArray[np.float32]:
    """RGB of the beard: of the one that is there, else of the own hair's darker parts, else told from the brows."""
    if own_beard is not None and (own_beard > settings.sure_beard).sum() >= settings.min_tone_px:
        return _dark_tone(view.picture[own_beard > settings.sure_beard], settings)
    hair = portrait.strands.alpha > settings.sure_hair
    if hair.sum() >= settings.min_tone_px:
        lab = to_lab(_dark_tone(view.picture[hair], settings).reshape(1, 1, 3))
    else:
        brows = view.seen(FaceClass.LEFT_BROW, FaceClass.RIGHT_BROW)
        lab = hair_reference(view.picture, brows).reshape(1, 1, 3)
    return np.asarray(from_lab(lab * np.array(settings.tone, np.float32))[0, 0], np.float32)


def _dark_tone(pixels: NDArray[np.float32], settings: BeardSettings) -> NDArray[np.float32]:
    level = pixels.mean(-1)
    return np.asarray(np.median(pixels[level <= np.percentile(level, settings.dark_percentile)], 0), np.float32)


def _share(beard: Plane, shape: Plane) -> float:
    """How much of a shape is bearded."""
    return float((beard * shape).sum() / max(float(shape.sum()), 1.0))


def _softness_px(portrait: Portrait, settings: BeardSettings) -> float:
    """How blurred the photo is: hairs are not to be sharper than the lashes."""
    pixel_px = float(np.hypot(*portrait.canvas.matrix[:, 0]))  # photo pixels per canvas pixel
    if pixel_px >= settings.full_detail_px:
        return settings.lash_px
    return min(settings.softest_px, settings.lash_px / pixel_px)


def _scattered(portrait: Portrait, alpha: Plane, settings: BeardSettings) -> Plane:
    """Hairs come and go one by one all over the region, at the chin a little earlier."""
    rng = np.random.default_rng(portrait.seed)
    noise = blur(rng.standard_normal(alpha.shape).astype(np.float32), settings.hair_px)
    order = noise / max(float(noise.std()), 1e-6) + settings.chin_first * (portrait.v + settings.chin_from)
    return settings.order_time * ordered(order, alpha)
