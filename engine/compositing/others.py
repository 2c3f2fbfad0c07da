"""Other people's heads on the same canvas, which stay as they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from engine.compositing.view import View, likeliest
from engine.face.head_axes import HeadAxes
from engine.imaging.ops import Mask, Plane, dilate
from engine.parsing.classes import FaceClass


@dataclass(frozen=True)
class OthersSettings:
    """How large other people are, set by eye, in face widths of theirs from the middle between the brows."""

    # A head with its hair, as an ellipse: half width, lowest and highest point.
    half_width: float = 0.85
    lowest: float = -0.95
    highest: float = 0.95
    # Over so much of the ellipse hair between two heads is shared.
    fade: float = 0.1
    # Shoulders: half width, highest point.
    shoulders: float = 1.1
    shoulders_below: float = -0.75
    # Hair that nowhere comes so near to somebody's own midline (of the person's face widths), and is not connected with
    # their head, is that of somebody whose face was not found.
    strangers_beyond: float = 0.62
    # With its soft edge, in pixels of the parser.
    strangers_edge_parsed_px: int = 4


def without_others_hair(
    view: View,
    axes: HeadAxes,
    others: Sequence[HeadAxes],
    glimpsed: Sequence[HeadAxes] = (),
    settings: OthersSettings = OthersSettings(),
) -> View:
    """The view, where hair that lies closer to another head than to this one is background. glimpsed: axes of what may
    be heads, whose hair does not go beyond their outline."""
    if not others and not glimpsed:
        return view
    probabilities = view.probabilities.copy()
    shape = (probabilities.shape[1], probabilities.shape[2])
    pixel_px = view.picture.shape[0] / probabilities.shape[1]
    own = _off_head(*axes.coordinates(shape, pixel_px), settings)
    share = np.zeros(shape, np.float32)
    for other, within in [*((one, np.inf) for one in others), *((one, 1.0) for one in glimpsed)]:
        off = _off_head(*other.coordinates(shape, pixel_px), settings)
        share = np.maximum(share, np.clip((np.minimum(own, np.float32(within)) - off) / settings.fade + 0.5, 0, 1))
    theirs = probabilities[FaceClass.HAIR] * share
    probabilities[FaceClass.HAIR] -= theirs
    probabilities[FaceClass.BACKGROUND] += theirs
    return replace(view, probabilities=probabilities)


def without_strangers_hair(view: View, axes: HeadAxes, settings: OthersSettings = OthersSettings()) -> View:
    """The view, where hair beside a head that hangs together with nothing of it is background."""
    probabilities = view.probabilities
    hair = probabilities[FaceClass.HAIR] > 0.5
    if not hair.any():
        return view
    labels = likeliest(probabilities)
    person = hair | ((labels != FaceClass.BACKGROUND) & (labels != FaceClass.CLOTH))
    count, parts = cv2.connectedComponents(person.view(np.uint8))
    shape = (person.shape[0], person.shape[1])
    u = np.abs(axes.coordinates(shape, view.picture.shape[0] / shape[0])[0])
    nearest = np.full(count, np.inf)
    np.minimum.at(nearest, parts[person], u[person])
    strange = hair & (nearest > settings.strangers_beyond)[parts]
    if not strange.any():
        return view
    theirs = probabilities[FaceClass.HAIR] * dilate(strange, settings.strangers_edge_parsed_px)
    probabilities = probabilities.copy()
    probabilities[FaceClass.HAIR] -= theirs
    probabilities[FaceClass.BACKGROUND] += theirs
    return replace(view, probabilities=probabilities)


def off_own_head(
    glimpsed: Sequence[HeadAxes], axes: HeadAxes, view: View, settings: OthersSettings = OthersSettings()
) -> list[HeadAxes]:
    """Those of the heads that may be some which lie beside the person's own (axes) and off their hair: locks look like
    faces to who looks for any."""
    hair = view.is_any(FaceClass.HAIR)
    height, width = hair.shape
    kept = []
    for one in glimpsed:
        x, y = one.origin
        u, v = (
            np.array([(one.origin - axes.origin) @ along / axes.width_px], np.float32)
            for along in (axes.right, axes.up)
        )
        on_hair = 0 <= x < width and 0 <= y < height and hair[int(y), int(x)]
        if not on_hair and _off_head(u, v, settings)[0] > 1:
            kept.append(one)
    return kept


def heads(axes: Sequence[HeadAxes], shape: tuple[int, ...], settings: OthersSettings = OthersSettings()) -> Mask:
    """Where (H,W) the heads of these axes are on a canvas of this shape. Below what only may be one a photo would have
    hardly anything left to go on with, were there shoulders."""
    mask = np.zeros(shape, bool)
    for one in axes:
        mask |= _off_head(*one.coordinates((shape[0], shape[1])), settings) < 1
    return mask


def heads_and_shoulders(
    others: Sequence[HeadAxes], shape: tuple[int, ...], settings: OthersSettings = OthersSettings()
) -> Mask:
    """Where (H,W) other people are on a canvas of this shape."""
    mask = heads(others, shape, settings)
    for other in others:
        u, v = other.coordinates((shape[0], shape[1]))
        mask |= (np.abs(u) < settings.shoulders) & (v < settings.shoulders_below)
    return mask


def on_others(
    axes: HeadAxes, others: Sequence[HeadAxes], shape: tuple[int, ...], settings: OthersSettings = OthersSettings()
) -> Mask:
    """Where (H,W) another head is, and nearer than this one (axes)."""
    mask = np.zeros(shape, bool)
    if not others:
        return mask
    own = _off_head(*axes.coordinates((shape[0], shape[1])), settings)
    for other in others:
        theirs = _off_head(*other.coordinates((shape[0], shape[1])), settings)
        mask |= (theirs < 1) & (theirs < own)
    return mask


def _off_head(u: Plane, v: Plane, settings: OthersSettings) -> Plane:
    """How far each spot is from the middle of a head with its hair (in its own coordinates): 1 on the outline."""
    low, high = settings.lowest, settings.highest
    return np.asarray(np.hypot(u / settings.half_width, (v - (low + high) / 2) / ((high - low) / 2)), np.float32)
