"""Beard, mustache and sideburns, more or less of them."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.compositing.view import View
from engine.edits.layers import Reveal, ordered, visible
from engine.edits.portrait import Portrait
from engine.edits.regions import EYES_AND_NOSE, LIPS, faded, lower_face_region
from engine.errors import NothingToEdit
from engine.face.polygon import face_area, filled
from engine.hair.shaving import without_beard
from engine.hair.strokes import Strokes, with_hairs
from engine.hair.toning import hair_reference
from engine.imaging.lab import from_lab, to_lab
from engine.imaging.ops import Plane, blur, dilate, distance_to, erode, luminance, smoothstep, soft
from engine.parsing import FaceClass

# Length of a hair, at a face width of 500 px, and how dense they stand, at strengths 0 to 3.
LENGTHS_PX = (1.5, 5.0, 13.0, 24.0)
DENSITIES = (0.0, 0.45, 0.85, 1.0)
MUSTACHE_LENGTHS_PX = (1.5, 6.0, 13.0, 20.0)
SIDEBURN_LENGTHS_PX = (1.5, 4.0, 9.0, 15.0)
MIN_TONE_PX = 800
# With less than this share of where an attribute's hairs grow covered, there is none: shade and freckles.
MIN_SHARES = {"beard": 0.42, "mustache": 0.6, "sideburns": 0.6}
NOTHING_LEFT = {"beard": "is no beard", "mustache": "is no mustache", "sideburns": "are no sideburns"}
# Beards are darker and redder than the hair of the head.
BEARD_TONE = (0.80, 1.15, 1.05)
OWN_KEPT = 0.85
# At a face width of 500 px, how far a beard thins out towards the cheeks, and by which power of the distance.
CHEEK_FADE_PX, CHEEK_POWER = 42.0, 0.8
# Where hairs grow, set by eye; offsets from the landmarks in face widths. A beard's upper edge runs from the ear by so
# much of the way to the nose, over the middle of the cheek lifted by this, above the mouth's corner and below the
# nostril and the nose; its lower edge runs so far below the jaw. A mustache reaches so far up and beside the mouth.
CHEEK_SHARE, CHEEK_UP, CORNER_UP, NOSTRIL_DOWN, NOSE_DOWN = 0.16, 0.10, 0.05, 0.01, 0.015
BELOW_JAW, LIP_UP, BESIDE_MOUTH = 0.05, 0.01, 0.06
# Sideburns lie so far beside the midline and down to so far below the mouth.
SIDEBURNS_FROM, SIDEBURNS_BELOW = 0.385, 0.10
# How softly a region ends, at a face width of 500 px; and by how much more of it is looked at to take hair away.
MUSTACHE_FADE_PX, BEARD_FADE_PX, TAKEN_MARGIN = 6.0, 15.0, 0.04
# On the lip hairs turn away from its middle, by this at most, over so wide a half (face widths), and no longer at its
# ends; on the cheeks, from this share of that width on, by this much forward.
LIP_HALF_WIDTH, LIP_TURN, LIP_ENDS, LIP_UP_TO = 0.22, 0.9, (0.7, 1.0), 0.01
CHEEK_TURN, CHEEK_TURNS = 0.25, (0.6, 1.0)
# Patches of two sizes, at a face width of 500 px, the small ones so strong beside the large; density around its mean.
PATCHES_PX, SMALL_PATCHES, PATCH_MEAN, PATCH_SPREAD, PATCH_MOST = (12, 4), 0.6, 0.8, 0.25, 0.8
# The light is told this smooth, at a face width of 500 px, from skin so far off its edge (canvas pixels).
LIGHT_PX, LIGHT_EDGE_PX = 9, 4
# What counts as surely beard or hair for its tone, and the percentile of lightness below which it is dark.
SURE_BEARD, SURE_HAIR, DARK_PERCENTILE = 0.7, 0.9, 45
# Sigma of the sharpest lashes in photo pixels; the most in canvas pixels; from here on a canvas pixel shows all of it.
LASH_PX, SOFTEST_PX, FULL_DETAIL = 0.45, 2.5, 0.8
# Single hairs come in an order of their own, this large (canvas pixels), the lower earlier by so much a face width; the
# last of them at this share of the time.
HAIR_PX, CHIN_FIRST, CHIN_FROM, ORDER_TIME = 1.2, 1.5, 0.6, 0.85
# The mouth's edge is kept so softly (canvas pixels), between these shares.
LIP_EDGE_PX, LIP_EDGE = 1.5, (0.3, 0.9)
# Drawn hairs reach so far beyond where they root (canvas pixels), where more than this density roots.
REACH_PX, LEAST_DENSITY, REACH_EDGE_PX = 2, 0.02, 1.5


def grown(portrait: Portrait, view: View, attribute: str, strength: float) -> Reveal:
    """Stubble at 1, a short beard at 2, a full one at 3."""
    lengths = {"mustache": MUSTACHE_LENGTHS_PX, "sideburns": SIDEBURN_LENGTHS_PX}.get(attribute, LENGTHS_PX)
    rng = np.random.default_rng(portrait.seed)
    allowed = _allowed(portrait, view)
    own = without_beard(view, portrait.on_canvas, allowed > 0, portrait.v, portrait.unit_px, rng)[1]
    has_beard = _share(own, _shape(portrait, attribute) * allowed) >= MIN_SHARES[attribute]
    # Where hair grows already, only its gaps are filled.
    density = _shape(portrait, attribute) * _patchy(portrait, rng) * allowed
    if has_beard:
        density = density * (1 - OWN_KEPT * own)
    growth = Strokes(
        np.asarray(density * np.interp(strength, range(4), DENSITIES), np.float32),
        _directions(portrait),
        float(np.interp(strength, range(4), lengths)) * portrait.unit_px,
        _colour(portrait, view, own * allowed if has_beard else None),
    )
    picture = with_hairs(view.picture, growth, _light(portrait, view), portrait.unit_px, rng)
    picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), _softness(portrait)), np.float32)
    reach = blur(dilate(density > LEAST_DENSITY, growth.length_px + REACH_PX), REACH_EDGE_PX)
    alpha = reach * _lips_kept(portrait, view) * portrait.reachable
    alpha = visible(alpha)
    return Reveal(picture, alpha, _scattered(portrait, alpha))


def taken_off(portrait: Portrait, view: View, attribute: str, strength: float) -> Reveal:
    """Trimmed at -1, shaved at -2."""
    rng = np.random.default_rng(portrait.seed)
    allowed = _allowed(portrait, view)
    # All of the lower face is looked at: where a beard ends is its owner's choice.
    shape = np.ones_like(allowed) if attribute == "beard" else _shape(portrait, attribute, margin=TAKEN_MARGIN)
    picture, beard = without_beard(view, portrait.on_canvas, allowed > 0, portrait.v, portrait.unit_px, rng)
    if _share(beard, _shape(portrait, attribute) * allowed) < MIN_SHARES[attribute]:
        raise NothingToEdit(f"There {NOTHING_LEFT[attribute]} on this face that could go: choose another attribute.")
    alpha = beard * shape * allowed * portrait.reachable * min(-strength / 2, 1.0)
    alpha = visible(alpha)
    return Reveal(picture, alpha, _scattered(portrait, alpha))


def _allowed(portrait: Portrait, view: View) -> Plane:
    """The lower face's skin, and what lies over it as hair; fading out at its edges."""
    width_px = portrait.canvas_axes.width_px
    region = lower_face_region(view, portrait.on_canvas, portrait.u, portrait.v, width_px)
    return faded(region, portrait.unit_px)


def _lips_kept(portrait: Portrait, view: View) -> Plane:
    """0 on mouth, nose and eyes, whatever hangs over them."""
    kept = filled(portrait.on_canvas[48:60], portrait.u.shape) | view.is_any(*LIPS, *EYES_AND_NOSE)
    return np.asarray((1 - soft(kept, LIP_EDGE_PX, *LIP_EDGE)) * ~kept, np.float32)


def _shape(portrait: Portrait, attribute: str, margin: float = 0.0) -> Plane:
    """Where hairs of an attribute grow (H,W, 0..1), from the landmarks. margin: grown by so many face widths."""
    points = portrait.on_canvas
    width_px = portrait.canvas_axes.width_px
    up = portrait.canvas_axes.up
    jaw = points[:17]

    # The upper edge of a beard: from the ear down the cheek to the mouth's corner, then up to the nose.
    def cheek(side: int) -> NDArray[np.float64]:
        ear, corner, nostril = (jaw[1], points[48], points[31]) if side < 0 else (jaw[15], points[54], points[35])
        low = jaw[4] if side < 0 else jaw[12]
        inner = ear + CHEEK_SHARE * (points[33] - ear)
        bend = 0.5 * (low + corner) + CHEEK_UP * width_px * up
        above, under = corner + CORNER_UP * width_px * up, nostril - NOSTRIL_DOWN * width_px * up
        return np.stack([ear, inner, bend, above, under])

    below = jaw[1:16] - up * (BELOW_JAW * width_px) * np.sin(np.linspace(0, np.pi, 15))[:, None]
    outline = np.concatenate([below, cheek(1)[1:], [points[33] - NOSE_DOWN * width_px * up], cheek(-1)[::-1][:-1]])
    beard = filled(outline, portrait.u.shape)
    lip = np.concatenate([points[[31, 33, 35]] - LIP_UP * width_px * up, points[[54, 53, 52, 51, 50, 49, 48]]])
    sides = BESIDE_MOUTH * (points[[48, 54]] - points[[54, 48]])
    rim = np.concatenate([lip[:3], [points[54] + sides[1]], lip[3:], [points[48] + sides[0]]])
    mustache = filled(rim, portrait.u.shape)
    if attribute == "mustache":
        region = mustache
    elif attribute == "sideburns":
        out = np.abs(portrait.u) > SIDEBURNS_FROM
        region = beard & out & (portrait.v > _height(portrait, 66) - SIDEBURNS_BELOW)
    else:
        region = beard | mustache
    if margin:
        region = dilate(region, margin * width_px)
    fade_px = (MUSTACHE_FADE_PX if attribute == "mustache" else BEARD_FADE_PX) * portrait.unit_px
    shape = smoothstep(distance_to(~region) / fade_px, 0.0, 1.0)
    if attribute == "mustache":
        return shape
    # Towards the cheeks hairs stand further and further apart; at the jaw's edge they end in a line.
    cheeks = distance_to(face_area(points, portrait.u.shape) & ~region)
    return np.asarray(shape * np.clip(cheeks / (CHEEK_FADE_PX * portrait.unit_px), 0, 1) ** CHEEK_POWER, np.float32)


def _height(portrait: Portrait, landmark: int) -> float:
    offset = portrait.on_canvas[landmark] - portrait.canvas_axes.origin
    return float(offset @ portrait.canvas_axes.up / portrait.canvas_axes.width_px)


def _directions(portrait: Portrait) -> NDArray[np.float32]:
    """Unit vectors in which hairs grow: down, on the cheeks a little forward, on the upper lip away from its middle."""
    axes = portrait.canvas_axes
    side = np.clip((portrait.u - _middle(portrait)) / LIP_HALF_WIDTH, -1, 1)
    on_lip = smoothstep(portrait.v, _height(portrait, 62), _height(portrait, 51) + LIP_UP_TO)
    on_lip = on_lip * (1 - smoothstep(np.abs(side), *LIP_ENDS))
    sideways = side * (LIP_TURN * on_lip - CHEEK_TURN * (1 - on_lip) * smoothstep(np.abs(side), *CHEEK_TURNS))
    down = np.ones_like(sideways)
    field = sideways[..., None] * axes.right - down[..., None] * axes.up
    return np.asarray(field / np.linalg.norm(field, axis=-1, keepdims=True), np.float32)


def _middle(portrait: Portrait) -> float:
    offset = portrait.on_canvas[[33, 51, 57]].mean(0) - portrait.canvas_axes.origin
    return float(offset @ portrait.canvas_axes.right / portrait.canvas_axes.width_px)


def _patchy(portrait: Portrait, rng: np.random.Generator) -> Plane:
    """No beard is even: 0.55..1 in soft patches."""
    large, small = (
        blur(rng.standard_normal(portrait.u.shape).astype(np.float32), size_px * portrait.unit_px)
        for size_px in PATCHES_PX
    )
    noise = large + SMALL_PATCHES * small
    spread = np.clip(noise / max(float(noise.std()), 1e-6), -1, PATCH_MOST)
    return np.asarray(PATCH_MEAN + PATCH_SPREAD * spread, np.float32)


def _light(portrait: Portrait, view: View) -> Plane:
    """The light on the lower face relative to the face's middle, from the skin's own brightness."""
    level = blur(luminance(view.picture), LIGHT_PX * portrait.unit_px)
    skin = erode(view.seen(FaceClass.SKIN), LIGHT_EDGE_PX) & (portrait.v < 0.0)
    return np.asarray(level / max(float(np.median(level[skin])) if skin.any() else 128.0, 1.0), np.float32)


def _colour(portrait: Portrait, view: View, own_beard: Plane | None) -> NDArray[np.float32]:
    """RGB of the beard: of the one that is there, else of the own hair's darker parts, else told from the brows."""
    if own_beard is not None and (own_beard > SURE_BEARD).sum() >= MIN_TONE_PX:
        return _dark_tone(view.picture[own_beard > SURE_BEARD])
    hair = portrait.strands.alpha > SURE_HAIR
    if hair.sum() >= MIN_TONE_PX:
        lab = to_lab(_dark_tone(view.picture[hair]).reshape(1, 1, 3))
    else:
        brows = view.seen(FaceClass.LEFT_BROW, FaceClass.RIGHT_BROW)
        lab = hair_reference(view.picture, brows).reshape(1, 1, 3)
    return np.asarray(from_lab(lab * np.array(BEARD_TONE, np.float32))[0, 0], np.float32)


def _dark_tone(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    level = pixels.mean(-1)
    return np.asarray(np.median(pixels[level <= np.percentile(level, DARK_PERCENTILE)], 0), np.float32)


def _share(beard: Plane, shape: Plane) -> float:
    """How much of a shape is bearded."""
    return float((beard * shape).sum() / max(float(shape.sum()), 1.0))


def _softness(portrait: Portrait) -> float:
    """How blurred the photo is: hairs are not to be sharper than the lashes."""
    pixel_px = float(np.hypot(*portrait.canvas.matrix[:, 0]))  # photo pixels per canvas pixel
    return LASH_PX if pixel_px >= FULL_DETAIL else min(SOFTEST_PX, LASH_PX / pixel_px)


def _scattered(portrait: Portrait, alpha: Plane) -> Plane:
    """Hairs come and go one by one all over the region, at the chin a little earlier."""
    noise = blur(np.random.default_rng(portrait.seed).standard_normal(alpha.shape).astype(np.float32), HAIR_PX)
    return ORDER_TIME * ordered(noise / max(float(noise.std()), 1e-6) + CHIN_FIRST * (portrait.v + CHIN_FROM), alpha)
