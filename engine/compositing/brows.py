"""Drawn brows, which a generator puts where it likes and as faint as it likes."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from engine.compositing.light import LOG_OFFSET, MAX_LOG_GAIN
from engine.compositing.setting import Setting
from engine.compositing.view import SKIN, View
from engine.imaging.ops import Mask, Picture, Plane, blur, dilate, nearby_colour
from engine.parsing.classes import FaceClass

BROWS = (FaceClass.LEFT_BROW, FaceClass.RIGHT_BROW)
# A drawn brow that lies further than this (pixels of a face 500 wide) off the line of the person's own is skin; its
# place gets the colour of the skin around, over so many pixels, with so soft an edge.
BROW_WITHIN_PX, BROW_SKIN_PX, BROW_EDGE_PX = 11.0, 20.0, 4.0
# Fewer pixels of brows say nothing about how dark they are.
MIN_BROW_PX = 500


def without_other_brows(setting: Setting, render: View) -> View:
    """The render without its brows where the person has none: a generator moves them, and both would be seen."""
    brows, unit_px = render.is_any(*BROWS), setting.unit_px
    off = dilate(brows, BROW_EDGE_PX * unit_px) & ~brow_line(setting)
    skin = render.is_any(*SKIN) & ~dilate(brows, 2 * BROW_EDGE_PX * unit_px)
    if not off.any() or not skin.any():
        return render
    # No further around than the skin's colour is told.
    margin_px = round(3 * BROW_SKIN_PX * unit_px)
    here = tuple(slice(max(int(at.min()) - margin_px, 0), int(at.max()) + margin_px) for at in np.nonzero(off))
    picture = render.picture.copy()
    colour, _ = nearby_colour(picture[here], skin[here], BROW_SKIN_PX * unit_px)
    share = blur(off[here], BROW_EDGE_PX * unit_px)[..., None]
    picture[here] += (colour - picture[here]) * share
    return replace(render, picture=picture)


def brow_line(setting: Setting) -> Mask:
    """Where the person's brows are (H,W), by the landmarks, also where hair hides them."""
    line = np.zeros(setting.v.shape, np.uint8)
    width_px = max(1, round(2 * BROW_WITHIN_PX * setting.unit_px))
    for brow in (setting.landmarks[17:22], setting.landmarks[22:27]):
        cv2.polylines(line, [np.rint(brow).astype(np.int32)], False, 1, width_px)
    return np.asarray(line > 0, bool)


def brow_gain(photo: Picture, body: Picture, own: Mask, drawn: Plane, step_px: int = 1) -> Plane:
    """Log gain (H,W,3) that makes drawn brows (H,W, 0..1), where hair hid the person's, as dark as
    their own. own: H,W, where those are seen; step_px: canvas pixels per pixel of all these."""
    sure = drawn > 0.5
    if min(int(own.sum()), int(sure.sum())) < MIN_BROW_PX / step_px**2:
        return np.zeros_like(photo)
    real, made = (np.median(np.log(np.maximum(values, 0) + LOG_OFFSET), 0) for values in (photo[own], body[sure]))
    gain = np.clip(real - made, -MAX_LOG_GAIN, MAX_LOG_GAIN)
    return np.asarray(drawn[..., None] * gain, np.float32)
