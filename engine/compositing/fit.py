"""Drawn heads made as low as heads are, and as the hair that they lie under."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.compositing.dome import closed, dome
from engine.compositing.setting import Setting
from engine.compositing.view import View
from engine.imaging.ops import Mask, Picture, Plane
from engine.parsing.classes import FaceClass

# A skull lies at least this far under flat hair and is no higher than this: seven bald heads (two photographs, five
# published edits) were measured at .54 to .69 (median .63). What is above the third height is lowered, by the last
# factor at most; all but the factor in face widths, from the brows upwards.
UNDER_HAIR, SKULL_TOP, LOWERED_ABOVE, MOST = 0.035, 0.64, 0.15, 0.78
# Tops are compared in strips of the midline's surroundings: their edges, in face widths to the right.
STRIPS = (-0.3, -0.18, -0.06, 0.06, 0.18, 0.3)
# A strip's top is this percentile of what lies there, so that a single strand is none.
TOP_PERCENTILE, MIN_STRIP_PX = 98.0, 200
# A head that takes up more of the canvas's upper edge is cut by it.
CUT_SHARE = 0.03
# The photo's edge is near where this little of the padding's side is seen; then hair may go on above it.
EDGE_PX = 6


def lowered(setting: Setting, renders: Sequence[View]) -> list[View]:
    """The renders with their crowns no higher than heads are and than the photo's hair, all by the factor of the last.

    The generator draws skulls of its own choice, under much hair like towers; where one is higher than the hair was, it
    would be cut by its outline.
    """
    factor = _factor(setting, ~renders[-1].is_any(FaceClass.BACKGROUND))
    if factor >= 1:
        return list(renders)
    maps = _maps(setting, factor)
    return [_squeezed(render, *maps) for render in renders]


def _factor(setting: Setting, head: Mask) -> float:
    if head[0].mean() > CUT_SHARE:
        return 1.0  # nothing could be drawn above it, and the photo ends there
    hair, u, v = setting.matte.solid & setting.photo.real, setting.u, setting.v
    above = v > LOWERED_ABOVE
    beyond = ~setting.photo.real
    factor = 1.0
    for left, right in pairwise(STRIPS):
        strip = above & (u >= left) & (u < right)
        own, drawn = v[strip & hair], v[strip & head]
        if min(len(own), len(drawn)) < MIN_STRIP_PX * setting.unit_px**2:
            continue
        top, drawn_top = float(np.percentile(own, TOP_PERCENTILE)), float(np.percentile(drawn, TOP_PERCENTILE))
        outside = v[strip & beyond]
        if len(outside) and float(outside.min()) < top + EDGE_PX / setting.axes.width_px:
            top = np.inf  # the photo ends within the hair
        wanted = min(top - UNDER_HAIR, SKULL_TOP)
        factor = min(factor, (wanted - LOWERED_ABOVE) / max(drawn_top - LOWERED_ABOVE, 1e-3))
    return float(np.clip(factor, MOST, 1.0))


def _maps(setting: Setting, factor: float) -> tuple[Plane, Plane]:
    """Where each pixel of a squeezed picture comes from (H,W each: x, y)."""
    height, width = setting.v.shape
    more = np.maximum(setting.v - LOWERED_ABOVE, 0) * np.float32((1 / factor - 1) * setting.axes.width_px)
    columns, rows = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    right, down = (np.float32(step) for step in setting.axes.up)
    return columns + right * more, rows + down * more


def _squeezed(render: View, from_x: Plane, from_y: Plane) -> View:
    def moved(plane: NDArray[np.float32], x: Plane, y: Plane, beyond: int = cv2.BORDER_REPLICATE) -> Picture:
        return np.asarray(cv2.remap(plane, x, y, cv2.INTER_LINEAR, borderMode=beyond), np.float32)

    half = (render.probabilities.shape[2], render.probabilities.shape[1])
    share = np.float32(half[0] / from_x.shape[1])
    half_x, half_y = (cv2.resize(plane, half, interpolation=cv2.INTER_AREA) * share for plane in (from_x, from_y))
    probabilities = np.stack([moved(plane, half_x, half_y) for plane in render.probabilities])
    # What came from above the picture is the rest of the head, and else background.
    rest = dome(1 - render.probabilities[FaceClass.BACKGROUND])
    closed(probabilities, (half_y >= 0).astype(np.float32) if rest is None else rest.inside(half_x, half_y))
    # Mirrored, its strands go on there.
    return View(moved(render.picture, from_x, from_y, cv2.BORDER_REFLECT_101), probabilities, render.real)
