"""Where on a face the hairs of a beard, a mustache and sideburns grow, and in which direction: from the landmarks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.edits.portrait import Portrait
from engine.face import ibug
from engine.face.polygon import face_area, filled
from engine.imaging.ops import Plane, dilate, distance_to, smoothstep

# Along the jaw from either end: where it begins below the ear, and below the middle of the cheek.
EAR, CHEEK = 1, 4


@dataclass(frozen=True)
class BeardShapeSettings:
    """Where hairs grow, set by eye. Lengths and offsets from landmarks are in face widths; pairs: nothing to all."""

    # A beard's upper edge runs from the ear by this share of the way to the nose, over the middle of the cheek lifted
    # by this, above the mouth's corner and below the nostril and the nose; its lower edge runs so far below the jaw.
    cheek_share: float = 0.16
    cheek_up: float = 0.10
    corner_up: float = 0.05
    nostril_down: float = 0.01
    nose_down: float = 0.015
    below_jaw: float = 0.05
    # A mustache reaches so far up towards the nose, and beside the mouth by this share of its width.
    lip_up: float = 0.01
    beside_mouth: float = 0.06
    # Sideburns lie so far beside the midline and down to so far below the mouth.
    sideburns_from: float = 0.385
    sideburns_below: float = 0.10
    # How softly a region ends.
    mustache_fade: float = 0.012
    beard_fade: float = 0.030
    # How far a beard thins out towards the cheeks, and by which power of the distance.
    cheek_fade: float = 0.084
    cheek_power: float = 0.8
    # On the lip, up to so far above it, hairs turn away from its middle, by this at most (of a downward length of 1),
    # over so wide a half, and no longer at its ends (shares of that half).
    lip_above: float = 0.01
    lip_turn: float = 0.9
    lip_half_width: float = 0.22
    lip_ends: tuple[float, float] = (0.7, 1.0)
    # On the cheeks, from these shares of that half on, they turn forward by this.
    cheek_turn: float = 0.25
    cheek_turns: tuple[float, float] = (0.6, 1.0)


def beard_shape(
    portrait: Portrait,
    attribute: str,
    margin: float = 0.0,
    settings: BeardShapeSettings = BeardShapeSettings(),
) -> Plane:
    """Where hairs of an attribute ("beard", "mustache", "sideburns") grow (H,W, 0..1). margin: grown by so many face
    widths."""
    points, face_px = portrait.on_canvas, portrait.face_px
    up = portrait.setting.axes.up
    jaw, septum = points[ibug.JAW], points[ibug.SEPTUM]
    mouth_left, mouth_right = points[ibug.MOUTH_LEFT], points[ibug.MOUTH_RIGHT]

    # The upper edge of a beard: from the ear down the cheek to the mouth's corner, then up to the nose.
    def cheek(side: int) -> NDArray[np.float64]:
        ear, low = jaw[::side][EAR], jaw[::side][CHEEK]
        corner, nostril = (mouth_left, ibug.LEFT_NOSTRIL) if side > 0 else (mouth_right, ibug.RIGHT_NOSTRIL)
        inner = ear + settings.cheek_share * (septum - ear)
        bend = 0.5 * (low + corner) + settings.cheek_up * face_px * up
        above = corner + settings.corner_up * face_px * up
        return np.stack([ear, inner, bend, above, points[nostril] - settings.nostril_down * face_px * up])

    lower = jaw[EAR:-EAR]
    below = lower - up * (settings.below_jaw * face_px) * np.sin(np.linspace(0, np.pi, len(lower)))[:, None]
    nose = septum - settings.nose_down * face_px * up
    beard = filled(np.concatenate([below, cheek(-1)[1:], [nose], cheek(1)[::-1][:-1]]), portrait.u.shape)
    nostrils = points[[ibug.LEFT_NOSTRIL, ibug.SEPTUM, ibug.RIGHT_NOSTRIL]] - settings.lip_up * face_px * up
    wider = settings.beside_mouth * (mouth_right - mouth_left)
    lip = points[ibug.UPPER_LIP][::-1]
    rim = np.concatenate([nostrils, (mouth_right + wider)[None], lip, (mouth_left - wider)[None]])
    mustache = filled(rim, portrait.u.shape)
    if attribute == "mustache":
        region = mustache
    elif attribute == "sideburns":
        out = np.abs(portrait.u) > settings.sideburns_from
        region = beard & out & (portrait.v > _height(portrait, ibug.LOWER_LIP_EDGE) - settings.sideburns_below)
    else:
        region = beard | mustache
    if margin:
        region = dilate(region, margin * face_px)
    fade = settings.mustache_fade if attribute == "mustache" else settings.beard_fade
    shape = smoothstep(distance_to(~region) / (fade * face_px), 0.0, 1.0)
    if attribute == "mustache":
        return shape
    # Towards the cheeks hairs stand further and further apart; at the jaw's edge they end in a line.
    cheeks = distance_to(face_area(points, portrait.u.shape) & ~region)
    thinned = np.clip(cheeks / (settings.cheek_fade * face_px), 0, 1) ** settings.cheek_power
    return np.asarray(shape * thinned, np.float32)


def directions(portrait: Portrait, settings: BeardShapeSettings = BeardShapeSettings()) -> NDArray[np.float32]:
    """Unit vectors (H,W,2) in which hairs grow: down, on the cheeks a little forward, on the upper lip away from its
    middle."""
    axes = portrait.setting.axes
    side = np.clip((portrait.u - _middle(portrait)) / settings.lip_half_width, -1, 1)
    above = _height(portrait, ibug.UPPER_LIP_TOP) + settings.lip_above
    on_lip = smoothstep(portrait.v, _height(portrait, ibug.UPPER_LIP_EDGE), above)
    on_lip = on_lip * (1 - smoothstep(np.abs(side), *settings.lip_ends))
    on_cheek = settings.cheek_turn * (1 - on_lip) * smoothstep(np.abs(side), *settings.cheek_turns)
    sideways = side * (settings.lip_turn * on_lip - on_cheek)
    down = np.ones_like(sideways)
    field = sideways[..., None] * axes.right - down[..., None] * axes.up
    return np.asarray(field / np.linalg.norm(field, axis=-1, keepdims=True), np.float32)


def _height(portrait: Portrait, landmark: int) -> float:
    """v of a landmark."""
    offset = portrait.on_canvas[landmark] - portrait.setting.axes.origin
    return float(offset @ portrait.setting.axes.up / portrait.face_px)


def _middle(portrait: Portrait) -> float:
    """u of the line through nose and mouth."""
    on_line = portrait.on_canvas[[ibug.SEPTUM, ibug.UPPER_LIP_TOP, ibug.LOWER_LIP_BOTTOM]]
    offset = on_line.mean(0) - portrait.setting.axes.origin
    return float(offset @ portrait.setting.axes.right / portrait.face_px)
