"""The bald plate: the person's own crop as it would be without any hair, and where it differs from the photo.

One plate serves every year; the years themselves are masks over it (see `years`).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.compositing.arrays import (
    Mask,
    Picture,
    Plane,
    blur,
    dilate,
    erode,
    membrane,
    smoothstep,
    soft,
)
from engine.compositing.background import fill_background
from engine.compositing.matte import HairMatte, hair_matte, strand_plane
from engine.compositing.outline import outline_of, polar, reach_at
from engine.compositing.scalp import grain_like, real_skin_sample, relight, retone_clothes, toned_like, with_gain
from engine.compositing.view import CLOTHES, EARS, FEATURES, SKIN, View
from engine.head import HeadFrame, skull_radius
from engine.parsing.classes import FaceClass
from engine.polygon import face_area

# How far around hair that the generator left the skin is taken to be stubbly.
STUBBLE_PX = 36.0
# The plate's skull may be a little taller than the prior that the edit aimed at, and is cut off beyond.
OUTLINE_HEIGHT = 0.665
OUTLINE_FADE = (1.045, 1.075)
CURVE_BLEND = (0.10, 0.28)
# Heights, in face widths above the brows, over which that limit is widened by so many skull radii.
TEMPLES, TEMPLE_ROOM = (0.0, 0.30), 0.16
MIN_CHANGE = 1 / 128
# Face width for which the pixel radii below were chosen.
UNIT_FACE_PX = 500


@dataclass(frozen=True)
class BaldPlate:
    """picture: H,W,3 in 0..255; change: 0..1, where it replaces the photo once all hair is gone; matte: the photo's
    hair; person: the bald person's share of each pixel; u, v: head coordinates; unit_px: pixels per 1/500 face width;
    edge_px: distance from the photo's own edge, 0 beyond it.
    """

    picture: Picture
    change: Plane
    matte: HairMatte
    person: Plane
    u: Plane
    v: Plane
    unit_px: float
    edge_px: Plane


def build_plate(
    photo: View,
    render: View,
    landmarks: NDArray[np.float64],
    frame: HeadFrame,
    fade: Plane,
    rng: np.random.Generator,
) -> BaldPlate:
    """Make the plate.

    photo, render: the person's crop and the generator's bald one, both H,W with H and W multiples of 64; landmarks:
    68,2 in the same pixels; fade: 0..1, how much the plate may change near its own edges.
    """
    u, v = frame.coordinates((photo.picture.shape[0], photo.picture.shape[1]))
    unit_px = frame.width_px / UNIT_FACE_PX
    behind_rng, body_rng = rng.spawn(2)
    # What is submitted does not need what is computed beside it, and NumPy and OpenCV let go of the interpreter's lock
    # while they work.
    with ThreadPoolExecutor(1) as pool:
        outlined = pool.submit(_person_alpha, render, u, v, unit_px)
        matte = hair_matte(photo, v, unit_px)
        protected = _protected(photo, matte, v, unit_px)
        hidden_ears = _ears_already_seen(photo, u) & render.is_any(*EARS) & photo.is_any(FaceClass.BACKGROUND)
        person = outlined.result()
        behind = pool.submit(_background, photo, matte, person, unit_px, behind_rng)
        changed = pool.submit(_change, photo, render, matte, protected, hidden_ears, v, unit_px)
        body = _body(photo, render, matte, protected, person, landmarks, u, v, unit_px, body_rng)
        background = behind.result()
        # Hair in the padding must not sink into the picture; the photo's own last row is hair like any other.
        change = changed.result() * (fade * dilate(photo.real, 3))

    person = person * (1 - blur(hidden_ears, 2))
    picture = np.clip(background + (body - background) * person[..., None], 0, 255)
    framed = cv2.copyMakeBorder(photo.real.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=(0,))
    edge_px = np.asarray(cv2.distanceTransform(framed, cv2.DIST_L2, 5)[1:-1, 1:-1], np.float32)
    return BaldPlate(np.asarray(picture, np.float32), change, matte, person, u, v, unit_px, edge_px)


def _protected(photo: View, matte: HairMatte, v: Plane, unit_px: float) -> Mask:
    """Brows, eyes, glasses, nose and mouth stay the photo's, but for hair that hangs over them."""
    features = dilate(photo.is_any(*FEATURES), 4 * unit_px)
    return features & (v < 0.12) & ~matte.near_hard(2)


def _person_alpha(render: View, u: Plane, v: Plane, unit_px: float) -> Plane:
    """The bald person's outline: the render's, without what it still draws as hair or jewellery, clipped to a skull."""
    alpha = smoothstep(1 - render.snapped(6, 1e-4, FaceClass.BACKGROUND), 0.3, 0.7)
    low = v < -0.1
    dangling = dilate(render.is_any(FaceClass.EARRING), 6) & ~render.is_any(*EARS, FaceClass.SKIN, FaceClass.NECK)
    loose = (render.is_any(FaceClass.HAIR, FaceClass.HAT) & low) | dangling
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (29, 29))
    opened = cv2.morphologyEx(loose.astype(np.uint8), cv2.MORPH_OPEN, kernel) > 0
    alpha = alpha * (1 - blur(dilate(np.asarray(opened, bool), 2), 2))
    # At the temples the limit opens gradually: a head that is wider there shall not show a step.
    radius = skull_radius(u, v, OUTLINE_HEIGHT) - TEMPLE_ROOM * (1 - smoothstep(v, *TEMPLES))
    alpha = alpha * np.where(v > TEMPLES[0], 1 - smoothstep(radius, *OUTLINE_FADE), 1)
    alpha = smoothstep(blur(alpha, 2 * unit_px), 0.45, 0.95)
    # The parser's edge is ragged, a bald head's is not: above the temples the outline is a smooth curve.
    distance, angle = polar(u, v)
    edge_px = (reach_at(outline_of(alpha > 0.5, u, v), angle) - distance) * UNIT_FACE_PX * unit_px
    curve = smoothstep(edge_px, -2.5, 2.5)
    return np.asarray(alpha + (curve - alpha) * smoothstep(v, *CURVE_BLEND), np.float32)


def _background(
    photo: View, matte: HairMatte, person: Plane, unit_px: float, rng: np.random.Generator
) -> Picture:
    behind = photo.is_any(FaceClass.BACKGROUND)
    hair = matte.hole(unit_px)
    known = ~dilate(~behind | hair, 3 * unit_px) & photo.real
    visible_skin = photo.is_any(*SKIN) & ~matte.hard
    need = (matte.near_solid(20 * unit_px) & (person < 0.95) & ~visible_skin) | (hair & (person < 0.95))
    return fill_background(photo.picture, known, dilate(need, 4) & ~known, rng)


def _body(
    photo: View,
    render: View,
    matte: HairMatte,
    protected: Mask,
    person: Plane,
    landmarks: NDArray[np.float64],
    u: Plane,
    v: Plane,
    unit_px: float,
    rng: np.random.Generator,
) -> Picture:
    """The render's person in the photo's light, tone and grain."""
    skin = render.is_any(*SKIN, FaceClass.LEFT_BROW, FaceClass.RIGHT_BROW)
    cloth = render.is_any(*CLOTHES)
    drawn_hair = render.is_any(FaceClass.HAIR, FaceClass.HAT)
    picture = _without_drawn_hair(render.picture, skin, drawn_hair & (v >= -0.1), v, unit_px)
    picture = _with_inner_rim(picture, person, skin | drawn_hair, unit_px)

    beard = face_area(landmarks, skin.shape) & (v < -0.30)
    sample = real_skin_sample(photo.seen(*SKIN) & skin, protected, matte, beard, v, unit_px)
    scalp = matte.hard & (skin | drawn_hair) & (v > 0.05) & (person > 0.9)
    gain = relight(photo.picture, picture, sample, skin, scalp, u, v, rng)
    real_cloth = erode(photo.seen(*CLOTHES) & cloth, 4) & ~matte.near_hard(16 * unit_px)
    cloth_gain = retone_clothes(photo.picture, picture, real_cloth, cloth)
    share = blur(cloth, 4)[..., None]
    gain = gain * (1 - share) + (0 if cloth_gain is None else cloth_gain) * share
    lit = with_gain(picture, gain)
    on_scalp = blur(matte.near_hard(20) & (skin | drawn_hair), 8) * (1 - share[..., 0])
    lit = toned_like(photo.picture, lit, sample.far, on_scalp)

    # The generator's scalp is bumpy at hair's scale: smooth it, then give it the person's own grain.
    bare = blur(matte.near_hard(20), 8) * (1 - blur(dilate(render.is_any(*EARS, *FEATURES[:5]), 6), 3))
    bare = (bare * 0.85 * ~cloth)[..., None]
    smooth = lit * (1 - bare) + blur(lit, 8) * bare
    real_skin = erode(photo.seen(*SKIN) & ~matte.near_hard(16 * unit_px) & ~protected & ~beard, 4) & (v > -0.42)
    domain = blur(erode(skin | drawn_hair, 5), 5)
    return smooth + grain_like(photo.picture, render.picture, real_skin, smooth, domain, rng)


def _without_drawn_hair(picture: Picture, skin: Mask, drawn_hair: Mask, v: Plane, unit_px: float) -> Picture:
    """Hair that the generator left on the skull gets the colour of the skin around it."""
    if drawn_hair.sum() <= 50:
        return picture
    # Towards that hair the skin darkens, with hair too thin to be seen as such.
    known = skin & ~dilate(drawn_hair, STUBBLE_PX * unit_px) & (v > -0.1)
    filled = membrane(picture, known, np.ones_like(known))
    weight = blur(dilate(drawn_hair, 0.75 * STUBBLE_PX * unit_px), 0.25 * STUBBLE_PX * unit_px)[..., None]
    return np.asarray(picture * (1 - weight) + filled * weight, np.float32)


def _with_inner_rim(picture: Picture, person: Plane, skin: Mask, unit_px: float) -> Picture:
    """The render's outline mixes in its own background: take the rim's colour from further inside."""
    inside = erode(person > 0.5, 9 * unit_px)
    weight = blur(inside, 6 * unit_px)
    inner = blur(picture * inside[..., None], 6 * unit_px) / np.maximum(weight, 0.02)[..., None]
    rim = (smoothstep(weight, 0, 0.06) * (1 - blur(inside, 2)) * dilate(skin, 6))[..., None]
    return np.asarray(picture * (1 - rim) + inner * rim, np.float32)


def _ears_already_seen(photo: View, u: Plane) -> Mask:
    """The sides (as halves of the picture) on which the photo shows an ear: the render's is not needed there."""
    ears = photo.is_any(*EARS)
    seen = np.zeros_like(ears)
    for side in (-1, 1):
        if (ears & (u * side > 0)).sum() > 300:
            seen |= u * side > 0
    return seen


def _change(
    photo: View,
    render: View,
    matte: HairMatte,
    protected: Mask,
    hidden_ears: Mask,
    v: Plane,
    unit_px: float,
) -> Plane:
    """Soft mask of hair, its rim and its shadow on the skin."""
    background = photo.is_any(FaceClass.BACKGROUND)
    ears = photo.is_any(*EARS)
    near = (matte.near_hard(44 * unit_px) & (v > 0.05)) | matte.near_hard(30 * unit_px)
    on_skin = near & ~protected & ~(dilate(ears, 2) & ~matte.near_hard(5))
    skin_part = np.where(v > 0, soft(on_skin, 18 * unit_px, 0.1, 0.95), soft(on_skin, 14 * unit_px, 0.1, 0.9))
    skin_part = np.maximum(blur(skin_part, 3), matte.hard)
    hole = matte.hole(unit_px)
    stray_zone = soft(dilate(matte.strays, 3), 2, 0.1, 0.6)
    behind_part = np.maximum(soft(hole & (background | matte.hard), 4 * unit_px, 0.15, 0.7), stray_zone * background)
    # The hair's shadow lies on skin; behind the head only the hair itself goes.
    skin_part = skin_part * (1 - soft(background & ~dilate(hole, 3), 3))
    is_skin = photo.is_any(*SKIN)
    rim = background | (dilate(background, 2) & ~is_skin)
    change = np.where(rim, np.maximum(behind_part, skin_part), skin_part)
    new_ears = render.is_any(*EARS) & background & ~hidden_ears & matte.near_solid(60 * unit_px) & (v < 0.15)
    change = np.maximum(change, soft(new_ears, 3, 0.2, 0.7))
    change = np.maximum(change, matte.alpha * ~protected)
    change = np.maximum(change, strand_plane(matte) * (v > 0))
    change = np.where(protected, 0, change)
    change = blur(change, 1.2) * (1 - blur(protected, 1.5))
    # A Gaussian's tail is no change: pixels that nobody would see altered shall be the photo's own.
    return np.asarray(np.where(change < MIN_CHANGE, 0, change), np.float32)
