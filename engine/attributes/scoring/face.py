"""Scores of the face: beard and its parts, glasses, smile, pose."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.attributes.scoring.view import FaceView, eroded
from engine.face import ibug
from engine.face.polygon import face_outline
from engine.parsing import FaceClass
from engine.parsing.classes import LIPS

SKIN = (FaceClass.SKIN, FaceClass.HAIR)
EYES = (FaceClass.LEFT_EYE, FaceClass.RIGHT_EYE, FaceClass.GLASSES)


@dataclass(frozen=True)
class BeardScoreSettings:
    """Where beards are looked for and how they differ from cheeks, set by eye; lengths in face widths, those named
    `_px` in px of a 256 px crop.

    The boundaries were fitted to scores made with these numbers: with others they have to be fitted again.
    """

    # A pixel is free skin, or lips, from these shares on; lips are grown by so much, and regions shrunk.
    free: float = 0.5
    lips: float = 0.3
    lips_around_px: int = 2
    rim_px: int = 1
    # Fewer pixels of a region tell nothing.
    min_region_px: int = 20
    # A beard is darker, less red and rougher than a cheek; weights bring the three to one scale in CIELAB units.
    darker: float = 0.5
    paler: float = 1.0
    rougher: float = 1.5
    # What is finer than this is detail, whose deviation is told over as much.
    detail_px: float = 2.0
    # Cheeks lie so far below the eyes, down to so far below the nose's foot, between these distances from the midline.
    cheeks_below_eyes: float = 0.1
    cheeks_below_nose: float = 0.02
    cheeks_beside: tuple[float, float] = (0.16, 0.33)
    # The jaw begins so far below the mouth and ends so far above the chin; the upper lip so far below the nose.
    jaw_margin: float = 0.02
    lip_margin: float = 0.015
    # The strips before the ears lie so far beside the midline.
    strips_from: float = 0.37
    # Hair that hangs past the cheek hides the strip: more than this share of what lies beside the face, from so far
    # above the mouth to the chin, up to so far from the midline.
    max_hanging: float = 0.2
    hanging_above_mouth: float = 0.05
    hanging_within: float = 0.6


@dataclass(frozen=True)
class GlassesScoreSettings:
    """Where glasses are looked for, set by eye; lengths in face widths. Fixed by the boundaries as those of beards."""

    # Around the eyes: up to so far above the nose's root, of this half width.
    above_root: float = 0.12
    half_width: float = 0.45
    # The bridge: of this half width in distances between the inner corners of the eyes, from so far below the second
    # point of the nose to so far above its root. Edges are told so softly (px of a 256 px crop).
    bridge_half_width: float = 0.18
    bridge_above: float = 0.03
    bridge_below: float = 0.02
    edge_px: float = 1.0
    # What an edge adds for each L per pixel, up to so many.
    edge_weight: float = 0.03
    edge_most: float = 10.0


@dataclass(frozen=True)
class SmileScoreSettings:
    """What lifted corners and an open mouth add to its width, set by eye. Fixed by the boundaries as those of
    beards."""

    lifted: float = 1.5
    open: float = 0.5


@dataclass(frozen=True)
class FaceScoreSettings:
    """All numbers of the face's scores."""

    beard: BeardScoreSettings = BeardScoreSettings()
    glasses: GlassesScoreSettings = GlassesScoreSettings()
    smile: SmileScoreSettings = SmileScoreSettings()


def face_scores(view: FaceView, settings: FaceScoreSettings = FaceScoreSettings()) -> dict[str, float]:
    """All of them; NaN where a region is not to be seen."""
    return beard_scores(view, settings.beard) | {
        "glasses": glasses(view, settings.glasses),
        "smile": smile(view, settings.smile),
        "yaw": yaw(view),
    }


def beard_scores(view: FaceView, settings: BeardScoreSettings) -> dict[str, float]:
    """How far chin and jaw, upper lip, and the strips before the ears differ from the cheeks, as hair does."""
    points = view.landmarks
    rough = _roughness(view, settings.detail_px)
    free = view.share(*SKIN) > settings.free
    square = np.ones((2 * settings.lips_around_px + 1,) * 2, np.uint8)
    lips = cv2.dilate((view.share(*LIPS) > settings.lips).astype(np.uint8), square) > 0
    outline = view.polygon(face_outline(points))
    nose, mouth, chin = (view.height_of(at) for at in (ibug.SEPTUM, ibug.LOWER_LIP_BOTTOM, ibug.CHIN))
    eyes = (view.height_of(ibug.LEFT_EYE_OUTER) + view.height_of(ibug.RIGHT_EYE_OUTER)) / 2
    halfway = (eyes + nose) / 2

    beside = np.abs(view.u)
    inner, outer = settings.cheeks_beside
    cheeks = outline & free & (beside > inner) & (beside < outer)
    cheeks &= (view.v < eyes - settings.cheeks_below_eyes) & (view.v > nose - settings.cheeks_below_nose)
    jaw = eroded(outline & free & ~lips, settings.rim_px)
    jaw &= (view.v < mouth - settings.jaw_margin) & (view.v > chin + settings.jaw_margin)
    lip = view.polygon(np.concatenate([points[ibug.NOSTRILS], points[ibug.UPPER_LIP][::-1]])) & free & ~lips
    lip &= view.v < nose - settings.lip_margin
    strips = eroded(outline & free, settings.rim_px) & (view.v < halfway) & (view.v > mouth)
    strips &= beside > settings.strips_from
    sides = [_like_hair(view, rough, strips & side, cheeks & side, settings) for side in (view.u < 0, view.u > 0)]
    # Hair that hangs past the cheek hides the strip; it is known by hair outside of the face beside the mouth.
    around = ~outline & (view.v < mouth + settings.hanging_above_mouth) & (view.v > chin)
    around &= beside < settings.hanging_within
    hidden = float(view.share(FaceClass.HAIR)[around].mean()) > settings.max_hanging if around.any() else True
    return {
        "beard": _like_hair(view, rough, jaw, cheeks, settings),
        "mustache": _like_hair(view, rough, lip, cheeks, settings),
        # Shade darkens one side alone, hair both.
        "sideburns": float("nan") if hidden else min(sides),
    }


def _roughness(view: FaceView, detail_px: float) -> NDArray[np.float32]:
    """Local standard deviation (S,S) of fine detail in L."""
    light = view.lab[..., 0]
    detail = light - cv2.GaussianBlur(light, (0, 0), detail_px)
    return np.asarray(np.sqrt(cv2.GaussianBlur(detail**2, (0, 0), detail_px)), np.float32)


def _like_hair(
    view: FaceView,
    rough: NDArray[np.float32],
    region: NDArray[np.bool_],
    cheeks: NDArray[np.bool_],
    settings: BeardScoreSettings,
) -> float:
    """How far a region differs from the cheeks as hair does, in CIELAB units; NaN where too little of either is
    seen."""
    if min(region.sum(), cheeks.sum()) < settings.min_region_px:
        return float("nan")
    darker, paler, _ = np.median(view.lab[cheeks], 0) - np.median(view.lab[region], 0)
    rougher = float(np.median(rough[region]) - np.median(rough[cheeks]))
    return float(settings.darker * darker + settings.paler * paler + settings.rougher * rougher)


def glasses(view: FaceView, settings: GlassesScoreSettings) -> float:
    """Share of the parser's glasses around the eyes, and the edge that a bridge draws across the nose's root."""
    points = view.landmarks
    root = view.height_of(ibug.NOSE_ROOT)
    low, high = view.height_of(ibug.LOWER_RIDGE), root + settings.above_root
    region = (view.v > low) & (view.v < high) & (np.abs(view.u) < settings.half_width)
    seen = float(view.share(FaceClass.GLASSES)[region].mean()) if region.any() else float("nan")
    light = cv2.GaussianBlur(view.lab[..., 0], (0, 0), settings.edge_px)
    edges = np.abs(cv2.Sobel(light, cv2.CV_32F, 0, 1, scale=1 / 4))
    span = float(np.linalg.norm(points[ibug.RIGHT_EYE_INNER] - points[ibug.LEFT_EYE_INNER]))
    bridge = np.abs(view.u) * view.axes.width_px < settings.bridge_half_width * span
    lowest = view.height_of(ibug.UPPER_RIDGE) - settings.bridge_below
    bridge &= (view.v < root + settings.bridge_above) & (view.v > lowest)
    if not bridge.any():
        return seen
    columns = np.where(bridge, edges, 0).max(0)
    strongest = float(columns[bridge.any(0)].mean())
    return seen + settings.edge_weight * min(strongest, settings.edge_most)


def smile(view: FaceView, settings: SmileScoreSettings) -> float:
    """Width of the mouth, how far its corners are lifted, and how far it is open, in distances between the eyes."""
    points = view.landmarks
    eyes = float(np.linalg.norm(points[ibug.LEFT_EYE].mean(0) - points[ibug.RIGHT_EYE].mean(0)))
    left, right = points[ibug.MOUTH_LEFT], points[ibug.MOUTH_RIGHT]
    wide = float(np.linalg.norm(right - left))
    middle = (points[ibug.UPPER_LIP_TOP] + points[ibug.LOWER_LIP_BOTTOM]) / 2
    lifted = float(((left + right) / 2 - middle) @ view.axes.up)
    teeth = float(view.share(FaceClass.MOUTH).sum()) / eyes
    return (wide + settings.lifted * lifted + settings.open * teeth) / eyes


def yaw(view: FaceView) -> float:
    """How far the nose's tip lies off the middle between the jaw's ends, in face widths."""
    return view.side_of(ibug.NOSE_TIP)
