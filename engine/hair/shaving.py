"""The lower face without its beard: smooth skin in the tone and light of the skin around it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.compositing.grain import grain_of
from engine.compositing.view import EARS, View
from engine.face import ibug
from engine.face.polygon import face_area
from engine.imaging.lab import to_lab
from engine.imaging.membrane import membrane
from engine.imaging.ops import (
    Mask,
    Picture,
    Plane,
    blur,
    dilate,
    distance_to,
    erode,
    luminance,
    smooth_over,
    smoothstep,
)
from engine.parsing import FaceClass
from engine.parsing.classes import FEATURES

# Of the landmarks: the chin with two of the jaw on either side.
CHIN_AND_BESIDE = slice(ibug.CHIN - 2, ibug.CHIN + 3)


@dataclass(frozen=True)
class FindingSettings:
    """How a beard is told from skin, set by eye. Lengths in face widths; pairs from nothing to all."""

    # L* by which a beard is darker than the cheeks, and how many times as rough it is for how light it is.
    darker: tuple[float, float] = (3.0, 14.0)
    rougher: tuple[float, float] = (1.5, 2.6)
    # L* added before roughness is divided by it: noise would make hair out of deep shadow.
    black: float = 10.0
    # The smoothest cheek counts as so rough (deviation in L*): a smoothed photo's would make hair of everything.
    least_roughness: float = 0.4
    # Hairs are finer than this; their roughness is told over the second.
    fine_sigma: float = 0.006
    rough_sigma: float = 0.010
    # Beside the skin nothing is known: means of less than this share of the surroundings are not believed.
    least_skin: float = 0.01
    # As far as this what is only dark belongs to the rough beside it, from so much of it on.
    near_sigma: float = 0.048
    near: tuple[float, float] = (0.15, 0.5)
    # What is rough but no darker than the cheeks is a beard to this share: a blond one.
    rough_alone: float = 0.35
    # Gaps between hairs up to this size belong to the beard, and so much around what is likelier than this.
    gap: float = 0.014
    spread_from: float = 0.3
    spread: float = 0.014
    # Its edge: so soft, between these shares of the blur.
    edge_sigma: float = 0.010
    edge: tuple[float, float] = (0.08, 0.45)


@dataclass(frozen=True)
class JawSettings:
    """How a jaw without its beard is shaped and lit, set by eye. Lengths in face widths, shades in shares of the light
    on the cheeks."""

    # A beard that hangs below the chin is taken for it. From the nose's foot to the chin a face has so many lengths of
    # its nose; the outline is moved up to there, by this at most.
    noses_to_chin: float = 1.32
    max_hidden_chin: float = 0.10
    # How far below the outline a beard has to be seen.
    hangs_below: float = 0.05
    # The outline moves most at the chin and not at the ears: by this power of a half wave.
    lift_power: float = 1.5
    # Landmarks are corners, a jaw has none: it is rounded over this.
    round_sigma: float = 0.028
    # The jaw turns away from the light: towards its edge the skin gets darker by this, over this distance; below it by
    # so much more, over this softness, most right below it, by so much, over this distance.
    shade: float = 0.10
    shade_reach: float = 0.084
    neck_shade: float = 0.20
    neck_sigma: float = 0.008
    chin_shadow: float = 0.20
    chin_reach: float = 0.11


@dataclass(frozen=True)
class ShavingSettings:
    """How skin is carried on below a beard, set by eye. Lengths in face widths; those named `_px` are canvas pixels,
    because noise and the parser's own edge belong to that grid. Heights are those over the brows."""

    # The skin's tone is told from the cheeks between these heights, so far inside the skin and in so many pixels; from
    # more of the face, less far inside, where that shows too few; of less than this nothing is told.
    cheeks: tuple[float, float] = (-0.40, -0.12)
    cheeks_inside_px: float = 4.0
    min_cheek_px: int = 1500
    face: tuple[float, float] = (-0.45, 0.2)
    face_inside_px: float = 2.0
    min_face_px: int = 300
    # Features are grown by this before skin is learnt from; where a beard may be they keep less, hair and ears more.
    features_around: float = 0.010
    features_kept: float = 0.004
    hair_kept: float = 0.010
    # Clean skin shows less beard than this, lies so far inside the skin, above this height, and so far off what is
    # surely beard.
    clean: float = 0.12
    clean_inside_px: float = 4.0
    clean_above: float = -0.75
    beard_sure: float = 0.4
    beard_off: float = 0.024
    # Skin whose lightness is further than this (L*) from the cheeks' is a highlight or a shadow, and not carried on.
    like_cheeks: float = 22.0
    # It is smoothed over this before it is carried on, over grids of these sizes (their longer side).
    smooth_sigma: float = 0.014
    sizes_px: tuple[int, ...] = (16, 32, 64, 128)
    # A beard's own light and shade between these scales is the face's below it as well: this share of it, as far as the
    # blurred beard goes, within these limits of the logarithm. So many levels are added, or black would be endless.
    relief_fine: float = 0.028
    relief_coarse: float = 0.12
    relief_black: float = 12.0
    relief_limit: float = 0.35
    relief: float = 0.22
    relief_sigma: float = 0.024
    finding: FindingSettings = FindingSettings()
    jaw: JawSettings = JawSettings()


def without_beard(
    view: View,
    landmarks: NDArray[np.float64],
    lower_face: Mask,
    v: Plane,
    face_px: float,
    rng: np.random.Generator,
    settings: ShavingSettings = ShavingSettings(),
) -> tuple[Picture, Plane]:
    """Picture (H,W,3) of the shaved face, and how much of a beard is at each pixel (H,W, 0..1).

    landmarks: 68,2 on the canvas; lower_face: where a beard may be; v: H,W, height over the brows in face widths;
    face_px: canvas pixels per face width.
    """
    photo = view.picture
    lab = to_lab(photo)
    features = view.is_any(*FEATURES)
    skin = view.seen(FaceClass.SKIN) & ~dilate(features, settings.features_around * face_px)
    cheeks = erode(skin & _between(v, settings.cheeks), settings.cheeks_inside_px)
    if cheeks.sum() < settings.min_cheek_px:
        cheeks = erode(skin & _between(v, settings.face), settings.face_inside_px)
    if cheeks.sum() < settings.min_face_px:
        return photo, np.zeros(v.shape, np.float32)
    tone = np.median(lab[cheeks], 0)
    hidden = dilate(view.is_any(FaceClass.HAIR, *EARS), settings.hair_kept * face_px)
    hidden |= dilate(features, settings.features_kept * face_px)
    bearded = lower_face & view.is_any(FaceClass.SKIN, FaceClass.NECK) & ~hidden
    beard = _beard(lab, cheeks, float(tone[0]), bearded, face_px, settings.finding)
    clean = erode(skin, settings.clean_inside_px) & (beard < settings.clean) & (v > settings.clean_above)
    clean &= ~dilate(beard > settings.beard_sure, settings.beard_off * face_px)
    known = clean & (np.abs(lab[..., 0] - tone[0]) < settings.like_cheeks)
    sigma_px = settings.smooth_sigma * face_px
    filled = membrane(smooth_over(photo, known, sigma_px), known, np.ones_like(known), settings.sizes_px)
    jaw = _bare_jaw(landmarks, beard, settings.jaw)
    filled = filled * _shape_shading(jaw, v, face_px, settings.jaw)[..., None]
    filled = filled * _relief(luminance(photo), beard, face_px, settings)[..., None]
    grain = grain_of(photo, clean, rng).on(np.zeros_like(photo), filled, np.ones(v.shape, np.float32))
    return np.asarray(np.clip(filled + grain, 0, 255), np.float32), beard


def _between(v: Plane, heights: tuple[float, float]) -> Mask:
    lowest, highest = heights
    return np.asarray((v < highest) & (v > lowest), bool)


def _relief(level: Plane, beard: Plane, face_px: float, settings: ShavingSettings) -> Plane:
    """Brightness that skin below a beard has from its shape: a beard follows the face below it, so that its own light
    and shade, above the scale of hairs, is the skin's as well."""
    black = settings.relief_black
    fine, coarse = blur(level, settings.relief_fine * face_px), blur(level, settings.relief_coarse * face_px)
    relief = np.clip(np.log(fine + black) - np.log(coarse + black), -settings.relief_limit, settings.relief_limit)
    return np.asarray(np.exp(relief * settings.relief * blur(beard, settings.relief_sigma * face_px)), np.float32)


def _beard(lab: Picture, cheeks: Mask, tone: float, where: Mask, face_px: float, settings: FindingSettings) -> Plane:
    light = lab[..., 0]
    skin = where | cheeks

    def among_skin(values: Plane, sigma: float) -> Plane:
        # Without what lies beside the face: its outline would be a beard.
        weight = np.maximum(blur(skin, sigma * face_px), np.float32(settings.least_skin))
        return np.asarray(blur(values * skin, sigma * face_px) / weight, np.float32)

    mean = among_skin(light, settings.fine_sigma)
    fine = (light - mean) * skin
    # Shade is dark as well but smooth, and freckles are rough, but no more so than on the cheeks.
    rough = np.sqrt(among_skin(fine * fine, settings.rough_sigma)) / (mean + settings.black)
    usual = max(float(np.median(rough[cheeks])), settings.least_roughness / (tone + settings.black))
    dark = smoothstep(tone - mean, *settings.darker)
    coarse = smoothstep(np.asarray(rough / usual, np.float32), *settings.rougher) * where
    near = smoothstep(among_skin(coarse, settings.near_sigma), *settings.near)
    alone = settings.rough_alone
    likely = np.maximum(coarse * (alone + (1 - alone) * dark), dark * near) * where
    gap_px = 2 * round(settings.gap * face_px) + 1
    closed = cv2.morphologyEx(np.asarray(likely, np.float32), cv2.MORPH_CLOSE, np.ones((gap_px, gap_px), np.uint8))
    spread = dilate(np.asarray(closed > settings.spread_from, bool), settings.spread * face_px) & where
    soft_edge = blur(np.maximum(closed, spread), settings.edge_sigma * face_px)
    return smoothstep(np.asarray(soft_edge, np.float32), *settings.edge)


def _bare_jaw(landmarks: NDArray[np.float64], beard: Plane, settings: JawSettings) -> NDArray[np.float64]:
    """The landmarks with the jaw's outline where it would be without a beard that hangs over it."""
    width_px = float(np.linalg.norm(landmarks[ibug.JAW_RIGHT] - landmarks[ibug.JAW_LEFT]))
    nose = landmarks[ibug.NOSE_ROOT] - landmarks[ibug.SEPTUM]
    nose_px = float(np.linalg.norm(nose))
    up = nose / max(nose_px, 1.0)
    below = np.rint(landmarks[CHIN_AND_BESIDE] - up * settings.hangs_below * width_px).astype(int)
    columns, rows = np.clip(below, 0, np.array(beard.shape)[::-1] - 1).T
    hangs = float(beard[rows, columns].mean())
    longer_px = float((landmarks[ibug.SEPTUM] - landmarks[ibug.CHIN]) @ up) - settings.noses_to_chin * nose_px
    moved = landmarks.copy()
    lift_px = hangs * min(max(longer_px, 0.0), settings.max_hidden_chin * width_px)
    moved[ibug.JAW] += up * lift_px * np.sin(np.linspace(0, np.pi, ibug.JAW.stop))[:, None] ** settings.lift_power
    return moved


def _shape_shading(landmarks: NDArray[np.float64], v: Plane, face_px: float, settings: JawSettings) -> Plane:
    """Brightness of a shaved lower face, 1 on the cheeks: darker towards the jaw's edge and below it."""
    face = blur(face_area(landmarks, v.shape), settings.round_sigma * face_px) > 0.5
    turning = 1 - smoothstep(distance_to(~face) / (settings.shade_reach * face_px), 0.0, 1.0)
    below = blur(~face, settings.neck_sigma * face_px)
    shadow = settings.neck_shade + settings.chin_shadow * np.exp(-distance_to(face) / (settings.chin_reach * face_px))
    return np.asarray(1 - settings.shade * turning * (1 - below) - shadow * below, np.float32)
